//! Applies manifests as `kubectl apply --server-side` does:
//! `cargo run --package examples --example apply-manifests PATH… [--set NAME] [--dry-run]`.
//!
//! With `--set`, objects of earlier runs that are not in the input any more are deleted. The path `-` is the standard input.

use std::process::ExitCode;

use aigateway_client::runtime::client::Client;
use kube_client_runtime::manifests::{
    ApplyManifestsOptions, ApplySet, Manifests, ManifestsError, Progress, apply_manifests,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut manifests = Manifests::new();
    let mut options = ApplyManifestsOptions::new("apply-manifests").on_progress(|progress| {
        if let Progress::Waiting { object } = progress {
            eprintln!("waiting for {object}");
        }
    });
    let client = Client::try_default().await?;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--dry-run" => options = options.dry_run(),
            "--set" => {
                let name = arguments.next().unwrap_or_default();
                options = options.apply_set(ApplySet::config_map(client.default_namespace(), name));
            }
            "-" => manifests = manifests.stdin(),
            path => manifests = manifests.folder_recursive(path),
        }
    }
    match apply_manifests(&client, &manifests, &options).await {
        Ok(report) => {
            print!("{report:#}");
            Ok(ExitCode::SUCCESS)
        }
        Err(ManifestsError::Failed(report)) => {
            print!("{report:#}");
            Ok(ExitCode::FAILURE)
        }
        Err(error) => {
            eprintln!("{error}");
            Ok(ExitCode::FAILURE)
        }
    }
}
