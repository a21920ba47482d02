//! What handlers are told.

use std::fmt;
use std::sync::Arc;

use kube::Resource;

/// Which object: its namespace, unless it belongs to the cluster, and its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The namespace; `None` for kinds that belong to the cluster.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectKey {
    /// The key of an object. What has no name yet has an empty one.
    pub fn of<K: Resource>(object: &K) -> Self {
        let (namespace, name) = key(object);
        ObjectKey::new((!namespace.is_empty()).then_some(namespace), name)
    }

    /// A key of its parts.
    pub fn new(namespace: Option<&str>, name: &str) -> Self {
        ObjectKey { namespace: namespace.map(str::to_owned), name: name.to_owned() }
    }

    pub(crate) fn parts(&self) -> (&str, &str) {
        (self.namespace.as_deref().unwrap_or_default(), &self.name)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(out, "{namespace}/{}", self.name),
            None => out.write_str(&self.name),
        }
    }
}

/// Namespace (empty for the cluster) and name.
pub(crate) fn key<K: Resource>(object: &K) -> (&str, &str) {
    let metadata = object.meta();
    (metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref().unwrap_or_default())
}

pub(crate) fn uid<K: Resource>(object: &K) -> Option<&str> {
    object.meta().uid.as_deref()
}

pub(crate) fn version<K: Resource>(object: &K) -> Option<&str> {
    object.meta().resource_version.as_deref()
}

/// Something that happened to an object, as one handler sees it.
#[derive(Debug)]
pub enum Event<K> {
    /// The object is there.
    Added {
        /// The object.
        object: Arc<K>,
        /// Whether it was there before the handler began to look: in the informer's first list, or in its cache when the
        /// handler came late.
        initial: bool,
    },
    /// The object has changed; or, for a handler that asked for resyncs, it has not, and both are the same.
    Updated {
        /// What the handler was told last.
        old: Arc<K>,
        /// What it is now.
        new: Arc<K>,
    },
    /// The object is gone.
    Deleted {
        /// What is known of it.
        object: Arc<K>,
        /// How well.
        state: LastState,
    },
}

/// How well a deleted object is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LastState {
    /// As it was when it was deleted.
    Final,
    /// As it was seen last: the deletion itself was missed, and it may have changed before. What client-go calls
    /// `DeletedFinalStateUnknown`.
    LastKnown,
}

impl<K> Event<K> {
    /// The object as it is now, or was last.
    pub fn object(&self) -> &Arc<K> {
        match self {
            Event::Added { object, .. } | Event::Deleted { object, .. } => object,
            Event::Updated { new, .. } => new,
        }
    }
}

impl<K> Clone for Event<K> {
    fn clone(&self) -> Self {
        match self {
            Event::Added { object, initial } => Event::Added { object: Arc::clone(object), initial: *initial },
            Event::Updated { old, new } => Event::Updated { old: Arc::clone(old), new: Arc::clone(new) },
            Event::Deleted { object, state } => Event::Deleted { object: Arc::clone(object), state: *state },
        }
    }
}
