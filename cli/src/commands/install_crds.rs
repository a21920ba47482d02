//! `aigwctl install-crds`

use std::process::ExitCode;
use std::time::Duration;

use aigateway_client::crds::{InstallOptions, crds, install};
use clap::Args;

use super::apply::{DryRun, FIELD_MANAGER};
use crate::args::Globals;
use crate::error::CliError;
use crate::output;

/// Install the CRDs of AI Gateway, and wait until the kinds are served
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Whether the server stores the CRDs
    #[arg(long, value_enum, default_value_t)]
    dry_run: DryRun,
    /// Field manager
    #[arg(long, value_name = "NAME", default_value = FIELD_MANAGER)]
    field_manager: String,
    /// Seconds to wait for each CRD
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let options = InstallOptions {
        field_manager: arguments.field_manager.clone(),
        timeout: Duration::from_secs(arguments.timeout),
        dry_run: arguments.dry_run == DryRun::Server,
    };
    let suffix = if options.dry_run { " (server dry run)" } else { "" };
    for crd in install(&globals.client().await?, &crds(), &options).await? {
        let outcome = if crd.created { "created" } else { "applied" };
        output::print(&format!("customresourcedefinition.apiextensions.k8s.io/{} {outcome}{suffix}\n", crd.name))?;
    }
    Ok(ExitCode::SUCCESS)
}
