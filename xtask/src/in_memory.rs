//! The in-memory server over TCP, for programs that this task starts.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use camino::Utf8Path;

use crate::cargo::cargo;
use crate::control_plane::repository;
use crate::outside::BoxError;

/// A server that is stopped when this is dropped.
pub(crate) struct Server {
    process: Child,
    /// Kept open, because the server ends when it cannot write its output.
    _output: Option<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts a server with arguments of the program, and waits until it has written the kubeconfig.
    pub(crate) fn start(kubeconfig: &Utf8Path, arguments: &[&str]) -> Result<Self, BoxError> {
        let mut command = cargo();
        command.args(["run", "--quiet", "--package", "kube-fake-apiserver", "--features", "cli", "--"]);
        command.args(["--kubeconfig", kubeconfig.as_str()]).args(arguments).current_dir(repository());
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut output = process.stdout.take().map(BufReader::new);
        // It prints its address when it listens.
        let mut lines = output.iter_mut().flat_map(BufRead::lines).map_while(Result::ok);
        let listens = lines.any(|line| line.starts_with("listening"));
        let server = Server { process, _output: output };
        if listens { Ok(server) } else { Err("the in-memory server did not start: see its output above".into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
