//! Server-side apply of apply configurations.

use http::Method;
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::request::{Query, without_body};
use super::status::STATUS;
use super::{
    Action, Error, FieldValidation, GetOptions, NamedObjectScope, Patch, PatchOptions, Reason, ResourceClient,
    UpdateScope,
};
use crate::apply::{ApplyConfiguration, ConfigurationError, ObjectConfiguration, extract_subresource};
use crate::decode;
use crate::resource::HasStatusSubresource;

/// Options of `apply`. The field manager is required: it identifies the owner of the applied fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyOptions {
    /// The field manager.
    pub field_manager: String,
    /// Whether the manager takes over fields of other managers, instead of receiving a conflict.
    pub force: bool,
    /// Whether to run all checks without storing the result.
    pub dry_run: bool,
    /// The handling of unknown fields.
    pub field_validation: Option<FieldValidation>,
}

impl ApplyOptions {
    /// Creates options with this field manager.
    pub fn new(field_manager: impl Into<String>) -> Self {
        ApplyOptions { field_manager: field_manager.into(), force: false, dry_run: false, field_validation: None }
    }

    /// Takes over fields of other managers. Controllers should do this: they cannot resolve conflicts.
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Runs all checks without storing the result.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Sets the handling of unknown fields.
    pub fn field_validation(mut self, validation: FieldValidation) -> Self {
        self.field_validation = Some(validation);
        self
    }

    fn patch_options(&self) -> PatchOptions {
        PatchOptions {
            dry_run: self.dry_run,
            field_manager: Some(self.field_manager.clone()),
            field_validation: self.field_validation,
            force: self.force,
        }
    }
}

impl<K: Resource + DeserializeOwned, S: UpdateScope> ResourceClient<K, S> {
    /// Applies a configuration: sets its fields, creates the object if it does not exist, and removes fields that the manager
    /// applied before and that the configuration does not contain. Returns the object as stored.
    ///
    /// If status is a subresource, the status of the configuration is ignored; use [`apply_status`](Self::apply_status).
    ///
    /// # Errors
    /// Returns an error without sending a request if the configuration is not valid
    /// ([`Reason::Configuration`](super::Reason::Configuration)). Returns a conflict if another manager owns one of the
    /// fields with another value, unless the options contain [`force`](ApplyOptions::force).
    pub async fn apply(&self, configuration: &impl ApplyConfiguration<K>, options: &ApplyOptions) -> Result<K, Error> {
        self.apply_at("apply", None, configuration, options).await
    }

    async fn apply_at(
        &self,
        verb: &'static str,
        subresource: Option<&str>,
        configuration: &impl ApplyConfiguration<K>,
        options: &ApplyOptions,
    ) -> Result<K, Error> {
        let action = self.action(verb, None);
        let invalid = |error| action.with_reason(Reason::Configuration(Box::new(error)));
        let body = configuration.body(&self.kind).map_err(invalid)?;
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default();
        check_namespace(self.namespace.as_deref(), text("/metadata/namespace")).map_err(invalid)?;
        let name = text("/metadata/name").to_owned();
        if options.field_manager.is_empty() {
            let action = Action { name: Some(name), ..action };
            return Err(action.invalid("the field manager is empty: server-side apply requires one"));
        }
        self.patch_at(verb, &name, subresource, &Patch::Apply(&*body), &options.patch_options()).await
    }
}

impl<K: Resource + DeserializeOwned, S: NamedObjectScope> ResourceClient<K, S> {
    /// Reads the object of this name, and returns the fields that a manager applied. The object is not decoded, so that the
    /// result contains fields that the type does not know.
    ///
    /// # Errors
    /// Returns an error if the object does not exist, or as [`extract`](crate::apply::extract()) does.
    pub async fn extract<C: ObjectConfiguration + ApplyConfiguration<K>>(
        &self,
        name: &str,
        manager: &str,
    ) -> Result<C, Error> {
        self.extract_at(name, manager, "").await
    }

    /// [`extract`](Self::extract) for the fields that a manager applied through a subresource, such as `status`.
    ///
    /// # Errors
    /// As for [`extract`](Self::extract).
    pub async fn extract_at<C: ObjectConfiguration + ApplyConfiguration<K>>(
        &self,
        name: &str,
        manager: &str,
        subresource: &str,
    ) -> Result<C, Error> {
        let action = self.action("extract", Some(name));
        let request = self.request(Method::GET, &action, None, Query::get(&GetOptions::default()))?;
        let request = without_body(request, &action)?;
        let text = self.transport.text(request).await.map_err(|source| action.failed(source))?;
        let object = decode::json(&text).map_err(|source| action.decode(source))?;
        extract_subresource(&object, manager, subresource)
            .map_err(|error| action.with_reason(Reason::Extract(Box::new(error))))
    }
}

impl<K: Resource + DeserializeOwned + HasStatusSubresource, S: UpdateScope> ResourceClient<K, S> {
    /// Applies the status of a configuration. Other fields are ignored. The object must exist.
    ///
    /// # Errors
    /// As for [`apply`](Self::apply).
    pub async fn apply_status(
        &self,
        configuration: &impl ApplyConfiguration<K>,
        options: &ApplyOptions,
    ) -> Result<K, Error> {
        self.apply_at("apply status of", Some(STATUS), configuration, options).await
    }
}

/// Checks that an object belongs to the namespace of a client.
fn check_namespace(expected: Option<&str>, found: &str) -> Result<(), ConfigurationError> {
    if found.is_empty() || expected == Some(found) {
        return Ok(());
    }
    let expected = expected.map_or_else(|| "cluster-scoped objects".to_owned(), |namespace| format!("{namespace:?}"));
    Err(ConfigurationError::Namespace { expected, found: found.to_owned() })
}
