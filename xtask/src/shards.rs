//! `shards`: faults and measurements of replicas that divide the objects.

use std::process::{Command, ExitCode};

use clap::Args;

use crate::cargo::cargo;
use crate::control_plane::{Attached, Error, repository};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Run on a temporary control plane instead of an in-memory server; with --gate, its feature gate ShardedListAndWatch is on
    #[arg(long)]
    control_plane: bool,
    /// Arguments of the program; see `--help` after `--`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match shards(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Builds the programs, and runs the one that starts the others.
fn shards(arguments: &Arguments) -> Result<ExitCode, Error> {
    let folder = repository();
    let mut build = cargo();
    build.args(["build", "--release", "--package", "shard-benches", "--package", "kube-fake-apiserver"]);
    build.args(["--features", "kube-fake-apiserver/cli"]).current_dir(&folder);
    if !build.status().map_err(Error::file("build in", &folder))?.success() {
        return Ok(ExitCode::from(2));
    }
    let gate = arguments.arguments.iter().any(|argument| argument == "--gate");
    let flags = if gate { "--feature-gates=ShardedListAndWatch=true" } else { "" };
    let control_plane = arguments.control_plane.then(|| Attached::start(flags)).transpose()?;
    let program = folder.join("target/release/shards");
    let mut command = Command::new(&program);
    command.args(&arguments.arguments);
    if let Some(control_plane) = &control_plane {
        command.arg("--kubeconfig").arg(&control_plane.kubeconfig);
    }
    let status = command.status().map_err(Error::file("run", &program))?;
    // 1: a violation; 2: an error.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::from(2), ExitCode::from))
}
