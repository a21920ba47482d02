//! `e2e`: the end-to-end suite on a control plane that lives as long as it runs.

use std::process::{Command, ExitCode};

use crate::control_plane::{Attached, repository};

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let control_plane = match Attached::start() {
        Ok(control_plane) => control_plane,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let status = Command::new(env!("CARGO"))
        .args(["test", "--package", "integration-tests", "--test", "e2e", "--"])
        .args(arguments)
        .env("E2E_KUBECONFIG", &control_plane.kubeconfig)
        .current_dir(repository())
        .status();
    drop(control_plane);
    if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
