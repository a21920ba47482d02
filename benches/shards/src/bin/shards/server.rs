//! The API server: in memory, as a process, or an existing one.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kube_client_runtime::client::Client;
use shard_benches::BoxError;

use crate::cli::Cli;
use crate::kubeconfig::Access;
use crate::process;

/// An API server.
pub(crate) struct ApiServer {
    pub(crate) access: Access,
    /// The client of the conductor.
    pub(crate) client: Client,
    /// The processes whose CPU time is that of the server: kube-apiserver and etcd, or the in-memory server.
    pids: Vec<u32>,
    memory: Option<Child>,
    /// How it is named in reports.
    pub(crate) name: String,
}

impl ApiServer {
    pub(crate) async fn start(cli: &Cli, folder: &Path) -> Result<Self, BoxError> {
        let existing = cli.kubeconfig.clone().or_else(|| std::env::var_os("E2E_KUBECONFIG").map(PathBuf::from));
        let (kubeconfig, memory) = if let Some(kubeconfig) = existing {
            (kubeconfig, None)
        } else {
            let (kubeconfig, child) = in_memory(cli.gate, folder).await?;
            (kubeconfig, Some(child))
        };
        let access = Access::read(&kubeconfig)?;
        let client = Client::builder().kubeconfig(&kubeconfig).connect().await?;
        let (pids, name) = if let Some(child) = &memory {
            (vec![child.id()], format!("in-memory, gate {}", if cli.gate { "on" } else { "off" }))
        } else {
            let version = client.kube().apiserver_version().await?.git_version;
            (process::control_plane(access.server.port), format!("kube-apiserver {version}"))
        };
        Ok(ApiServer { access, client, pids, memory, name })
    }

    /// Returns an error if the in-memory server has ended: nothing that follows says anything about the replicas.
    pub(crate) fn check(&mut self) -> Result<(), BoxError> {
        match self.memory.as_mut().map(Child::try_wait).transpose()?.flatten() {
            Some(status) => Err(format!("the in-memory server has ended with {status}: run it again").into()),
            None => Ok(()),
        }
    }

    /// Returns the CPU time in seconds, or 0 if the server runs on another machine.
    pub(crate) fn cpu(&self) -> f64 {
        self.pids.iter().map(|pid| process::cpu(*pid)).sum()
    }

    /// Returns the requests that it has received, if it counts them.
    pub(crate) async fn requests(&self) -> Option<f64> {
        if self.memory.is_some() {
            return None;
        }
        let request = http::Request::get("/metrics").body(Vec::new()).ok()?;
        let text = self.client.kube().request_text(request).await.ok()?;
        Some(sum(&text, "apiserver_request_total"))
    }
}

/// Returns the sum of the samples of a metric.
pub(crate) fn sum(text: &str, name: &str) -> f64 {
    let of = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let value = |line: &str| line.split_whitespace().next_back().and_then(|value| value.parse::<f64>().ok());
    text.lines().filter(of).filter_map(value).sum()
}

/// Starts the in-memory server, which is next to this program.
async fn in_memory(gate: bool, folder: &Path) -> Result<(PathBuf, Child), BoxError> {
    let program = std::env::current_exe()?.with_file_name("kube-fake-apiserver");
    let kubeconfig = folder.join("server.kubeconfig");
    let mut command = Command::new(&program);
    command.arg("--kubeconfig").arg(&kubeconfig).stdout(Stdio::null());
    if gate {
        command.arg("--sharded-list-and-watch");
    }
    let start = command.spawn();
    let child = start.map_err(|error| {
        let build = "build it with `cargo build --release --package kube-fake-apiserver --features cli`";
        format!("cannot run {}: {error}; {build}", program.display())
    })?;
    for _ in 0..200 {
        if kubeconfig.exists() {
            return Ok((kubeconfig, child));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the in-memory server did not start within 10 seconds: see its output above".into())
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        if let Some(child) = &mut self.memory {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
