//! Processes of the suites.

use std::fs::File;
use std::process::{Command, Stdio};

use camino::Utf8Path;

use crate::control_plane;
use crate::outside::BoxError;

/// Whether a program runs.
pub(super) fn succeeds(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs a command that must succeed, and returns its standard output.
pub(super) fn output(command: &mut Command) -> Result<String, BoxError> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", name(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a command, which may fail, with a log of all that it prints; returns the log.
pub(super) fn logged(command: &mut Command, log: &Utf8Path) -> Result<String, BoxError> {
    let file = File::create(log)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    command.status().map_err(|error| not_started(command, &error))?;
    Ok(String::from_utf8_lossy(&std::fs::read(log)?).into_owned())
}

/// Returns the path of kubectl: that of the control plane, or that in `$PATH`.
pub(super) fn kubectl() -> String {
    control_plane::kubectl().map_or_else(|| "kubectl".to_owned(), |path| path.to_string())
}

/// Returns a kubeconfig that contains the certificates to which it refers.
pub(super) fn flattened(kubeconfig: &Utf8Path) -> Result<String, BoxError> {
    let arguments = ["config", "view", "--raw", "--minify", "--flatten", "--kubeconfig", kubeconfig.as_str()];
    output(Command::new(kubectl()).args(arguments))
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("cannot run {}: {error}", name(command))
}
