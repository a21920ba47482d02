//! create, update, patch, delete, delete_collection

use std::borrow::Cow;
use std::fmt::Debug;

use http::Method;
use kube::Resource;
use kube::core::Status;
use kube::core::response::StatusDetails;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::read::page;
use super::request::{Query, with_body};
use super::{
    Action, DeleteOptions, Error, ListOptions, NamedObjectScope, Patch, PatchOptions, ResourceClient, UpdateScope,
    WriteOptions,
};
use crate::decode;

const JSON: &str = "application/json";

/// The result of a deletion.
#[derive(Clone, Debug, PartialEq)]
pub enum DeleteResult<K> {
    /// The object was deleted. The details of the status contain its name and uid.
    Deleted(Box<Status>),
    /// The object has a deletion timestamp and is deleted once its finalizers are removed, or its grace period has passed.
    Terminating(Box<K>),
}

impl<K: Resource> DeleteResult<K> {
    /// Pods, services and other kinds of Kubernetes return the object also if it was deleted: without a deletion timestamp, or
    /// without anything that it waits for.
    fn of_object(object: Box<K>) -> Self {
        let metadata = object.meta();
        let waits = metadata.deletion_grace_period_seconds != Some(0)
            || metadata.finalizers.as_ref().is_some_and(|finalizers| !finalizers.is_empty());
        if metadata.deletion_timestamp.is_some() && waits {
            return DeleteResult::Terminating(object);
        }
        let details = StatusDetails {
            name: metadata.name.clone().unwrap_or_default(),
            group: String::new(),
            kind: String::new(),
            uid: metadata.uid.clone().unwrap_or_default(),
            causes: Vec::new(),
            retry_after_seconds: 0,
        };
        DeleteResult::Deleted(Box::new(Status::success().with_details(details)))
    }
}

impl<K, S: NamedObjectScope> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned + Serialize,
{
    /// Creates the object and returns it as stored.
    pub async fn create(&self, object: &K) -> Result<K, Error> {
        self.create_with(object, &WriteOptions::default()).await
    }

    /// [`create`](Self::create) with options.
    pub async fn create_with(&self, object: &K, options: &WriteOptions) -> Result<K, Error> {
        let action = self.action("create", None);
        refuse_metadata_only::<K>(&action)?;
        let request = with_body(
            self.request(Method::POST, &action, None, Query::write(options, self.field_manager))?,
            JSON,
            object,
            &action,
        )?;
        let named = Action { name: object.meta().name.clone(), ..action };
        self.send_request(request, &named).await
    }
}

impl<K, S: UpdateScope> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned + Serialize,
{
    /// Replaces the object. The object must contain the resource version that it was read with; if it was modified since, the
    /// server returns a conflict. If status is a subresource, the status is not changed.
    ///
    /// Fields that are unknown to the type are lost; [`modify`](Self::modify) preserves them.
    pub async fn update(&self, object: &K) -> Result<K, Error> {
        self.update_with(object, &WriteOptions::default()).await
    }

    /// [`update`](Self::update) with options.
    pub async fn update_with(&self, object: &K, options: &WriteOptions) -> Result<K, Error> {
        self.replace("update", None, object, options).await
    }

    pub(super) async fn replace(
        &self,
        verb: &'static str,
        subresource: Option<&str>,
        object: &K,
        options: &WriteOptions,
    ) -> Result<K, Error> {
        self.put_at(verb, object.meta().name.as_deref().unwrap_or_default(), subresource, object, options).await
    }
}

impl<K: Resource, S: NamedObjectScope> ResourceClient<K, S> {
    pub(super) async fn put_at<T: DeserializeOwned>(
        &self,
        verb: &'static str,
        name: &str,
        subresource: Option<&str>,
        body: &impl Serialize,
        options: &WriteOptions,
    ) -> Result<T, Error> {
        let action = self.action(verb, Some(name));
        refuse_metadata_only::<K>(&action)?;
        let builder = self.request(Method::PUT, &action, subresource, Query::write(options, self.field_manager))?;
        self.send_request(with_body(builder, JSON, body, &action)?, &action).await
    }

    pub(super) async fn patch_at<T: DeserializeOwned>(
        &self,
        verb: &'static str,
        name: &str,
        subresource: Option<&str>,
        patch: &Patch<impl Serialize>,
        options: &PatchOptions,
    ) -> Result<T, Error> {
        let action = self.action(verb, Some(name));
        // Server-side apply requires an explicit manager: the program's name may change.
        let manager = self.field_manager.filter(|_| !matches!(patch, Patch::Apply(_)));
        let builder = self.request(Method::PATCH, &action, subresource, Query::patch(options, manager))?;
        let request = with_body(builder, patch.content_type(), patch.body(), &action)?;
        self.send_request(request, &action).await
    }
}

impl<K, S: UpdateScope> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned,
{
    /// Patches the object of this name.
    pub async fn patch(&self, name: &str, patch: &Patch<impl Serialize>, options: &PatchOptions) -> Result<K, Error> {
        self.patch_at("patch", name, None, patch, options).await
    }
}

impl<K, S: NamedObjectScope> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned,
{
    /// Deletes the object of this name.
    pub async fn delete(&self, name: &str) -> Result<DeleteResult<K>, Error> {
        self.delete_with(name, &DeleteOptions::default()).await
    }

    /// [`delete`](Self::delete) with options.
    pub async fn delete_with(&self, name: &str, options: &DeleteOptions) -> Result<DeleteResult<K>, Error> {
        let action = self.action("delete", Some(name));
        let request = with_body(self.request(Method::DELETE, &action, None, Query::new())?, JSON, options, &action)?;
        let response = self.transport.text(request).await.map_err(|source| action.failed(source))?;
        deleted(&response).map_err(|error| action.decode(error))
    }

    /// Deletes the objects that the options select, one after the other, and returns them as they were before. A `limit` is
    /// the maximum number of deleted objects.
    pub async fn delete_collection(&self, selection: &ListOptions, options: &DeleteOptions) -> Result<Vec<K>, Error>
    where
        K: Clone + Debug,
    {
        let action = self.action("delete all", None);
        let request =
            with_body(self.request(Method::DELETE, &action, None, Query::list(selection))?, JSON, options, &action)?;
        let response = self.transport.text(request).await.map_err(|source| action.failed(source))?;
        if is_status(&response) {
            return Ok(Vec::new());
        }
        page(&response).map(|page| page.items).map_err(|error| action.decode(error))
    }
}

/// The API server would store an object without its spec.
fn refuse_metadata_only<K: Resource>(action: &Action) -> Result<(), Error> {
    if K::metadata_api() {
        return Err(action.invalid("the object contains only metadata: patch it, or use the whole type"));
    }
    Ok(())
}

fn deleted<K: Resource + DeserializeOwned>(response: &[u8]) -> Result<DeleteResult<K>, serde_json::Error> {
    if is_status(response) {
        serde_json::from_slice(response).map(|status| DeleteResult::Deleted(Box::new(status)))
    } else {
        decode::from_slice(response).map(|object| DeleteResult::of_object(Box::new(object)))
    }
}

fn is_status(response: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Typed<'j> {
        #[serde(borrow)]
        kind: Option<Cow<'j, str>>,
    }

    serde_json::from_slice(response).is_ok_and(|Typed { kind }| kind.as_deref() == Some("Status"))
}
