//! create, update, patch, delete, delete_collection

use std::borrow::Cow;
use std::fmt::Debug;

use http::Method;
use kube::Resource;
use kube::core::Status;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::read::page;
use super::request::{Query, with_body};
use super::{Action, DeleteOptions, Error, ListOptions, OneObject, Patch, PatchOptions, ResourceClient, WriteOptions};
use crate::decode;

const JSON: &str = "application/json";

/// What a delete did.
#[derive(Clone, Debug, PartialEq)]
pub enum Deleted<K> {
    /// The object is gone.
    Gone(Box<Status>),
    /// The object is marked, and goes when its finalizers are done.
    Terminating(Box<K>),
}

impl<K, S: OneObject> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned + Serialize,
{
    /// Creates the object; the answer is what is stored.
    pub async fn create(&self, object: &K) -> Result<K, Error> {
        self.create_with(object, &WriteOptions::default()).await
    }

    /// [`create`](Self::create) with options.
    pub async fn create_with(&self, object: &K, options: &WriteOptions) -> Result<K, Error> {
        let action = self.action("create", None);
        let request = with_body(
            self.request(Method::POST, &action, None, Query::write(options, self.field_manager))?,
            JSON,
            object,
            &action,
        )?;
        let named = Action { name: object.meta().name.clone(), ..action };
        self.answer(request, &named).await
    }

    /// Replaces the object of the same name. It must carry the resource version that it was read with: if someone else
    /// wrote since, the answer is a conflict. Where status is a subresource, status is left as it is.
    ///
    /// Fields that this version of the type does not know are lost; [`modify`](Self::modify) keeps them.
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
        let action = self.action(verb, Some(object.meta().name.as_deref().unwrap_or_default()));
        let request = with_body(
            self.request(Method::PUT, &action, subresource, Query::write(options, self.field_manager))?,
            JSON,
            object,
            &action,
        )?;
        self.answer(request, &action).await
    }
}

impl<K, S: OneObject> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned,
{
    /// Changes the object of this name.
    pub async fn patch(&self, name: &str, patch: &Patch<impl Serialize>, options: &PatchOptions) -> Result<K, Error> {
        self.patch_at("patch", name, None, patch, options).await
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
        // Server-side apply is only safe with a manager that is chosen once and for all.
        let manager = self.field_manager.filter(|_| !matches!(patch, Patch::Apply(_)));
        let builder = self.request(Method::PATCH, &action, subresource, Query::patch(options, manager))?;
        let request = with_body(builder, patch.content_type(), patch.body(), &action)?;
        self.answer(request, &action).await
    }

    /// Deletes the object of this name.
    pub async fn delete(&self, name: &str) -> Result<Deleted<K>, Error> {
        self.delete_with(name, &DeleteOptions::default()).await
    }

    /// [`delete`](Self::delete) with options.
    pub async fn delete_with(&self, name: &str, options: &DeleteOptions) -> Result<Deleted<K>, Error> {
        let action = self.action("delete", Some(name));
        let request = with_body(self.request(Method::DELETE, &action, None, Query::new())?, JSON, options, &action)?;
        let answer = self.kube.request_text(request).await.map_err(|source| action.failed(source))?;
        deleted(&answer).map_err(|error| action.decode(error))
    }

    /// Deletes all objects that the selectors select, one after the other; the answer is what there was before. A `limit`
    /// deletes that many.
    pub async fn delete_collection(&self, selection: &ListOptions, options: &DeleteOptions) -> Result<Vec<K>, Error>
    where
        K: Clone + Debug,
    {
        let action = self.action("delete all", None);
        let request =
            with_body(self.request(Method::DELETE, &action, None, Query::list(selection))?, JSON, options, &action)?;
        let answer = self.kube.request_text(request).await.map_err(|source| action.failed(source))?;
        if is_status(&answer) {
            return Ok(Vec::new());
        }
        page(&answer).map(|page| page.items).map_err(|error| action.decode(error))
    }
}

fn deleted<K: DeserializeOwned>(answer: &str) -> Result<Deleted<K>, serde_json::Error> {
    if is_status(answer) {
        serde_json::from_str(answer).map(|status| Deleted::Gone(Box::new(status)))
    } else {
        decode::from_slice(answer.as_bytes()).map(|object| Deleted::Terminating(Box::new(object)))
    }
}

fn is_status(answer: &str) -> bool {
    #[derive(Deserialize)]
    struct Typed<'j> {
        #[serde(borrow)]
        kind: Option<Cow<'j, str>>,
    }

    serde_json::from_str(answer).is_ok_and(|Typed { kind }| kind.as_deref() == Some("Status"))
}
