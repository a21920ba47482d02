//! The answer to a drain: both labels are removed from an object.

use kube::core::{ApiResource, DynamicObject, ObjectMeta, PartialObjectMeta};
use serde_json::{Value, json};

use super::duty::{Duty, Labels};
use crate::client::{Client, Error, Patch, PatchOptions};
use crate::informer::ResourceVersion;

/// What became of an object that was drained.
pub(super) enum Drained {
    /// This version does not belong to this shard any more.
    Released(Option<ResourceVersion>),
    /// It belongs to this shard again, or it was given up before.
    Unchanged,
}

/// Removes both labels of a drained object, in one request.
///
/// The patch applies only to the object that was drained, while it has both labels. A resource version, with which client-go's
/// participants send it, would also be a conflict with each unrelated change.
pub(super) async fn drain(
    client: &Client,
    kind: &ApiResource,
    labels: &Labels,
    object: &ObjectMeta,
) -> Result<Drained, Error> {
    let name = object.name.as_deref().unwrap_or_default();
    let patch = Patch::Json(operations(labels, object));
    let options = PatchOptions::default();
    let result = if let Some(namespace) = object.namespace.as_deref() {
        let objects = client.namespaced_with::<PartialObjectMeta<DynamicObject>>(namespace, kind.clone());
        objects.patch(name, &patch, &options).await
    } else {
        let objects = client.cluster_with::<PartialObjectMeta<DynamicObject>>(kind.clone());
        objects.patch(name, &patch, &options).await
    };
    match result {
        Ok(patched) => Ok(outcome(labels, &patched.metadata)),
        Err(error) if error.is_not_found() => Ok(Drained::Unchanged),
        // An operation of the patch does not apply, or the API server does not accept the object as it is.
        Err(error) if error.is_invalid() => {
            if is_drained(client, kind, labels, object).await? {
                Err(error)
            } else {
                Ok(Drained::Unchanged)
            }
        }
        Err(error) => Err(error),
    }
}

fn operations(labels: &Labels, object: &ObjectMeta) -> Value {
    // `~` and `/` are escaped in paths (RFC 6901); the keys contain no `~`.
    let path = |key: &str| format!("/metadata/labels/{}", key.replace('/', "~1"));
    json!([
        { "op": "test", "path": "/metadata/uid", "value": object.uid },
        { "op": "test", "path": path(&labels.shard), "value": labels.name },
        { "op": "remove", "path": path(&labels.drain) },
        { "op": "remove", "path": path(&labels.shard) },
    ])
}

/// The sharder may assign the object in the same request, also to the same shard.
fn outcome(labels: &Labels, patched: &ObjectMeta) -> Drained {
    match labels.duty(patched) {
        Duty::Reconcile | Duty::Release => Drained::Unchanged,
        Duty::Nothing => {
            let version = patched.resource_version.as_deref();
            Drained::Released(version.and_then(|version| version.parse().ok()))
        }
    }
}

/// Returns whether the stored object still has to be given up.
async fn is_drained(client: &Client, kind: &ApiResource, labels: &Labels, object: &ObjectMeta) -> Result<bool, Error> {
    let name = object.name.as_deref().unwrap_or_default();
    let stored = match object.namespace.as_deref() {
        Some(namespace) => {
            client.namespaced_with::<PartialObjectMeta<DynamicObject>>(namespace, kind.clone()).get(name).await
        }
        None => client.cluster_with::<PartialObjectMeta<DynamicObject>>(kind.clone()).get(name).await,
    };
    match stored {
        Ok(stored) => Ok(stored.metadata.uid == object.uid && labels.duty(&stored.metadata) == Duty::Release),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}
