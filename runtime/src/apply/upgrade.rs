//! Upgrade of managed fields for a manager that used update or client-side apply before it used server-side apply.
//!
//! Without it, the fields that the manager set by update stay owned by the operation `Update`: an apply without such a field
//! does not remove it.
//!
//! Source: `client-go/util/csaupgrade/upgrade.go`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};
use serde_json::{Map, Value};

use super::field_set;
use crate::decode::{depth, stack};
use crate::types::ObjectMeta;

/// The annotation of client-side apply.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Moves the fields that the managers `updaters` set by update, or by client-side apply, to the applier `applier`, and
/// removes the annotation of client-side apply. Returns whether the metadata changed.
///
/// Do this once, before the applier extracts or applies. The change is not reversible. Only an entry of the same version is
/// moved; entries of other versions are removed.
pub fn upgrade_managed_fields(metadata: &mut ObjectMeta, updaters: &[&str], applier: &str) -> bool {
    upgrade_managed_fields_at(metadata, updaters, applier, "")
}

/// [`upgrade_managed_fields`] for fields that were set through a subresource, such as `status`.
pub fn upgrade_managed_fields_at(
    metadata: &mut ObjectMeta,
    updaters: &[&str],
    applier: &str,
    subresource: &str,
) -> bool {
    let mut entries = metadata.managed_fields.clone().unwrap_or_default();
    for updater in updaters {
        upgrade(&mut entries, updater, applier, subresource);
    }
    let changed = metadata.managed_fields.as_deref().unwrap_or_default() != entries.as_slice();
    if changed {
        metadata.managed_fields = Some(entries);
    }
    let annotations = metadata.annotations.as_mut().filter(|_| subresource.is_empty());
    let removed = annotations.and_then(|annotations| annotations.remove(LAST_APPLIED));
    changed || removed.is_some()
}

/// Returns the patch that [`upgrade_managed_fields`] amounts to, or `None` if there is nothing to upgrade. It fails with a
/// conflict if the object was modified since it was read.
///
/// ```no_run
/// # use kube_client_runtime::apply::upgrade_managed_fields_patch;
/// # use kube_client_runtime::client::{Client, Error, PatchOptions};
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// # async fn upgrade(client: Client) -> Result<(), Error> {
/// let maps = client.namespaced::<ConfigMap>("default");
/// let map = maps.get("settings").await?;
/// if let Some(patch) = upgrade_managed_fields_patch(&map.metadata, &["old-controller"], "controller") {
///     maps.patch("settings", &patch, &PatchOptions::manager("controller")).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "client")]
pub fn upgrade_managed_fields_patch(
    metadata: &ObjectMeta,
    updaters: &[&str],
    applier: &str,
) -> Option<crate::client::Patch<Value>> {
    let mut upgraded = metadata.clone();
    upgrade_managed_fields(&mut upgraded, updaters, applier);
    if upgraded.managed_fields == metadata.managed_fields {
        return None;
    }
    let entries = serde_json::to_value(&upgraded.managed_fields).ok()?;
    Some(crate::client::Patch::Json(serde_json::json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata.resource_version},
    ])))
}

fn is(entry: &ManagedFieldsEntry, manager: &str, operation: &str, subresource: &str) -> bool {
    entry.manager.as_deref() == Some(manager)
        && entry.operation.as_deref() == Some(operation)
        && entry.subresource.as_deref().unwrap_or_default() == subresource
}

fn upgrade(entries: &mut Vec<ManagedFieldsEntry>, updater: &str, applier: &str, subresource: &str) {
    let applied = entries.iter().position(|entry| is(entry, applier, "Apply", subresource));
    let updated = || entries.iter().position(|entry| is(entry, updater, "Update", subresource));
    let Some(target) = applied.or_else(updated) else { return };
    let version = entries[target].api_version.clone();
    let same_version =
        entries.iter().position(|entry| is(entry, updater, "Update", subresource) && entry.api_version == version);
    let mut set = fields(&entries[target]);
    if let Some(other) = same_version.filter(|other| *other != target) {
        let other = fields(&entries[other]);
        let levels = depth::of_value(&set).max(depth::of_value(&other));
        stack::with_stack_for(levels, || field_set::union(&mut set, &other));
    }
    field_set::remove(&mut set, &["f:metadata", "f:annotations", &format!("f:{LAST_APPLIED}")]);
    let entry = &mut entries[target];
    entry.operation = Some("Apply".to_owned());
    entry.manager = Some(applier.to_owned());
    entry.fields_v1 = Some(FieldsV1(set));
    entries.retain(|entry| !is(entry, updater, "Update", subresource));
}

fn fields(entry: &ManagedFieldsEntry) -> Value {
    entry.fields_v1.as_ref().map_or_else(|| Value::Object(Map::new()), |fields| fields.0.clone())
}
