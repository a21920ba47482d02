//! Starts and stops a control plane.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::{binaries, repository};

/// Errors of starting or controlling a control plane.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("$KUBEBUILDER_ASSETS ({0}) lacks etcd, kube-apiserver or kubectl")]
    Assets(Utf8PathBuf),
    #[error("neither $XDG_CACHE_HOME nor $HOME is set: set one as the cache of built binaries")]
    NoHome,
    #[error(
        "etcd and kube-apiserver are neither in $KUBEBUILDER_ASSETS nor in $PATH, and go, which builds them, failed to start: {0}"
    )]
    NoGo(std::io::Error),
    #[error("failed to build {0}: see the output of go above")]
    Build(String),
    #[error("cannot {action} {path}: {source}")]
    File { action: &'static str, path: Utf8PathBuf, source: std::io::Error },
    #[error("no free port on 127.0.0.1: {0}")]
    Port(std::io::Error),
    #[error("the control plane did not start: see its output above")]
    NotStarted,
    #[error("no control plane is running: start one with `cargo xtask control-plane up`")]
    NotRunning,
}

impl Error {
    pub(crate) fn file(action: &'static str, path: &Utf8Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Error::File { action, path, source }
    }
}

/// A control plane that stops when this value is dropped or this process ends.
pub(crate) struct Attached {
    pub(crate) kubeconfig: Utf8PathBuf,
    script: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Attached {
    /// Starts a control plane with additional flags of kube-apiserver.
    pub(crate) fn start(flags: &str) -> Result<Self, Error> {
        let data = state_folder().join(format!("attached-{}", std::process::id()));
        let mut command = script(&data)?;
        command.stdin(Stdio::piped()).env("CONTROL_PLANE_FLAGS", flags);
        let mut script = command.spawn().map_err(Error::file("run", &run_script()))?;
        let input = script.stdin.take();
        let mut output = script.stdout.take().map(BufReader::new);
        let kubeconfig = wait_until_ready(output.as_mut())?;
        Ok(Attached { kubeconfig, script, input, output })
    }

    /// Sends a command of `run.sh` and waits until it was executed.
    pub(crate) fn send_command(&mut self, line: &str) -> Result<(), Error> {
        let (Some(input), Some(output)) = (&mut self.input, &mut self.output) else { return Err(Error::NotRunning) };
        let mut answer = String::new();
        let result = writeln!(input, "{line}").and_then(|()| output.read_line(&mut answer));
        if result.is_ok() && answer.trim() == "done" { Ok(()) } else { Err(Error::NotRunning) }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // The script stops at the end of its input.
        drop(self.input.take());
        let _ = self.script.wait();
    }
}

/// Starts a background control plane with additional flags of kube-apiserver, unless one is running, and returns its
/// kubeconfig.
pub(super) fn up(flags: &str) -> Result<Utf8PathBuf, Error> {
    if let Some(kubeconfig) = running() {
        return Ok(kubeconfig);
    }
    let data = state_folder().join("up");
    // Data of a control plane that was not stopped cleanly.
    let _ = fs::remove_dir_all(&data);
    let mut command = script(&data)?;
    command.stdin(Stdio::null()).env("CONTROL_PLANE_STAYS", "yes").env("CONTROL_PLANE_FLAGS", flags);
    command.process_group(0);
    let mut script = command.spawn().map_err(Error::file("run", &run_script()))?;
    let kubeconfig = wait_until_ready(script.stdout.take().map(BufReader::new).as_mut())?;
    let pid_file = data.join("pid");
    fs::write(&pid_file, script.id().to_string()).map_err(Error::file("write", &pid_file))?;
    Ok(kubeconfig)
}

/// Stops the background control plane.
pub(super) fn down() {
    let data = state_folder().join("up");
    let Ok(pid) = fs::read_to_string(data.join("pid")) else { return };
    let _ = Command::new("kill").arg(&pid).stderr(Stdio::null()).status();
    while data.exists() && is_alive(&pid) {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let _ = fs::remove_dir_all(&data);
}

/// Returns the kubeconfig of the background control plane if it is running.
pub(super) fn running() -> Option<Utf8PathBuf> {
    let data = state_folder().join("up");
    let pid = fs::read_to_string(data.join("pid")).ok()?;
    is_alive(&pid).then(|| data.join("kubeconfig"))
}

fn is_alive(pid: &str) -> bool {
    Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn state_folder() -> Utf8PathBuf {
    repository().join("target/control-plane")
}

fn run_script() -> Utf8PathBuf {
    repository().join("hack/control-plane/run.sh")
}

fn script(data: &Utf8Path) -> Result<Command, Error> {
    let binaries = binaries::find_or_build()?;
    let mut command = Command::new(run_script());
    command.arg(binaries).arg(data).args(free_ports()?.map(|port| port.to_string())).stdout(Stdio::piped());
    Ok(command)
}

fn free_ports() -> Result<[u16; 3], Error> {
    // All listeners are kept open until all ports are known, so that the ports differ.
    let bind = || TcpListener::bind(("127.0.0.1", 0)).map_err(Error::Port);
    let listeners = [bind()?, bind()?, bind()?];
    let [one, two, three] =
        listeners.each_ref().map(|listener| listener.local_addr().map(|address| address.port()).map_err(Error::Port));
    Ok([one?, two?, three?])
}

/// Waits for the script to print the path of the kubeconfig, which it does when the server is ready.
fn wait_until_ready(output: Option<&mut BufReader<ChildStdout>>) -> Result<Utf8PathBuf, Error> {
    let mut line = String::new();
    if let Some(output) = output {
        let _ = output.read_line(&mut line);
    }
    if line.trim().is_empty() { Err(Error::NotStarted) } else { Ok(line.trim().into()) }
}
