//! `soak`: informers on a control plane that fails repeatedly.

use std::io::{BufRead, BufReader, Write};
use std::process::{ExitCode, Stdio};

use crate::cargo::cargo;
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

/// Runs the program and forwards its commands to the control plane.
fn soak(minutes: u64, seed: u64) -> Result<bool, Error> {
    let folder = repository();
    let mut control_plane = Attached::start("--etcd-compaction-interval=15s")?;
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "integration-tests", "--bin", "soak", "--"]);
    command.args(["--minutes", &minutes.to_string(), "--seed", &seed.to_string()]);
    command.env("E2E_KUBECONFIG", &control_plane.kubeconfig).current_dir(&folder);
    let mut program =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(Error::file("run", &folder))?;
    if let (Some(mut input), Some(output)) = (program.stdin.take(), program.stdout.take()) {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            match line.strip_prefix("command: ") {
                None => println!("{line}"),
                Some(line) => {
                    control_plane.send_command(line)?;
                    // If the program ended, it reports the reason itself.
                    let _ = writeln!(input, "done");
                }
            }
        }
    }
    Ok(program.wait().is_ok_and(|status| status.success()))
}
