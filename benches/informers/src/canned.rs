//! The canned server, and how measured programs are run.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::{BoxError, argument};

/// Returns the folder of the Go programs (`--peers`).
pub fn peers() -> PathBuf {
    argument("peers").unwrap_or_else(|| ".".to_owned()).into()
}

/// Returns the folder of this program.
///
/// # Errors
/// If the system does not provide it.
pub fn here() -> Result<PathBuf, BoxError> {
    let mut here = std::env::current_exe()?;
    here.pop();
    Ok(here)
}

/// Returns a command that runs on a single core, if supported.
pub fn pinned(program: PathBuf, core: &str) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let has_taskset = Command::new("taskset").arg("--version").output().is_ok();
    if cores < 2 || !has_taskset {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", core]).arg(program);
    command
}

/// Runs a program and returns the measurements that it prints.
///
/// # Errors
/// If it cannot be started, or prints anything else.
pub fn measurements(mut command: Command) -> Result<BTreeMap<String, f64>, BoxError> {
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let measurements: Value = serde_json::from_str(text.trim()).map_err(|error| format!("{text}: {error}"))?;
    let values = measurements.as_object().into_iter().flatten();
    Ok(values.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect())
}

/// The canned server, which is stopped when this value is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// The address.
    pub address: String,
    /// The file of the certificate.
    pub certificate: String,
}

impl Server {
    /// Starts the server of the folder `--peers` with arguments.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(arguments: &[String]) -> Result<Self, BoxError> {
        let certificate = std::env::temp_dir().join(format!("informer-benches-{}.pem", std::process::id()));
        let certificate = certificate.to_string_lossy().into_owned();
        let mut command = pinned(peers().join("server"), "0");
        command.args(["--ca", &certificate]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut address)?;
        Ok(Server { child, address: address.trim().to_owned(), certificate })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Errors are ignored: the server may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.certificate);
    }
}
