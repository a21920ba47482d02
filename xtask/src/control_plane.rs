//! A real control plane on loopback: etcd and kube-apiserver.

mod binaries;
mod server;

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Subcommand;

pub(crate) use binaries::KUBERNETES;
pub(crate) use server::{Attached, Error};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Start the control plane in the background; no effect if it is running
    Up {
        /// Additional flags of kube-apiserver, such as "--feature-gates=CoordinatedLeaderElection=true"
        #[arg(long, default_value = "", allow_hyphen_values = true)]
        flags: String,
    },
    /// Stop the control plane and remove its data
    Down,
    /// Print the environment for kubectl and tests: eval "$(cargo xtask control-plane env)"
    Env,
}

pub(crate) fn run(verb: &Verb) -> ExitCode {
    let result = match verb {
        Verb::Up { flags } => server::up(flags).map(|kubeconfig| println!("{kubeconfig}")),
        Verb::Down => {
            server::down();
            Ok(())
        }
        Verb::Env => env(),
    };
    match result {
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

/// Returns kubectl of the control plane's version, if it exists.
pub(crate) fn kubectl() -> Option<Utf8PathBuf> {
    binaries::folder().ok().flatten().map(|folder| folder.join("kubectl"))
}

/// Returns the root of the repository.
pub(crate) fn repository() -> Utf8PathBuf {
    Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| ".".into(), ToOwned::to_owned)
}
