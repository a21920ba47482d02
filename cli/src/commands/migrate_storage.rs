//! `aigwctl migrate-storage`
//!
//! An object that is stored in an old version is written in the storage version by any write, even one that changes nothing. Such
//! a write of an object that is already stored in this version stores nothing. A run that was interrupted can therefore be
//! repeated: it writes only what is left.

use std::process::ExitCode;

use clap::Args;
use futures::TryStreamExt;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::core::DynamicObject;
use kube_client_runtime::client::{Client, ListOptions, Patch, PatchOptions};
use kube_client_runtime::dynamic::{DiscoveredResource, RestMapper};
use serde_json::json;

use super::apply::FIELD_MANAGER;
use crate::args::Globals;
use crate::error::CliError;
use crate::kinds::{KindName, OWN};
use crate::output;

/// Rewrite objects in the storage version of their CRD, and remove old versions from status.storedVersions
#[derive(Args, Debug)]
#[command(
    after_help = "An interrupted run can be repeated: objects that are already stored in the storage version are not \
                        written again.\n\nExit codes: 0, all objects are stored in the storage version; 1, an object was not \
                        stored in it; 2, the command cannot run."
)]
pub(crate) struct Arguments {
    /// Print what would be rewritten
    #[arg(long)]
    dry_run: bool,
    /// Rewrite the objects also if status.storedVersions names no old version
    #[arg(long)]
    force: bool,
}

/// The objects of a CRD after a migration.
#[derive(Debug, Default)]
struct Counts {
    rewritten: usize,
    current: usize,
    failed: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let client = globals.client().await?;
    let mapper = RestMapper::new(client.clone());
    let mut is_complete = true;
    for kind in OWN {
        is_complete &= migrate(&client, &mapper, kind, arguments).await?;
    }
    Ok(ExitCode::from(u8::from(!is_complete)))
}

/// Migrates the objects of one CRD, and returns whether all are stored in the storage version.
async fn migrate(
    client: &Client,
    mapper: &RestMapper,
    kind: KindName,
    arguments: &Arguments,
) -> Result<bool, CliError> {
    let name = kind.qualified();
    let Some(crd) = client.cluster::<CustomResourceDefinition>().get_opt(&name).await? else {
        output::print(&format!("{name}: not installed\n"))?;
        return Ok(true);
    };
    let storage = crd.spec.versions.iter().find(|version| version.storage).map(|version| version.name.clone());
    let storage = storage.unwrap_or_default();
    let stored = crd.status.as_ref().and_then(|status| status.stored_versions.clone()).unwrap_or_default();
    let old: Vec<String> = stored.iter().filter(|version| **version != storage).cloned().collect();
    if old.is_empty() && !arguments.force {
        output::print(&format!("{name}: stored as {storage}\n"))?;
        return Ok(true);
    }
    // Fields that only the storage version has are lost through other versions.
    let resource = mapper.resolve(&format!("{}.{storage}.{}", kind.plural, kind.group)).await?;
    if arguments.dry_run {
        let count = names(client, &resource).await?.len();
        output::print(&format!("{name}: {count} objects would be rewritten as {storage} (dry run)\n"))?;
        return Ok(true);
    }
    let counts = rewrite(client, &resource).await?;
    for failure in &counts.failed {
        output::print(&format!("{name}: {failure}\n"))?;
    }
    let Counts { rewritten, current, failed } = counts;
    let text = format!("{name}: {rewritten} objects rewritten as {storage}, {current} already were");
    if !failed.is_empty() {
        output::print(&format!("{text}, {} failed: repeat the command\n", failed.len()))?;
        return Ok(false);
    }
    trim(client, &crd, &storage).await?;
    output::print(&format!("{text}; status.storedVersions is [{storage}]\n"))?;
    Ok(true)
}

/// Returns the namespaces, names and versions of all objects.
async fn names(client: &Client, resource: &DiscoveredResource) -> Result<Vec<DynamicObject>, CliError> {
    Ok(resource.all_namespaces(client).items(&ListOptions::default()).try_collect().await?)
}

/// Writes each object twice without a change: the first write stores it in the storage version, and the second one, which must
/// store nothing, verifies that.
async fn rewrite(client: &Client, resource: &DiscoveredResource) -> Result<Counts, CliError> {
    let mut counts = Counts::default();
    for object in names(client, resource).await? {
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        let name = object.metadata.name.clone().unwrap_or_default();
        let Some(first) = touch(client, resource, &namespace, &name).await? else { continue };
        let Some(second) = touch(client, resource, &namespace, &name).await? else { continue };
        if first != second {
            counts.failed.push(format!("{namespace}/{name} was changed during the migration"));
        } else if Some(&first) == object.metadata.resource_version.as_ref() {
            counts.current += 1;
        } else {
            counts.rewritten += 1;
        }
    }
    Ok(counts)
}

/// Writes an object without a change, and returns its version; `None` if it does not exist any more.
async fn touch(
    client: &Client,
    resource: &DiscoveredResource,
    namespace: &str,
    name: &str,
) -> Result<Option<String>, CliError> {
    let patch = Patch::Merge(json!({}));
    let objects = resource.namespaced(client, namespace)?;
    match objects.patch(name, &patch, &PatchOptions::manager(FIELD_MANAGER)).await {
        Ok(object) => Ok(object.metadata.resource_version),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Removes old versions from `status.storedVersions`, unless the CRD was changed since it was read.
async fn trim(client: &Client, crd: &CustomResourceDefinition, storage: &str) -> Result<(), CliError> {
    let name = crd.metadata.name.clone().unwrap_or_default();
    let patch = Patch::Merge(json!({
        "metadata": {"resourceVersion": crd.metadata.resource_version},
        "status": {"storedVersions": [storage]},
    }));
    let crds = client.cluster::<CustomResourceDefinition>();
    crds.patch_status(&name, &patch, &PatchOptions::manager(FIELD_MANAGER)).await?;
    Ok(())
}
