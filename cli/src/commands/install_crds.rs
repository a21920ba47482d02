//! `aigwctl install-crds`

use std::process::ExitCode;

use aigateway_client::crds::{InstallOptions, crds, install};
use clap::Args;

use super::apply::{DryRun, FIELD_MANAGER};
use crate::args::Globals;
use crate::error::CliError;
use crate::output;
use crate::timeout::Timeout;

/// Install the CRDs of AI Gateway, and wait until the kinds are served
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Whether the server stores the CRDs
    #[arg(long, value_enum, default_value_t)]
    dry_run: DryRun,
    /// Field manager
    #[arg(long, value_name = "NAME", default_value = FIELD_MANAGER)]
    field_manager: String,
    /// How long to wait for each CRD, in seconds or as 1m30s
    #[arg(long, value_name = "TIME", default_value = "30")]
    timeout: Timeout,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let options = InstallOptions {
        field_manager: arguments.field_manager.clone(),
        timeout: arguments.timeout.0,
        dry_run: arguments.dry_run == DryRun::Server,
    };
    let suffix = if options.dry_run { " (server dry run)" } else { "" };
    for crd in install(&globals.client().await?, &crds(), &options).await? {
        let outcome = if crd.created { "created" } else { "applied" };
        output::print(&format!("customresourcedefinition.apiextensions.k8s.io/{} {outcome}{suffix}\n", crd.name))?;
    }
    Ok(ExitCode::SUCCESS)
}
