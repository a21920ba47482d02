//! What runs on a control plane that lives as long as it does.

use std::process::{Command, ExitCode};

use crate::control_plane::{Attached, repository};

/// The end-to-end suite.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    on_a_control_plane(&["test", "--package", "integration-tests", "--test", "e2e", "--"], arguments)
}

/// The same random requests to the server in memory and to a real one.
pub(crate) fn differential(arguments: &[String]) -> ExitCode {
    on_a_control_plane(&["run", "--quiet", "--package", "integration-tests", "--bin", "differential", "--"], arguments)
}

fn on_a_control_plane(cargo: &[&str], arguments: &[String]) -> ExitCode {
    let control_plane = match Attached::start() {
        Ok(control_plane) => control_plane,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let status = Command::new(env!("CARGO"))
        .args(cargo)
        .args(arguments)
        .env("E2E_KUBECONFIG", &control_plane.kubeconfig)
        .current_dir(repository())
        .status();
    drop(control_plane);
    if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
