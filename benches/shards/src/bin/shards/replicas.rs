//! The processes of the replicas.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use shard_benches::check::Event;
use shard_benches::stats::{self, Stats};
use shard_benches::{BoxError, clock};

use crate::cli::Division;
use crate::kubeconfig::Access;
use crate::process;
use crate::proxy::Proxy;

/// How long a replica may take to end after it was asked to: its grace period, the lease duration, and its requests.
pub(crate) const END: Duration = Duration::from_secs(75);

/// What all replicas have in common.
pub(crate) struct Settings {
    pub(crate) folder: PathBuf,
    pub(crate) access: Access,
    pub(crate) namespace: String,
    pub(crate) group: String,
    pub(crate) division: Division,
    /// The mean time of a reconciliation in milliseconds; `None`: no logs, and reconciliations that do nothing.
    pub(crate) work: Option<u64>,
}

/// A replica.
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) process: Child,
    pub(crate) proxy: Proxy,
    /// Until when it is stopped.
    pub(crate) stopped: Option<u64>,
    /// Until when its connection is cut.
    pub(crate) cut: Option<u64>,
    /// By when it must have ended, if it was asked to.
    pub(crate) leaves: Option<u64>,
    stats: PathBuf,
    /// The CPU time when it was last read: that of a process that has ended is not known any more.
    last_cpu: f64,
}

impl Replica {
    /// Returns whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> Result<bool, BoxError> {
        self.last_cpu = self.last_cpu.max(process::cpu(self.process.id()));
        Ok(self.process.try_wait()?.is_some())
    }

    /// Returns whether nothing was done to it.
    pub(crate) fn is_healthy(&self) -> bool {
        self.stopped.is_none() && self.cut.is_none() && self.leaves.is_none()
    }

    /// Returns the last status, if there is one.
    pub(crate) fn stats(&self) -> Stats {
        stats::last(&self.stats).unwrap_or_default()
    }

    pub(crate) fn cpu(&self) -> f64 {
        self.last_cpu.max(process::cpu(self.process.id()))
    }

    pub(crate) fn memory(&self) -> f64 {
        process::memory(self.process.id(), "VmRSS")
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<(), BoxError> {
        process::signal(&self.process, signal)
    }
}

/// The use of replicas that have ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu: f64,
    pub(crate) bytes: u64,
    pub(crate) requests: u64,
}

/// All replicas.
pub(crate) struct Replicas {
    pub(crate) settings: Settings,
    pub(crate) all: Vec<Replica>,
    pub(crate) events: Vec<Event>,
    /// The names of all replicas that were started.
    pub(crate) names: Vec<String>,
    pub(crate) ended: Usage,
}

impl Replicas {
    pub(crate) fn new(settings: Settings) -> Self {
        let ended = Usage::default();
        Replicas { settings, all: Vec::new(), events: Vec::new(), names: Vec::new(), ended }
    }

    pub(crate) fn log_of(&self, name: &str) -> PathBuf {
        self.settings.folder.join(format!("{name}.log"))
    }

    /// Starts a replica.
    pub(crate) async fn join(&mut self) -> Result<(), BoxError> {
        let name = format!("{}-{}", self.settings.group, self.names.len());
        let Settings { folder, access, namespace, group, division, work } = &self.settings;
        let proxy = Proxy::start(access.server.clone()).await?;
        let kubeconfig = folder.join(format!("{name}.kubeconfig"));
        access.write(&kubeconfig, proxy.port)?;
        let stats = folder.join(format!("{name}.stats"));
        let program = std::env::current_exe()?.with_file_name("replica");
        let mut command = Command::new(program);
        command.arg("--kubeconfig").arg(kubeconfig).arg("--stats").arg(&stats);
        command.args(["--namespace", namespace, "--group", group, "--name", &name, "--division", division.flag()]);
        if let Some(work) = work {
            command.arg("--log").arg(self.log_of(&name)).args(["--work", &work.to_string()]);
        }
        let output = File::create(folder.join(format!("{name}.err")))?;
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output).spawn()?;
        self.record(&name, "join");
        self.names.push(name.clone());
        self.all.push(Replica { name, process, proxy, stopped: None, cut: None, leaves: None, stats, last_cpu: 0.0 });
        Ok(())
    }

    /// Records what happened to a replica.
    pub(crate) fn record(&mut self, replica: &str, what: &str) {
        self.events.push(Event { at: clock::now(), replica: replica.to_owned(), what: what.to_owned() });
    }

    /// Removes a replica that has ended or is about to, and adds its use.
    pub(crate) fn remove(&mut self, index: usize) -> Replica {
        let replica = self.all.remove(index);
        self.ended.cpu += replica.cpu();
        self.ended.bytes += replica.proxy.bytes();
        self.ended.requests += replica.stats().requests;
        replica
    }

    /// Returns the use of all replicas, also of those that have ended.
    pub(crate) fn usage(&self) -> Usage {
        self.all.iter().fold(self.ended, |sum, replica| Usage {
            cpu: sum.cpu + replica.cpu(),
            bytes: sum.bytes + replica.proxy.bytes(),
            requests: sum.requests + replica.stats().requests,
        })
    }

    /// Asks all replicas to stop, and waits for them. Returns those that did not end in time or failed.
    pub(crate) async fn stop(&mut self) -> Result<Vec<String>, BoxError> {
        for replica in &self.all {
            replica.signal(Signal::SIGTERM)?;
        }
        let mut failed = Vec::new();
        let limit = clock::now() + u64::try_from(END.as_nanos())?;
        while let Some(replica) = self.all.first_mut() {
            if replica.has_ended()? || clock::now() > limit {
                let mut replica = self.remove(0);
                replica.process.kill()?;
                let status = replica.process.wait()?;
                if !status.success() {
                    failed.push(format!("{} did not end well within {END:?}: {status}", replica.name));
                }
            } else {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(failed)
    }
}

/// Replicas do not outlive this program.
impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the folder of a run.
pub(crate) fn folder(given: Option<&Path>) -> std::io::Result<PathBuf> {
    let default = || std::env::temp_dir().join(format!("shards-{}", std::process::id()));
    let folder = given.map_or_else(default, Path::to_path_buf);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
