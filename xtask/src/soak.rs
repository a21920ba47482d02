//! `soak`: informers on a control plane that keeps failing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};

use crate::control_plane::{Attached, Error, repository};

pub(crate) fn run(minutes: u64, seed: u64) -> ExitCode {
    match soak(minutes, seed) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the program and passes its orders on to the control plane.
fn soak(minutes: u64, seed: u64) -> Result<bool, Error> {
    let folder = repository();
    let mut control_plane = Attached::start_with("--etcd-compaction-interval=15s")?;
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--package", "integration-tests", "--bin", "soak", "--"]);
    command.args(["--minutes", &minutes.to_string(), "--seed", &seed.to_string()]);
    command.env("E2E_KUBECONFIG", &control_plane.kubeconfig).current_dir(&folder);
    let mut program =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(Error::file("run", &folder))?;
    if let (Some(mut input), Some(output)) = (program.stdin.take(), program.stdout.take()) {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            match line.strip_prefix("order: ") {
                None => println!("{line}"),
                Some(order) => {
                    control_plane.order(order)?;
                    // A program that has ended by itself says why.
                    let _ = writeln!(input, "done");
                }
            }
        }
    }
    Ok(program.wait().is_ok_and(|status| status.success()))
}
