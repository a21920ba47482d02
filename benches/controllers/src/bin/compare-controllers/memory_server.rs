//! The same controllers on the server in memory, with requests that change the objects.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use informer_benches::BoxError;
use informer_benches::canned::{here, pinned};

use crate::peer::{Run, Target};
use crate::table::Table;

/// The number of objects.
const OBJECTS: usize = 2000;

/// The changes per second.
const RATE: &str = "200";

/// A process that is stopped when this value is dropped.
struct Process {
    child: Child,
    /// Open while the process runs: it may print more.
    _output: Option<BufReader<ChildStdout>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors are ignored: the process may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn measure() -> Result<(), BoxError> {
    let table =
        Table::start("The server in memory over TCP, 2,000 objects, 200 changes a second by a client", &["workers"]);
    let kubeconfig = std::env::temp_dir().join(format!("controller-benches-{}.kubeconfig", std::process::id()));
    let file = kubeconfig.to_string_lossy().into_owned();
    let _server = server(&file)?;
    let status = pinned(here()?.join("writer"), "0").args(["--kubeconfig-file", &file]).args(objects()).status()?;
    if !status.success() {
        return Err("the writer failed: see its error".into());
    }
    let mut writer = pinned(here()?.join("writer"), "0");
    writer.args(["--kubeconfig-file", &file, "--rate", RATE]).args(objects());
    let _writer = Process { child: writer.spawn()?, _output: None };
    for workers in [1, 4, 16] {
        let target = Target::Kubeconfig(&file);
        let rounds = Run { target, mode: "changes", objects: OBJECTS, workers, work: 0 }.rounds()?;
        for measure in ["sync_cpu_ms", "change_cpu_us", "steady_mb", "peak_mb", "p50_us", "p99_us"] {
            table.row(&[&workers], measure, &rounds)?;
        }
    }
    std::fs::remove_file(kubeconfig)?;
    Ok(())
}

fn objects() -> [String; 2] {
    ["--objects".to_owned(), OBJECTS.to_string()]
}

/// Starts the server, and waits until it listens.
fn server(kubeconfig: &str) -> Result<Process, BoxError> {
    let mut command = pinned(here()?.join("kube-fake-apiserver"), "0");
    command.args(["--crds", "crds", "--any-namespace", "--kubeconfig", kubeconfig]);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
    let address = output.read_line(&mut String::new());
    let server = Process { child, _output: Some(output) };
    address?;
    Ok(server)
}
