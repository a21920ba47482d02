//! A registry of kinds, and a trait object for objects of any registered kind.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;

use kube::core::{GroupVersionKind, GroupVersionResource};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::decode;
use crate::resource::{CustomKind, KindInfo};
use crate::types::{Json, ObjectMeta};

/// A registry of kinds by group, version and kind.
#[derive(Clone, Debug, Default)]
pub struct Scheme {
    kinds: BTreeMap<(&'static str, &'static str, &'static str), Registered>,
}

#[derive(Clone, Copy, Debug)]
struct Registered {
    info: KindInfo,
    decode: fn(Json) -> Result<Box<dyn Object>, serde_json::Error>,
}

/// An object of any registered kind.
pub trait Object: Debug + Send + Sync {
    /// Returns the kind of the object.
    fn info(&self) -> KindInfo;

    /// Returns the metadata.
    fn metadata(&self) -> &ObjectMeta;

    /// Encodes the object as JSON, with `apiVersion` and `kind` first.
    ///
    /// # Errors
    /// Returns an error if the type's `Serialize` fails; that of generated types does not.
    fn encode(&self) -> Result<Json, serde_json::Error>;

    /// Returns the object for a downcast by reference: `object.as_any().downcast_ref::<AIGatewayRoute>()`.
    fn as_any(&self) -> &dyn Any;

    /// Returns the object for a downcast by value.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<K> Object for K
where
    K: CustomKind + Serialize + Debug + Send + Sync + 'static,
{
    fn info(&self) -> KindInfo {
        K::INFO
    }

    fn metadata(&self) -> &ObjectMeta {
        self.meta()
    }

    fn encode(&self) -> Result<Json, serde_json::Error> {
        serde_json::to_value(self).map(Json::from)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// An error of [`Scheme::decode`].
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// `apiVersion` or `kind` is missing or not a string.
    #[error("the object has no {0}")]
    MissingType(&'static str),
    /// The kind is not registered.
    #[error("no kind {kind:?} is registered for version {api_version:?}{}", if .registered.is_empty() { String::new() } else { format!("; it is registered for {registered}") })]
    NotRegistered {
        /// The object's `apiVersion`.
        api_version: String,
        /// The object's `kind`.
        kind: String,
        /// Another version for which the kind is registered; empty if none is.
        registered: String,
    },
    /// The object does not fit its type.
    #[error("{api_version} {kind}: {source}")]
    Malformed {
        /// The object's `apiVersion`.
        api_version: String,
        /// The object's `kind`.
        kind: String,
        /// The error of the decoder.
        source: serde_json::Error,
    },
}

impl Scheme {
    /// Registers a kind. Registering it again has no effect.
    pub fn register<K>(&mut self)
    where
        K: CustomKind + Serialize + DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let decode = |value| decode::from_value::<K>(value).map(|object| Box::new(object) as Box<dyn Object>);
        let info = K::INFO;
        self.kinds.insert((info.group, info.version, info.kind), Registered { info, decode });
    }

    /// Returns all kinds, ordered by group, version and kind.
    pub fn kinds(&self) -> impl Iterator<Item = &KindInfo> {
        self.kinds.values().map(|registered| &registered.info)
    }

    /// Returns the registered kind for a group, version and kind.
    pub fn by_kind(&self, gvk: &GroupVersionKind) -> Option<&KindInfo> {
        self.kinds().find(|info| (info.group, info.version, info.kind) == (&gvk.group, &gvk.version, &gvk.kind))
    }

    /// Returns the registered kind for a group, version and plural.
    pub fn by_resource(&self, gvr: &GroupVersionResource) -> Option<&KindInfo> {
        self.kinds().find(|info| (info.group, info.version, info.plural) == (&gvr.group, &gvr.version, &gvr.resource))
    }

    /// Returns the kinds with this kind, plural, singular or short name, as kubectl resolves names. Case is ignored.
    pub fn by_name<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s KindInfo> + 's {
        let matches = move |other: &str| other.eq_ignore_ascii_case(name);
        self.kinds().filter(move |info| {
            [info.kind, info.plural, info.singular].into_iter().chain(info.short_names.iter().copied()).any(matches)
        })
    }

    /// Decodes an object into the type registered for its `apiVersion` and `kind`.
    ///
    /// # Errors
    /// Returns an error if `apiVersion` or `kind` is missing, if the kind is not registered, or if the object does not fit
    /// the type.
    pub fn decode(&self, object: impl Into<Json>) -> Result<Box<dyn Object>, DecodeError> {
        let object = object.into();
        let text = |field: &'static str| {
            object.get(field).and_then(Value::as_str).map(str::to_owned).ok_or(DecodeError::MissingType(field))
        };
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let found = self.kinds.iter().find(|((g, v, k), _)| (*g, *v, *k) == (group, version, kind.as_str()));
        let Some((_, registered)) = found else {
            let other = self.kinds().find(|info| info.group == group && info.kind == kind);
            let registered = other.map_or_else(String::new, KindInfo::api_version);
            return Err(DecodeError::NotRegistered { api_version, kind, registered });
        };
        (registered.decode)(object).map_err(|source| DecodeError::Malformed { api_version, kind, source })
    }
}
