//! Faults and measurements of replicas that divide the objects: `cargo xtask shards`.
//!
//! Starts an API server in memory as a process, or uses an existing one, and replicas (the program `replica`) as processes.
//! Without `--scale`, it changes objects while replicas join, leave, are killed, are stopped (SIGSTOP) and lose their
//! connections. In the end, it checks the logs of all replicas: no object was reconciled by two of them at the same time, none
//! was reconciled in an older version than before, and the last version of each was reconciled. Exit code 1: a violation, or a
//! replica that failed; 2: an error.

mod cli;
mod costs;
mod faults;
mod kubeconfig;
mod objects;
mod process;
mod proxy;
mod replicas;
mod report;
mod ring;
mod run;
mod scale;
mod server;

use std::process::ExitCode;

use clap::Parser;
use shard_benches::BoxError;

use cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match conduct(&Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn conduct(cli: &Cli) -> Result<bool, BoxError> {
    let folder = replicas::folder(cli.logs.as_deref())?;
    let is_valid = if cli.scale.is_empty() { run::run(cli, &folder).await? } else { scale::run(cli, &folder).await? };
    if is_valid && cli.logs.is_none() {
        std::fs::remove_dir_all(&folder)?;
    } else {
        println!("the logs are in {}", folder.display());
    }
    Ok(is_valid)
}
