//! Kinds by name, and any of their objects behind one trait.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;

use kube::core::{GroupVersionKind, GroupVersionResource};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::decode;
use crate::resource::{CustomKind, KindInfo};
use crate::types::{Json, ObjectMeta};

/// The kinds that a program knows, by group, version and kind.
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
    /// What is known of its kind.
    fn info(&self) -> KindInfo;

    /// Its metadata.
    fn metadata(&self) -> &ObjectMeta;

    /// The object as JSON, `apiVersion` and `kind` first.
    ///
    /// # Errors
    /// Never for generated types.
    fn encode(&self) -> Result<Json, serde_json::Error>;

    /// The object as its own type: `object.as_any().downcast_ref::<AIGatewayRoute>()`.
    fn as_any(&self) -> &dyn Any;

    /// The object as its own type, taken out of the box.
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

/// Why an object could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// `apiVersion` or `kind` is missing, or no string.
    #[error("the object has no {0}")]
    NoType(&'static str),
    /// No such kind is registered.
    #[error("no kind {kind:?} of {api_version:?} is registered{}", if .registered.is_empty() { String::new() } else { format!("; {registered} is") })]
    Unknown {
        /// The object's `apiVersion`.
        api_version: String,
        /// The object's `kind`.
        kind: String,
        /// Another version in which the kind is registered; empty if there is none.
        registered: String,
    },
    /// The object does not fit its type.
    #[error("{api_version} {kind}: {source}")]
    Malformed {
        /// The object's `apiVersion`.
        api_version: String,
        /// The object's `kind`.
        kind: String,
        /// What does not fit.
        source: serde_json::Error,
    },
}

impl Scheme {
    /// Registers a kind. Registering it again changes nothing.
    pub fn register<K>(&mut self)
    where
        K: CustomKind + Serialize + DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let decode = |value| decode::from_value::<K>(value).map(|object| Box::new(object) as Box<dyn Object>);
        let info = K::INFO;
        self.kinds.insert((info.group, info.version, info.kind), Registered { info, decode });
    }

    /// All kinds, by group, version and kind.
    pub fn kinds(&self) -> impl Iterator<Item = &KindInfo> {
        self.kinds.values().map(|registered| &registered.info)
    }

    /// The kind of this group, version and kind.
    pub fn by_kind(&self, gvk: &GroupVersionKind) -> Option<&KindInfo> {
        self.kinds().find(|info| (info.group, info.version, info.kind) == (&gvk.group, &gvk.version, &gvk.kind))
    }

    /// The kind of this group, version and plural.
    pub fn by_resource(&self, gvr: &GroupVersionResource) -> Option<&KindInfo> {
        self.kinds().find(|info| (info.group, info.version, info.plural) == (&gvr.group, &gvr.version, &gvr.resource))
    }

    /// The kinds that a person may mean by a word: a kind, a plural, a singular or a short name, in any case.
    pub fn by_word<'s>(&'s self, word: &'s str) -> impl Iterator<Item = &'s KindInfo> + 's {
        let means = move |name: &str| name.eq_ignore_ascii_case(word);
        self.kinds().filter(move |info| {
            [info.kind, info.plural, info.singular].into_iter().chain(info.short_names.iter().copied()).any(means)
        })
    }

    /// Decodes an object by its `apiVersion` and `kind`.
    ///
    /// # Errors
    /// If the object does not say what it is, if no such kind is registered, or if it does not fit the type.
    pub fn decode(&self, object: impl Into<Json>) -> Result<Box<dyn Object>, DecodeError> {
        let object = object.into();
        let text = |field: &'static str| {
            object.get(field).and_then(Value::as_str).map(str::to_owned).ok_or(DecodeError::NoType(field))
        };
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let found = self.kinds.iter().find(|((g, v, k), _)| (*g, *v, *k) == (group, version, kind.as_str()));
        let Some((_, registered)) = found else {
            let other = self.kinds().find(|info| info.group == group && info.kind == kind);
            let registered = other.map_or_else(String::new, KindInfo::api_version);
            return Err(DecodeError::Unknown { api_version, kind, registered });
        };
        (registered.decode)(object).map_err(|source| DecodeError::Malformed { api_version, kind, source })
    }
}
