//! A real control plane on loopback: etcd and kube-apiserver.

mod binaries;
mod server;

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Subcommand;

pub(crate) use server::{Attached, Error};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Start it, in the background; does nothing if it runs
    Up,
    /// Stop it, and remove its data
    Down,
    /// Print shell lines that point kubectl and tests at it: eval "$(cargo xtask control-plane env)"
    Env,
}

pub(crate) fn run(verb: &Verb) -> ExitCode {
    let done = match verb {
        Verb::Up => server::up().map(|kubeconfig| println!("{kubeconfig}")),
        Verb::Down => {
            server::down();
            Ok(())
        }
        Verb::Env => env(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn env() -> Result<(), Error> {
    let kubeconfig = server::running().ok_or(Error::NotRunning)?;
    println!("export KUBECONFIG={kubeconfig}");
    println!("export E2E_KUBECONFIG={kubeconfig}");
    if let Some(folder) = binaries::folder()? {
        println!("export PATH={folder}:$PATH");
    }
    Ok(())
}

/// Where the repository is.
pub(crate) fn repository() -> Utf8PathBuf {
    Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| ".".into(), ToOwned::to_owned)
}
