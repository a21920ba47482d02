//! Test programs that run on a temporary control plane.

use std::process::ExitCode;

use camino::Utf8Path;

use crate::cargo::cargo;
use crate::control_plane::{Attached, repository};

/// Arguments of cargo that run the differential test.
const DIFFERENTIAL: [&str; 7] = ["run", "--quiet", "--package", "integration-tests", "--bin", "differential", "--"];

/// Flags of kube-apiserver that enable coordinated leader election.
const COORDINATION: &str =
    "--feature-gates=CoordinatedLeaderElection=true --runtime-config=coordination.k8s.io/v1beta1=true";

/// Runs the end-to-end suite.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let arguments = [crate::test::e2e_arguments(), arguments.to_vec()].concat();
    // The suite runs programs of `examples/`. Features are those of `cargo test --workspace`, so that nothing is compiled again.
    if test(&["build", "--quiet", "--workspace", "--examples"], &[], None) != ExitCode::SUCCESS {
        return ExitCode::FAILURE;
    }
    let suite = ["test", "--workspace", "--test", "e2e", "--test", "election", "--"];
    on_control_plane(&suite, &arguments, COORDINATION)
}

/// Sends the same random requests to the in-memory server and to a real one.
pub(crate) fn differential(arguments: &[String]) -> ExitCode {
    if arguments.iter().any(|argument| argument == "--itself") {
        return test(&DIFFERENTIAL, arguments, None);
    }
    on_control_plane(&DIFFERENTIAL, arguments, "")
}

/// Sends random requests to the in-memory server and checks time and memory of each.
pub(crate) fn bounds(requests: u64, seed: u64) -> ExitCode {
    let arguments = ["--bounds", "--ops", &requests.to_string(), "--seed", &seed.to_string()].map(str::to_owned);
    test(&DIFFERENTIAL, &arguments, None)
}

fn on_control_plane(tests: &[&str], arguments: &[String], flags: &str) -> ExitCode {
    let control_plane = match Attached::start(flags) {
        Ok(control_plane) => control_plane,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    test(tests, arguments, Some(&control_plane.kubeconfig))
}

fn test(tests: &[&str], arguments: &[String], kubeconfig: Option<&Utf8Path>) -> ExitCode {
    let mut command = cargo();
    command.args(tests).args(arguments).current_dir(repository());
    if let Some(kubeconfig) = kubeconfig {
        command.env("E2E_KUBECONFIG", kubeconfig);
        command.envs(crate::control_plane::kubectl().map(|kubectl| ("E2E_KUBECTL", kubectl)));
    }
    if command.status().is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
