//! Requests for single objects of any kind, as JSON.

use kube::core::{DynamicObject, GroupVersionKind};
use kube_client_runtime::client::Client;
use kube_client_runtime::dynamic::DiscoveredResource;
use kube_client_runtime::resource::Scope;
use serde_json::Value;

use crate::error::CliError;
use crate::inventory::Object;

/// Returns the kind of an object.
pub(crate) fn gvk(object: &Object) -> GroupVersionKind {
    GroupVersionKind::gvk(&object.key.group, object.version(), &object.key.kind)
}

/// Reads an object; `None` if it does not exist.
pub(crate) async fn get(
    client: &Client,
    resource: &DiscoveredResource,
    namespace: &str,
    name: &str,
) -> Result<Option<Value>, CliError> {
    let found = match resource.scope {
        Scope::Namespaced => resource.namespaced(client, namespace)?.get_opt(name).await?,
        Scope::Cluster => resource.cluster(client)?.get_opt(name).await?,
    };
    found.map(|object| json(resource, object)).transpose()
}

/// Returns an object as JSON, with its types first: items of lists have none.
pub(crate) fn json(resource: &DiscoveredResource, object: DynamicObject) -> Result<Value, CliError> {
    let mut body = serde_json::to_value(object)?;
    if let Some(fields) = body.as_object_mut() {
        fields.insert("apiVersion".to_owned(), resource.api_resource.api_version.clone().into());
        fields.insert("kind".to_owned(), resource.api_resource.kind.clone().into());
    }
    Ok(body)
}
