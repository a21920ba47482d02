//! Migration of objects from client-side apply.
//!
//! Source: `migrateToSSAIfNecessary` of `k8s.io/kubectl/pkg/cmd/apply/apply.go`.

use kube::core::ObjectMeta;
use serde_json::Value;

use super::target::Target;
use crate::apply::upgrade_managed_fields_patch;
use crate::client::{Client, Error, PatchOptions};

/// The annotation of client-side apply, in the managed fields of the manager that sets it.
const LAST_APPLIED: &str = "/fieldsV1/f:metadata/f:annotations/f:kubectl.kubernetes.io~1last-applied-configuration";

/// How often a conflict is repeated, as in kubectl.
const ATTEMPTS: usize = 5;

/// Returns the managers that applied an object client-side. Without a migration, they own what they set for ever, so that an
/// apply without a field does not remove it.
pub(super) fn client_side_managers(object: &Value) -> Vec<String> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let is_client_side = |entry: &&Value| entry["operation"] == "Update" && entry.pointer(LAST_APPLIED).is_some();
    entries.filter(is_client_side).filter_map(|entry| entry["manager"].as_str()).map(str::to_owned).collect()
}

/// Moves the fields that the managers set client-side to `applier`.
pub(super) async fn migrate(client: &Client, target: &Target, managers: &[String], applier: &str) -> Result<(), Error> {
    let objects = target.metadata(client);
    let managers: Vec<&str> = managers.iter().map(String::as_str).collect();
    let mut attempt = 1;
    loop {
        let found = objects.get(&target.key.name).await?;
        let metadata: &ObjectMeta = &found.metadata;
        let Some(patch) = upgrade_managed_fields_patch(metadata, &managers, applier) else { return Ok(()) };
        match objects.patch(&target.key.name, &patch, &PatchOptions::manager(applier)).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_conflict() && attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}
