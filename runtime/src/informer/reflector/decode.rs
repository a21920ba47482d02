//! Decoding of objects and watch events.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use kube::Resource;
use kube::core::{DynamicObject, Status, TypeMeta};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use crate::client::{ShardKey, ShardSelector};
use crate::decode;
use crate::informer::cache::{Change, Codec, CompactOptions, DeletedObject, Received};
use crate::informer::event::ObjectKey;
use crate::informer::version::ResourceVersion;
use crate::undecodable::{Identity, Undecodable};

/// A function that modifies an object before it is cached.
pub(crate) type Transform<K> = Arc<dyn Fn(&mut K) + Send + Sync>;

/// A decoder of the objects of a kind.
pub(crate) struct Decoder<K: Resource> {
    prepare: Prepare<K>,
    /// The shard to which objects must belong.
    shard: Option<ShardSelector>,
    /// The codec of a compact cache.
    codec: Option<Arc<Codec<K>>>,
}

/// Prepares decoded objects for the cache.
pub(crate) struct Prepare<K> {
    transform: Option<Transform<K>>,
    /// The type metadata of dynamic objects, which the API server omits for list items of built-in kinds.
    types: TypeMeta,
}

impl<K> Clone for Prepare<K> {
    fn clone(&self) -> Self {
        Prepare { transform: self.transform.clone(), types: self.types.clone() }
    }
}

impl<K: Resource + 'static> Prepare<K> {
    pub(crate) fn new(transform: Option<Transform<K>>, kind: &K::DynamicType) -> Self {
        let types = TypeMeta { api_version: K::api_version(kind).into_owned(), kind: K::kind(kind).into_owned() };
        Prepare { transform, types }
    }

    fn prepare(&self, mut object: K) -> Result<K, String> {
        if let Some(dynamic) = (&mut object as &mut dyn Any).downcast_mut::<DynamicObject>() {
            dynamic.types.get_or_insert_with(|| self.types.clone());
        }
        if let Some(transform) = &self.transform {
            let call = AssertUnwindSafe(|| transform(&mut object));
            std::panic::catch_unwind(call).map_err(|_| "the transform panicked".to_owned())?;
        }
        Ok(object)
    }

    /// Returns the codec of a compact cache of these objects.
    pub(crate) fn codec(&self, options: CompactOptions) -> Arc<Codec<K>>
    where
        K: DeserializeOwned + Send + Sync,
    {
        let prepare = self.clone();
        let decode = move |json: &[u8]| decode::from_slice(json).ok().and_then(|object| prepare.prepare(object).ok());
        Arc::new(Codec::new(options, decode))
    }
}

/// One line of a watch.
pub(super) enum WatchItem<K> {
    Change(Change<K>),
    /// The end of the initial events, with the version that they are complete up to.
    InitialEventsEnd(Option<ResourceVersion>),
    Error(Box<Status>),
}

/// The metadata of a bookmark.
#[derive(Default, Deserialize)]
struct Partial {
    #[serde(default)]
    metadata: PartialMetadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PartialMetadata {
    resource_version: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
}

/// A decoded value and the length of its JSON; `None` if the JSON is incomplete.
type Decoded<T> = Result<Option<(T, usize)>, serde_json::Error>;

fn read<T: DeserializeOwned>(json: &[u8]) -> Decoded<T> {
    let mut values = serde_json::Deserializer::from_slice(json).into_iter::<T>();
    match values.next() {
        Some(Ok(value)) => Ok(Some((value, values.byte_offset()))),
        None => Ok(None),
        Some(Err(error)) if error.is_eof() => Ok(None),
        Some(Err(error)) => Err(error),
    }
}

impl<K> Decoder<K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    pub(crate) fn new(prepare: Prepare<K>, shard: Option<ShardSelector>, codec: Option<Arc<Codec<K>>>) -> Self {
        Decoder { prepare, shard, codec }
    }

    /// Sets the shard to which objects must belong.
    pub(super) fn set_shard(&mut self, shard: Option<ShardSelector>) {
        self.shard = shard;
    }

    /// Decodes the object at the start of the bytes.
    ///
    /// # Errors
    /// Returns an error if the bytes are not JSON. JSON that does not fit the type is not an error, but
    /// [`Change::Undecodable`].
    pub(super) fn object(&self, json: &[u8]) -> Decoded<Change<K>> {
        if let Some(shard) = &self.shard {
            let Some((_, length)) = read::<IgnoredAny>(json)? else { return Ok(None) };
            if let Some(foreign) = foreign(shard, &json[..length]) {
                return Ok(Some((foreign, length)));
            }
        }
        if self.codec.as_ref().is_some_and(|codec| !codec.keeps_managed_fields()) {
            let Some((_, length)) = read::<IgnoredAny>(json)? else { return Ok(None) };
            return Ok(Some((self.without_managed_fields(&json[..length]), length)));
        }
        let error = match read::<K>(json) {
            Ok(None) => return Ok(None),
            Ok(Some((object, length))) => return Ok(Some((self.applied(object, &json[..length], length), length))),
            Err(error) => error,
        };
        // The end of an undecodable object is found at any depth, so that the next object can be decoded.
        let Some((_, length)) = read::<IgnoredAny>(json)? else { return Ok(None) };
        let json = &json[..length];
        let change = match decode::retry_if_deep(json, error) {
            Ok(object) => self.applied(object, json, json.len()),
            Err(error) => undecodable(json, error.to_string()),
        };
        Ok(Some((change, length)))
    }

    /// Decodes a complete object without its managed fields.
    fn without_managed_fields(&self, json: &[u8]) -> Change<K> {
        let text = decode::without_managed_fields(json);
        match decode::from_slice(&text) {
            Ok(object) => self.applied(object, &text, json.len()),
            Err(error) => undecodable(json, error.to_string()),
        }
    }

    /// Returns the change of an object that was decoded from `json`, and whose JSON had `length` bytes when it was received.
    fn applied(&self, object: K, json: &[u8], length: usize) -> Change<K> {
        let bytes = u32::try_from(length).unwrap_or(u32::MAX);
        match (self.prepare.prepare(object), &self.codec) {
            (Ok(object), Some(codec)) => Change::Applied(Received::encoded(codec, object, json, bytes)),
            // Decoding grows vectors to up to twice their length; a clone has no spare capacity. For an object of 2 KB, this
            // saves a third of its memory for at most a sixth more time.
            (Ok(object), None) => Change::Applied(Received::new(object.clone(), bytes)),
            (Err(reason), _) => undecodable(json, reason),
        }
    }

    /// Decodes a line of a watch: `{"type": …, "object": …}`.
    pub(super) fn line(&self, line: &[u8]) -> Result<WatchItem<K>, serde_json::Error> {
        if let Some((type_, object)) = split(line) {
            return self.item(type_, object);
        }
        let event: RawEvent = serde_json::from_slice(line)?;
        self.item(event.type_.as_bytes(), event.object.get().as_bytes())
    }

    fn item(&self, type_: &[u8], object: &[u8]) -> Result<WatchItem<K>, serde_json::Error> {
        let complete = |read: Decoded<Change<K>>| read?.map(|(change, _)| change).ok_or_else(truncated);
        match type_ {
            b"ADDED" | b"MODIFIED" => complete(self.object(object)).map(WatchItem::Change),
            b"DELETED" => complete(self.object(object)).map(|change| WatchItem::Change(deleted(change))),
            b"BOOKMARK" => {
                let (Partial { metadata }, _) = read::<Partial>(object)?.ok_or_else(truncated)?;
                let ends = metadata.annotations.as_ref().and_then(|all| all.get("k8s.io/initial-events-end"));
                let version = metadata.resource_version.and_then(|version| version.parse().ok());
                let ends = ends.is_some_and(|value| value == "true");
                Ok(if ends {
                    WatchItem::InitialEventsEnd(version)
                } else {
                    WatchItem::Change(Change::Bookmark(version))
                })
            }
            b"ERROR" => {
                let (status, _) = read::<Status>(object)?.ok_or_else(truncated)?;
                Ok(WatchItem::Error(Box::new(status)))
            }
            other => {
                let other = String::from_utf8_lossy(other).into_owned();
                Err(serde::de::Error::custom(format!("{other:?} is not a watch event type")))
            }
        }
    }
}

/// Returns the change of an object that does not belong to the shard.
fn foreign<K>(shard: &ShardSelector, json: &[u8]) -> Option<Change<K>> {
    let Identity { namespace, uid, resource_version, .. } = Identity::of(json);
    let value = match shard.key() {
        ShardKey::Uid => uid,
        ShardKey::Namespace => namespace,
    };
    let is_ours = shard.selects_value(value.as_deref().unwrap_or_default());
    (!is_ours).then(|| Change::Foreign(resource_version.and_then(|version| version.parse().ok())))
}

fn undecodable<K: Resource>(json: &[u8], reason: String) -> Change<K> {
    let raw = String::from_utf8_lossy(json);
    let Identity { namespace, name, uid, resource_version } = Identity::of(raw.as_bytes());
    let key = ObjectKey::new(namespace.as_deref(), name.as_deref().unwrap_or_default());
    let object = Undecodable::new(raw.trim_start(), reason);
    Change::Undecodable { key, uid, version: resource_version, object }
}

/// Splits a line in the form that the API server sends, without parsing it.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = line.strip_prefix(br#"{"type":""#)?;
    let end = rest.iter().take(16).position(|byte| *byte == b'"')?;
    Some((&rest[..end], rest[end..].strip_prefix(br#"","object":"#)?))
}

/// A line in any form.
#[derive(Deserialize)]
struct RawEvent {
    #[serde(rename = "type")]
    type_: String,
    object: Box<RawValue>,
}

fn truncated() -> serde_json::Error {
    serde::de::Error::custom("the object is truncated")
}

/// Turns the last state of an object into its deletion.
fn deleted<K: Resource>(change: Change<K>) -> Change<K> {
    let text = |text: &Option<String>| text.clone();
    Change::Deleted(match change {
        Change::Applied(last) => DeletedObject {
            key: ObjectKey::of(&*last.object),
            uid: text(&last.object.meta().uid),
            version: text(&last.object.meta().resource_version),
            object: Some(last),
        },
        Change::Undecodable { key, uid, version, .. } => DeletedObject { key, uid, version, object: None },
        other => return other,
    })
}
