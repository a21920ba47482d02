//! Requests for objects of any kind, as JSON.

use futures::TryStreamExt;
use kube::core::{DynamicObject, GroupVersionKind};
use kube_client_runtime::client::{Client, DeleteOptions, ListOptions};
use kube_client_runtime::dynamic::DiscoveredResource;
use kube_client_runtime::resource::Scope;
use serde_json::Value;

use crate::error::CliError;
use crate::inventory::Object;
use crate::selection::{Selected, Selection};

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

/// Deletes an object.
pub(crate) async fn delete(
    client: &Client,
    resource: &DiscoveredResource,
    namespace: &str,
    name: &str,
    options: &DeleteOptions,
) -> Result<(), CliError> {
    match resource.scope {
        Scope::Namespaced => resource.namespaced(client, namespace)?.delete_with(name, options).await?,
        Scope::Cluster => resource.cluster(client)?.delete_with(name, options).await?,
    };
    Ok(())
}

/// Lists objects.
pub(crate) async fn list(
    client: &Client,
    resource: &DiscoveredResource,
    namespace: Option<&str>,
    options: &ListOptions,
) -> Result<Vec<Value>, CliError> {
    let objects: Vec<DynamicObject> = match namespace {
        Some(namespace) => resource.namespaced(client, namespace)?.items(options).try_collect().await?,
        None => resource.all_namespaces(client).items(options).try_collect().await?,
    };
    objects.into_iter().map(|object| json(resource, object)).collect()
}

/// Reads the selected objects of one kind.
pub(crate) async fn selected(
    client: &Client,
    selection: &Selection,
    selected: &Selected,
) -> Result<Vec<Value>, CliError> {
    let namespace = selected.namespace.as_deref();
    if selected.names.is_empty() {
        return list(client, &selected.resource, namespace, &selection.list_options()).await;
    }
    let mut objects = Vec::new();
    for name in &selected.names {
        let found = get(client, &selected.resource, namespace.unwrap_or_default(), name).await?;
        objects.push(found.ok_or_else(|| CliError::NotFound(format!("{} {name:?}", selected.kind_name())))?);
    }
    Ok(objects)
}

/// Returns an object as JSON with its types: items of lists have none.
pub(crate) fn json(resource: &DiscoveredResource, object: DynamicObject) -> Result<Value, CliError> {
    let mut body = serde_json::to_value(object)?;
    if let Some(fields) = body.as_object_mut() {
        fields.insert("apiVersion".to_owned(), resource.api_resource.api_version.clone().into());
        fields.insert("kind".to_owned(), resource.api_resource.kind.clone().into());
    }
    Ok(body)
}
