//! Requests for one object of any kind.

use kube::core::{ApiResource, DynamicObject, PartialObjectMeta};

use super::key::ObjectKey;
use crate::client::{AnyScope, Client, DeleteOptions, Error, ResourceClient};
use crate::resource::Scope;

/// An object of any kind, with the resource that serves it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) key: ObjectKey,
    pub(super) resource: ApiResource,
}

/// The metadata of an object of any kind.
pub(super) type Metadata = PartialObjectMeta<DynamicObject>;

/// The resource of a kind, and its scope.
#[derive(Clone, Debug)]
pub(super) struct Mapped {
    pub(super) resource: ApiResource,
    pub(super) scope: Scope,
}

impl Mapped {
    pub(super) fn is_namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// Returns the object of this name.
    pub(super) fn target(&self, namespace: Option<&str>, name: &str) -> Target {
        let ApiResource { group, version, kind, .. } = &self.resource;
        let key = ObjectKey {
            group: group.clone(),
            version: version.clone(),
            kind: kind.clone(),
            namespace: namespace.filter(|_| self.is_namespaced()).map(str::to_owned),
            name: name.to_owned(),
        };
        Target { key, resource: self.resource.clone() }
    }

    /// Returns a client for the metadata of the objects in a namespace, or of all.
    pub(super) fn metadata(&self, client: &Client, namespace: Option<&str>) -> ResourceClient<Metadata, AnyScope> {
        client.objects(namespace, self.resource.clone())
    }
}

impl Target {
    /// Returns a client for the metadata of the object.
    pub(super) fn metadata(&self, client: &Client) -> ResourceClient<Metadata, AnyScope> {
        client.objects(self.key.namespace.as_deref(), self.resource.clone())
    }

    /// Returns a client for the object.
    pub(super) fn objects(&self, client: &Client) -> ResourceClient<DynamicObject, AnyScope> {
        client.objects(self.key.namespace.as_deref(), self.resource.clone())
    }
}

/// The result of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deletion {
    /// The object is deleted, or will be once its finalizers are removed.
    Deleted,
    /// The object did not exist.
    Absent,
}

impl Target {
    /// Deletes the object if it has this uid.
    pub(super) async fn delete(&self, client: &Client, uid: &str, options: &DeleteOptions) -> Result<Deletion, Error> {
        match self.metadata(client).delete_with(&self.key.name, &options.clone().uid(uid)).await {
            Ok(_) => Ok(Deletion::Deleted),
            Err(error) if error.is_not_found() => Ok(Deletion::Absent),
            Err(error) => Err(error),
        }
    }
}
