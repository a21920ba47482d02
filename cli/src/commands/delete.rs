//! `aigwctl delete`

use std::process::ExitCode;

use clap::Args;
use kube_client_runtime::client::wait::deleted;
use kube_client_runtime::client::{Client, DeleteOptions};
use kube_client_runtime::manifests::{DeleteManifestsOptions, delete_manifests};
use serde_json::Value;

use super::apply;
use super::wait::wait_for;
use crate::args::{Globals, Input};
use crate::error::CliError;
use crate::selection::{Selected, Selection};
use crate::timeout::Timeout;
use crate::{cluster, output};

/// Delete objects, by name, by label or by manifest
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    input: Input,
    /// All objects of the types
    #[arg(long)]
    all: bool,
    /// Succeed if an object does not exist
    #[arg(long)]
    ignore_not_found: bool,
    /// Do not wait until the objects do not exist any more
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for each object, in seconds or as 1m30s
    #[arg(long, value_name = "TIME", default_value = "60")]
    timeout: Timeout,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    if !arguments.input.files.is_empty() {
        return by_manifest(arguments, globals).await;
    }
    if arguments.all {
        arguments.selection.check_all()?;
    }
    let client = globals.client().await?;
    for selected in arguments.selection.resolve(&client, globals).await? {
        check(arguments, &selected)?;
        by_name(arguments, &client, &selected).await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn by_manifest(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let manifests = apply::manifests(&arguments.input)?;
    let mut options = DeleteManifestsOptions::new();
    if !arguments.no_wait {
        options = options.wait(arguments.timeout.0);
    }
    if let Some(namespace) = &globals.namespace {
        options = options.namespace(namespace.as_str());
    }
    apply::print(delete_manifests(&globals.client().await?, &manifests, &options).await)
}

/// A type alone must not delete everything.
fn check(arguments: &Arguments, selected: &Selected) -> Result<(), CliError> {
    let selection = &arguments.selection;
    let is_limited = selection.selector.is_some() || selection.field_selector.is_some() || arguments.all;
    if selected.names.is_empty() && !is_limited {
        return Err(CliError::Usage("no name: pass a name, a selector, or --all".to_owned()));
    }
    Ok(())
}

async fn by_name(arguments: &Arguments, client: &Client, selected: &Selected) -> Result<(), CliError> {
    let mut targets = Vec::new();
    if selected.names.is_empty() {
        let text = |object: &Value, field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        for object in cluster::selected(client, &arguments.selection, selected).await? {
            targets.push((text(&object, "namespace"), text(&object, "name")));
        }
    }
    let namespace = selected.namespace.clone().unwrap_or_default();
    targets.extend(selected.names.iter().map(|name| (namespace.clone(), name.clone())));
    let mut sent = Vec::new();
    for (namespace, name) in targets {
        match cluster::delete(client, &selected.resource, &namespace, &name, &DeleteOptions::default()).await {
            Err(CliError::Request(error)) if error.is_not_found() && arguments.ignore_not_found => continue,
            result => result?,
        }
        output::print(&format!("{} {name:?} deleted\n", selected.kind_name()))?;
        sent.push((namespace, name));
    }
    if !arguments.no_wait {
        for (namespace, name) in sent {
            wait_for(client, &selected.resource, (&namespace, &name), deleted(), arguments.timeout).await?;
        }
    }
    Ok(())
}
