//! Events of informers.

use std::fmt;
use std::sync::Arc;

use kube::Resource;

use super::cache::Stored;

/// The namespace and name of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The namespace; `None` for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectKey {
    /// Returns the key of an object. The name is empty if the object has none yet.
    pub fn of<K: Resource>(object: &K) -> Self {
        let (namespace, name) = key(object);
        ObjectKey::new((!namespace.is_empty()).then_some(namespace), name)
    }

    /// Creates a key.
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

/// Returns the namespace (empty for cluster-scoped objects) and the name.
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

/// A change of an object, as one handler observes it.
#[derive(Debug)]
pub enum Event<K> {
    /// The object exists.
    Added {
        /// The object.
        object: Arc<K>,
        /// Whether the object is part of the initial state: in the informer's first list, or in its cache when the handler was
        /// added. After a change of the [`Selection`](super::Selection), those that joined are an initial state, too.
        initial: bool,
    },
    /// The object was updated. In a resync, both states are the same.
    Updated {
        /// The state in the handler's previous event.
        old: Arc<K>,
        /// The current state.
        new: Arc<K>,
    },
    /// The object was deleted, or is not selected any more.
    Deleted {
        /// The last known state.
        object: Arc<K>,
        /// Whether the final state is known.
        state: FinalState,
    },
}

/// The knowledge of the final state of a deleted object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinalState {
    /// The state at the time of the deletion.
    Known,
    /// The last observed state: the deletion event was missed, and the object may have changed before. Corresponds to
    /// client-go's `DeletedFinalStateUnknown`.
    Unknown,
    /// The last observed state: the object may still exist, and is not part of the informer's [`Selection`] any more.
    ///
    /// [`Selection`]: super::Selection
    Deselected,
}

impl<K> Event<K> {
    /// Returns the current state of the object, or its last one if it was deleted.
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

/// An event that is not delivered yet. Its objects may be encoded.
pub(crate) enum PendingEvent<K> {
    Added { object: Stored<K>, initial: bool },
    Updated { old: Stored<K>, new: Stored<K> },
    Deleted { object: Stored<K>, state: FinalState },
}

impl<K> PendingEvent<K> {
    /// Returns the current state of the object, or its last one if it was deleted.
    pub(crate) fn object(&self) -> &Stored<K> {
        match self {
            PendingEvent::Added { object, .. } | PendingEvent::Deleted { object, .. } => object,
            PendingEvent::Updated { new, .. } => new,
        }
    }

    /// Returns the event; `None` if its object cannot be decoded again.
    pub(crate) fn decoded(self) -> Option<Event<K>> {
        Some(match self {
            PendingEvent::Added { object, initial } => Event::Added { object: object.read_once()?, initial },
            PendingEvent::Updated { old, new } => {
                if old.is(&new) {
                    let new = new.read_once()?;
                    return Some(Event::Updated { old: Arc::clone(&new), new });
                }
                let new = new.read()?;
                // Several handlers receive the same old state.
                Event::Updated { old: old.read().unwrap_or_else(|| Arc::clone(&new)), new }
            }
            PendingEvent::Deleted { object, state } => Event::Deleted { object: object.read()?, state },
        })
    }
}

impl<K> Clone for PendingEvent<K> {
    fn clone(&self) -> Self {
        match self {
            PendingEvent::Added { object, initial } => {
                PendingEvent::Added { object: object.clone(), initial: *initial }
            }
            PendingEvent::Updated { old, new } => PendingEvent::Updated { old: old.clone(), new: new.clone() },
            PendingEvent::Deleted { object, state } => PendingEvent::Deleted { object: object.clone(), state: *state },
        }
    }
}
