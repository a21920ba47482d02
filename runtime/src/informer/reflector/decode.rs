//! JSON of the API server as objects.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use kube::Resource;
use kube::core::{DynamicObject, Status, TypeMeta};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use crate::decode;
use crate::informer::cache::{CachedObject, Change, DeletedObject, Undecodable};
use crate::informer::event::ObjectKey;
use crate::undecodable::Identity;

/// Changes an object before it is cached.
pub(crate) type Transform<K> = Arc<dyn Fn(&mut K) + Send + Sync>;

/// How objects of a kind are read.
pub(crate) struct Decoder<K: Resource> {
    transform: Option<Transform<K>>,
    /// What an object of a dynamic kind is, where the API server leaves it out, as it does for items of built-in kinds.
    types: TypeMeta,
}

/// What one line of a watch says.
pub(super) enum WatchItem<K> {
    Change(Change<K>),
    /// All objects that were there in the beginning have been sent.
    InitialEventsEnd(Change<K>),
    Error(Box<Status>),
}

/// What a bookmark says.
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

/// An object's value, and how long its JSON was; `None`: the JSON goes on beyond the bytes.
type Read<T> = Result<Option<(T, usize)>, serde_json::Error>;

fn read<T: DeserializeOwned>(json: &[u8]) -> Read<T> {
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
    pub(crate) fn new(transform: Option<Transform<K>>, kind: &K::DynamicType) -> Self {
        let types = TypeMeta { api_version: K::api_version(kind).into_owned(), kind: K::kind(kind).into_owned() };
        Decoder { transform, types }
    }

    /// The object that the bytes begin with.
    ///
    /// # Errors
    /// If the bytes are not JSON. JSON that does not fit the type is no error, but [`Change::Undecodable`].
    pub(super) fn object(&self, json: &[u8]) -> Read<Change<K>> {
        let error = match read::<K>(json) {
            Ok(None) => return Ok(None),
            Ok(Some((object, length))) => return Ok(Some((self.readable(object, &json[..length]), length))),
            Err(error) => error,
        };
        // What is wrong with this object does not concern the next one: its end is found however deep it nests.
        let Some((_, length)) = read::<IgnoredAny>(json)? else { return Ok(None) };
        let json = &json[..length];
        let change = match decode::retry_if_deep(json, error) {
            Ok(object) => self.readable(object, json),
            Err(error) => unreadable(json, error.to_string()),
        };
        Ok(Some((change, length)))
    }

    fn readable(&self, object: K, json: &[u8]) -> Change<K> {
        match self.finish(object) {
            Ok(object) => {
                Change::Applied(CachedObject::new(Arc::new(object), u32::try_from(json.len()).unwrap_or(u32::MAX)))
            }
            Err(why) => unreadable(json, why),
        }
    }

    /// What is to be done with an object before it is cached.
    fn finish(&self, mut object: K) -> Result<K, String> {
        if let Some(dynamic) = (&mut object as &mut dyn Any).downcast_mut::<DynamicObject>() {
            dynamic.types.get_or_insert_with(|| self.types.clone());
        }
        if let Some(transform) = &self.transform {
            let call = AssertUnwindSafe(|| transform(&mut object));
            std::panic::catch_unwind(call).map_err(|_| "the transform panicked".to_owned())?;
        }
        // Lists grow as they are read, to twice what they need and more; a copy has what it needs. For an object of 2 KB
        // that is a third of its memory, for at most a sixth more time.
        Ok(object.clone())
    }

    /// A line of a watch: `{"type": …, "object": …}`.
    pub(super) fn line(&self, line: &[u8]) -> Result<WatchItem<K>, serde_json::Error> {
        if let Some((type_, object)) = split(line) {
            return self.item(type_, object);
        }
        let event: RawEvent = serde_json::from_slice(line)?;
        self.item(event.type_.as_bytes(), event.object.get().as_bytes())
    }

    fn item(&self, type_: &[u8], object: &[u8]) -> Result<WatchItem<K>, serde_json::Error> {
        let whole = |read: Read<Change<K>>| read?.map(|(change, _)| change).ok_or_else(cut);
        match type_ {
            b"ADDED" | b"MODIFIED" => whole(self.object(object)).map(WatchItem::Change),
            b"DELETED" => whole(self.object(object)).map(|change| WatchItem::Change(gone(change))),
            b"BOOKMARK" => {
                let (Partial { metadata }, _) = read::<Partial>(object)?.ok_or_else(cut)?;
                let ends = metadata.annotations.as_ref().and_then(|all| all.get("k8s.io/initial-events-end"));
                let version = metadata.resource_version.and_then(|version| version.parse().ok());
                let bookmark = Change::Bookmark(version);
                let ends = ends.is_some_and(|value| value == "true");
                Ok(if ends { WatchItem::InitialEventsEnd(bookmark) } else { WatchItem::Change(bookmark) })
            }
            b"ERROR" => {
                let (status, _) = read::<Status>(object)?.ok_or_else(cut)?;
                Ok(WatchItem::Error(Box::new(status)))
            }
            other => {
                let other = String::from_utf8_lossy(other).into_owned();
                Err(serde::de::Error::custom(format!("{other:?} is no type of a watch event")))
            }
        }
    }
}

fn unreadable<K: Resource>(json: &[u8], why: String) -> Change<K> {
    let raw = String::from_utf8_lossy(json);
    let Identity { namespace, name, uid, resource_version } = Identity::of(raw.as_bytes());
    let key = ObjectKey::new(namespace.as_deref(), name.as_deref().unwrap_or_default());
    let object = Undecodable::new(raw.trim_start(), why);
    Change::Undecodable { key, uid, version: resource_version, object }
}

/// The line as the API server writes it, taken apart without reading it twice.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = line.strip_prefix(br#"{"type":""#)?;
    let end = rest.iter().take(16).position(|byte| *byte == b'"')?;
    Some((&rest[..end], rest[end..].strip_prefix(br#"","object":"#)?))
}

/// The line as anyone may write it.
#[derive(Deserialize)]
struct RawEvent {
    #[serde(rename = "type")]
    type_: String,
    object: Box<RawValue>,
}

fn cut() -> serde_json::Error {
    serde::de::Error::custom("the object is cut off")
}

/// What was there is gone.
fn gone<K: Resource>(change: Change<K>) -> Change<K> {
    let text = |text: &Option<String>| text.clone();
    Change::Deleted(match change {
        Change::Applied(cached) => DeletedObject {
            key: ObjectKey::of(&*cached.object),
            uid: text(&cached.object.meta().uid),
            version: text(&cached.object.meta().resource_version),
            object: Some(cached),
        },
        Change::Undecodable { key, uid, version, .. } => DeletedObject { key, uid, version, object: None },
        other => return other,
    })
}
