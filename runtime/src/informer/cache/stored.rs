//! Objects as a cache stores them.

use std::sync::Arc;

use kube::Resource;
use kube::core::ObjectMeta;

use super::compact::{Codec, Encoded};
use super::labels::LabelBits;
use crate::informer::event::{self, ObjectKey};
use crate::informer::selection::Selection;
use crate::selector::Selector;

/// An object in a cache: decoded, or encoded in a compact cache.
///
/// An encoded object was decoded before it was stored. It can therefore be decoded again, unless its type or the transform
/// of the informer is not deterministic; such an object is omitted.
#[derive(Debug)]
pub(crate) enum Stored<K> {
    Decoded(Arc<K>),
    Encoded(Arc<Encoded<K>>),
}

impl<K> Clone for Stored<K> {
    fn clone(&self) -> Self {
        match self {
            Stored::Decoded(object) => Stored::Decoded(Arc::clone(object)),
            Stored::Encoded(encoded) => Stored::Encoded(Arc::clone(encoded)),
        }
    }
}

impl<K> Stored<K> {
    /// Returns whether both are the same stored state.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Stored::Decoded(one), Stored::Decoded(other)) => Arc::ptr_eq(one, other),
            (Stored::Encoded(one), Stored::Encoded(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Returns the object. A compact cache keeps it decoded for further reads.
    pub(crate) fn read(&self) -> Option<Arc<K>> {
        match self {
            Stored::Decoded(object) => Some(Arc::clone(object)),
            Stored::Encoded(encoded) => encoded.read(),
        }
    }

    /// Returns the object for a single use, such as in an iteration over all objects.
    pub(crate) fn read_once(&self) -> Option<Arc<K>> {
        match self {
            Stored::Decoded(object) => Some(Arc::clone(object)),
            Stored::Encoded(encoded) => encoded.read_once(),
        }
    }
}

impl<K: Resource> Stored<K> {
    /// Returns the namespace (empty for cluster-scoped objects) and the name.
    pub(crate) fn key(&self) -> (&str, &str) {
        match self {
            Stored::Decoded(object) => event::key(&**object),
            Stored::Encoded(encoded) => encoded.key(),
        }
    }

    /// Returns the name, without reading anything else of the object.
    pub(super) fn name(&self) -> &str {
        match self {
            Stored::Decoded(object) => object.meta().name.as_deref().unwrap_or_default(),
            Stored::Encoded(encoded) => encoded.key().1,
        }
    }

    /// Returns whether both are the same version of one object.
    pub(super) fn is_same_state(&self, other: &Self) -> bool {
        same_object(self, other.uid()) && self.version().is_some() && self.version() == other.version()
    }

    pub(crate) fn object_key(&self) -> ObjectKey {
        let (namespace, name) = self.key();
        ObjectKey::new((!namespace.is_empty()).then_some(namespace), name)
    }

    pub(crate) fn uid(&self) -> Option<&str> {
        match self {
            Stored::Decoded(object) => event::uid(&**object),
            Stored::Encoded(encoded) => encoded.uid(),
        }
    }

    pub(crate) fn version(&self) -> Option<&str> {
        match self {
            Stored::Decoded(object) => event::version(&**object),
            Stored::Encoded(encoded) => encoded.version(),
        }
    }

    /// Returns whether a selection contains the object.
    pub(super) fn is_within(&self, selection: &Selection) -> bool {
        match (self, selection) {
            (Stored::Decoded(object), _) => selection.selects(object.meta()),
            (Stored::Encoded(encoded), Selection::Labels(_)) => {
                encoded.read_once().is_some_and(|object| selection.selects(object.meta()))
            }
            // Other selections depend on the identity.
            (Stored::Encoded(encoded), _) => {
                let (namespace, uid) = (encoded.key().0, encoded.uid());
                let namespace = (!namespace.is_empty()).then(|| namespace.to_owned());
                selection.selects(&ObjectMeta { namespace, uid: uid.map(str::to_owned), ..ObjectMeta::default() })
            }
        }
    }

    /// Returns the object for a single use, if the selector selects it.
    pub(crate) fn selected(&self, selector: &Selector) -> Option<Arc<K>> {
        match self {
            Stored::Decoded(object) => selector.selects(&**object).then(|| Arc::clone(object)),
            Stored::Encoded(encoded) => encoded.read_once().filter(|object| selector.selects(&**object)),
        }
    }
}

/// Returns whether two states belong to one object, not to two successive objects of the same name.
pub(super) fn same_object<K: Resource>(old: &Stored<K>, uid_of_new: Option<&str>) -> bool {
    match (old.uid(), uid_of_new) {
        (Some(old), Some(new)) => old == new,
        _ => true,
    }
}

/// A cached object with data that allows lookups without dereferencing it.
#[derive(Debug)]
pub(crate) struct CachedObject<K> {
    pub(crate) stored: Stored<K>,
    /// The size of the JSON that the API server sent.
    pub(crate) bytes: u32,
    /// The summary of its labels.
    pub(super) labels: LabelBits,
}

impl<K> Clone for CachedObject<K> {
    fn clone(&self) -> Self {
        CachedObject { stored: self.stored.clone(), bytes: self.bytes, labels: self.labels }
    }
}

impl<K: Resource> CachedObject<K> {
    pub(crate) fn new(object: Arc<K>, bytes: u32) -> Self {
        let labels = LabelBits::of(&*object);
        CachedObject { stored: Stored::Decoded(object), bytes, labels }
    }
}

/// An object that a list or a watch reports.
pub(crate) struct Received<K> {
    pub(crate) cached: CachedObject<K>,
    /// The decoded object, for handlers and indexes.
    pub(crate) object: Arc<K>,
}

impl<K: Resource> Received<K> {
    pub(crate) fn new(object: K, bytes: u32) -> Self {
        let object = Arc::new(object);
        Received { cached: CachedObject::new(Arc::clone(&object), bytes), object }
    }

    /// Creates an object of a compact cache. The codec must decode the object from this JSON.
    pub(crate) fn encoded(codec: &Arc<Codec<K>>, object: K, json: &[u8], bytes: u32) -> Self {
        let stored = Stored::Encoded(Arc::new(Encoded::new(codec, &object, json)));
        let labels = LabelBits::of(&object);
        Received { cached: CachedObject { stored, bytes, labels }, object: Arc::new(object) }
    }

    /// Keeps the object decoded for further reads.
    pub(super) fn keep_decoded(&self) {
        if let Stored::Encoded(encoded) = &self.cached.stored {
            encoded.keep_decoded(&self.object);
        }
    }
}
