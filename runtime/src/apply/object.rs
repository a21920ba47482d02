//! Configurations of whole objects.

use std::borrow::Cow;
use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Resource;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::metadata::METADATA;
use super::shape::Shape;
use super::{Configuration, ConfigurationError, Fields, NestedMut, ObjectMetaApplyConfiguration, check};
use crate::types::Json;

/// What can be applied to an object of kind `K`: a generated apply configuration of the kind, a
/// [`DynamicApplyConfiguration`], or an object of the kind itself.
///
/// An object applies everything that it encodes, including required fields that were not set. Prefer a configuration if
/// the manager does not own the complete object.
pub trait ApplyConfiguration<K: Resource> {
    /// Returns the body of the request.
    ///
    /// # Errors
    /// Returns an error if the configuration is for another kind, has no name, or is not valid.
    fn body(&self, kind: &K::DynamicType) -> Result<Cow<'_, Json>, ConfigurationError>;
}

impl<K: Resource + Serialize> ApplyConfiguration<K> for K {
    fn body(&self, kind: &K::DynamicType) -> Result<Cow<'_, Json>, ConfigurationError> {
        let fields = Fields::encode(self);
        body(&fields, DynamicApplyConfiguration::SHAPE, &K::api_version(kind), &K::kind(kind))?;
        Ok(Cow::Owned(fields.json().clone()))
    }
}

/// Returns the body of a request, after all checks that need no API server.
#[doc(hidden)]
pub fn body<'c>(
    fields: &'c Fields,
    shape: &Shape,
    api_version: &str,
    kind: &str,
) -> Result<Cow<'c, Json>, ConfigurationError> {
    check::check(fields, shape)?;
    let json = fields.json();
    let text = |path: &str| json.pointer(path).and_then(Value::as_str).unwrap_or_default();
    if (text("/apiVersion"), text("/kind")) != (api_version, kind) {
        let found = format!("{} {}", text("/apiVersion"), text("/kind"));
        return Err(ConfigurationError::Kind { expected: format!("{api_version} {kind}"), found });
    }
    if text("/metadata/name").is_empty() {
        return Err(ConfigurationError::NoName);
    }
    if json.pointer("/metadata/managedFields").and_then(Value::as_array).is_some_and(|entries| !entries.is_empty()) {
        return Err(ConfigurationError::ManagedFields);
    }
    Ok(Cow::Borrowed(json))
}

/// Returns the identity of an object.
#[doc(hidden)]
pub fn identified(api_version: &str, kind: &str, name: String, namespace: Option<String>) -> Fields {
    let mut metadata = Map::from_iter([("name".to_owned(), Value::String(name))]);
    metadata.extend(namespace.map(|namespace| ("namespace".to_owned(), Value::String(namespace))));
    let mut fields = Fields::default();
    fields.set("apiVersion", api_version.into());
    fields.set("kind", kind.into());
    fields.set("metadata", Value::Object(metadata));
    fields
}

/// The metadata of an apply configuration for a kind.
pub trait ObjectConfiguration: Configuration {
    /// Returns a copy of the metadata.
    fn metadata(&self) -> ObjectMetaApplyConfiguration {
        self.fields().decode("metadata").unwrap_or_default()
    }

    /// Returns the metadata to change it.
    fn metadata_mut(&mut self) -> NestedMut<'_, ObjectMetaApplyConfiguration> {
        NestedMut::new(self.fields_mut(), "metadata")
    }

    /// Adds labels.
    #[must_use]
    fn with_labels(mut self, labels: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        change(&mut self, |metadata| metadata.with_labels(labels));
        self
    }

    /// Adds annotations.
    #[must_use]
    fn with_annotations(
        mut self,
        annotations: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        change(&mut self, |metadata| metadata.with_annotations(annotations));
        self
    }

    /// Adds finalizers. A set: items are unique, and each has its own managers.
    #[must_use]
    fn with_finalizers(mut self, finalizers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        change(&mut self, |metadata| metadata.with_finalizers(finalizers));
        self
    }

    /// Adds owners. A map: each item has its own managers. Keys: `uid`.
    #[must_use]
    fn with_owner_references(mut self, owners: impl IntoIterator<Item = OwnerReference>) -> Self {
        change(&mut self, |metadata| metadata.with_owner_references(owners));
        self
    }
}

fn change(
    configuration: &mut impl ObjectConfiguration,
    change: impl FnOnce(ObjectMetaApplyConfiguration) -> ObjectMetaApplyConfiguration,
) {
    let mut metadata = configuration.metadata_mut();
    let changed = change(std::mem::take(&mut *metadata));
    *metadata = changed;
}

/// An apply configuration of any kind. Fields are set with [`with_field`](Configuration::with_field).
///
/// ```
/// use kube_client_runtime::apply::{Configuration as _, DynamicApplyConfiguration, ObjectConfiguration as _};
///
/// let map = DynamicApplyConfiguration::new("v1", "ConfigMap", "settings")
///     .with_labels([("tier", "web")])
///     .with_field("data", [("level", "debug")].into_iter().collect::<std::collections::BTreeMap<_, _>>());
/// assert_eq!(map.field("data").unwrap()["level"], "debug");
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DynamicApplyConfiguration {
    fields: Fields,
}

impl DynamicApplyConfiguration {
    /// Creates the configuration of an object in the namespace of the client, or of a cluster-scoped one.
    pub fn new(api_version: &str, kind: &str, name: impl Into<String>) -> Self {
        DynamicApplyConfiguration { fields: identified(api_version, kind, name.into(), None) }
    }
}

impl Configuration for DynamicApplyConfiguration {
    const SHAPE: &'static Shape = &Shape { fields: &[METADATA] };

    fn from_fields(fields: Fields) -> Self {
        DynamicApplyConfiguration { fields }
    }

    fn fields(&self) -> &Fields {
        &self.fields
    }

    fn fields_mut(&mut self) -> &mut Fields {
        &mut self.fields
    }

    fn into_fields(self) -> Fields {
        self.fields
    }
}

impl ObjectConfiguration for DynamicApplyConfiguration {}

impl<K: Resource> ApplyConfiguration<K> for DynamicApplyConfiguration {
    fn body(&self, kind: &K::DynamicType) -> Result<Cow<'_, Json>, ConfigurationError> {
        body(&self.fields, Self::SHAPE, &K::api_version(kind), &K::kind(kind))
    }
}

/// Prints only the names of the fields, because the values may be sensitive.
impl fmt::Debug for DynamicApplyConfiguration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("DynamicApplyConfiguration").field(&self.fields).finish()
    }
}
