//! Objects of compact caches: their JSON, and the objects that were decoded last.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use kube::Resource;

use super::compression::Compression;
use crate::informer::event::{key, uid, version};

/// The number of decoded objects that a compact cache keeps by default.
const DECODED_OBJECTS: usize = 256;

/// Options of a compact informer. See [`InformerBuilder::compact`](crate::informer::InformerBuilder::compact).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactOptions {
    pub(crate) decoded_objects: usize,
    pub(crate) managed_fields: bool,
    compressed: bool,
}

impl Default for CompactOptions {
    fn default() -> Self {
        CompactOptions { decoded_objects: DECODED_OBJECTS, managed_fields: true, compressed: false }
    }
}

impl CompactOptions {
    /// Sets the number of decoded objects that the cache keeps: those that changed last, and those that were read last by
    /// name. The default is 256; with zero, every read decodes.
    pub fn decoded_objects(mut self, number: usize) -> Self {
        self.decoded_objects = number;
        self
    }

    /// Compresses the JSON of each object with LZ4. The dictionary consists of the first objects, so objects of one kind
    /// compress well. Decoding takes some microseconds more, and storing a change some more.
    #[cfg(feature = "lz4")]
    pub fn compressed(mut self) -> Self {
        self.compressed = true;
        self
    }

    /// Drops `managedFields` before objects are decoded: every read, handler, index and transform receives objects without
    /// them.
    pub fn without_managed_fields(mut self) -> Self {
        self.managed_fields = false;
        self
    }
}

/// A function that decodes the JSON of an object.
type Decode<K> = Box<dyn Fn(&[u8]) -> Option<K> + Send + Sync>;

/// Encodes and decodes the objects of one cache.
pub(crate) struct Codec<K> {
    decode: Decode<K>,
    options: CompactOptions,
    compression: Option<Compression>,
    recent: Recent<K>,
    numbers: AtomicU64,
}

impl<K> Codec<K> {
    /// Creates a codec. `decode` must succeed for each JSON that is encoded, and always return the same object for it.
    pub(crate) fn new(options: CompactOptions, decode: impl Fn(&[u8]) -> Option<K> + Send + Sync + 'static) -> Self {
        let recent = Recent::new(options.decoded_objects);
        let compression = options.compressed.then(Compression::default);
        Codec { decode: Box::new(decode), options, compression, recent, numbers: AtomicU64::new(0) }
    }

    pub(crate) fn keeps_managed_fields(&self) -> bool {
        self.options.managed_fields
    }
}

/// An absent part of an identity.
const ABSENT: u32 = u32::MAX;

/// An encoded object.
pub(crate) struct Encoded<K> {
    codec: Arc<Codec<K>>,
    /// Identifies the object among all that the codec has encoded.
    number: u64,
    /// The lengths of namespace, name, uid and resource version at the start of the bytes.
    lengths: [u32; 4],
    /// The length of the JSON if it is compressed.
    decompressed: Option<NonZeroU32>,
    /// The identity, followed by the JSON.
    bytes: Box<[u8]>,
}

impl<K: Resource> Encoded<K> {
    /// Encodes an object that was decoded from this JSON.
    pub(crate) fn new(codec: &Arc<Codec<K>>, object: &K, json: &[u8]) -> Self {
        let (namespace, name) = key(object);
        let identity = [Some(namespace), Some(name), uid(object), version(object)];
        let length = |part: &str| u32::try_from(part.len()).unwrap_or(ABSENT);
        let lengths = identity.map(|part| part.map_or(ABSENT, length));
        let compressed = codec.compression.as_ref().and_then(|compression| compression.compress(json));
        let decompressed = u32::try_from(json.len()).ok().and_then(NonZeroU32::new);
        let (json, decompressed) = match (&compressed, decompressed) {
            (Some(compressed), Some(length)) => (compressed.as_slice(), Some(length)),
            _ => (json, None),
        };
        let size = identity.iter().flatten().map(|part| part.len()).sum::<usize>() + json.len();
        let mut bytes = Vec::with_capacity(size);
        identity.iter().flatten().for_each(|part| bytes.extend_from_slice(part.as_bytes()));
        bytes.extend_from_slice(json);
        let number = codec.numbers.fetch_add(1, Ordering::Relaxed);
        Encoded { codec: Arc::clone(codec), number, lengths, decompressed, bytes: bytes.into_boxed_slice() }
    }
}

impl<K> Encoded<K> {
    /// Returns the start of a part of the identity; that of the part after the last one is the start of the JSON.
    fn start(&self, part: usize) -> usize {
        let lengths = self.lengths.iter().take(part).filter(|length| **length != ABSENT);
        lengths.map(|length| usize::try_from(*length).unwrap_or_default()).sum()
    }

    fn part(&self, part: usize) -> Option<&str> {
        if self.lengths[part] == ABSENT {
            return None;
        }
        let bytes = self.bytes.get(self.start(part)..self.start(part + 1))?;
        std::str::from_utf8(bytes).ok()
    }

    /// Returns the namespace (empty for cluster-scoped objects) and the name.
    pub(crate) fn key(&self) -> (&str, &str) {
        (self.part(0).unwrap_or_default(), self.part(1).unwrap_or_default())
    }

    pub(crate) fn uid(&self) -> Option<&str> {
        self.part(2)
    }

    pub(crate) fn version(&self) -> Option<&str> {
        self.part(3)
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the object, which is kept decoded for further reads.
    pub(crate) fn read(&self) -> Option<Arc<K>> {
        self.codec.recent.get(self.number).or_else(|| {
            let object = self.decode()?;
            self.keep_decoded(&object);
            Some(object)
        })
    }

    /// Returns the object for a single use, such as in an iteration over all objects.
    pub(crate) fn read_once(&self) -> Option<Arc<K>> {
        self.codec.recent.get(self.number).or_else(|| self.decode())
    }

    /// Keeps a decoded object for further reads.
    pub(crate) fn keep_decoded(&self, object: &Arc<K>) {
        self.codec.recent.put(self.number, object);
    }

    /// Returns the JSON of the object.
    fn json(&self) -> Option<Cow<'_, [u8]>> {
        let bytes = self.bytes.get(self.start(self.lengths.len())..)?;
        match (self.decompressed, &self.codec.compression) {
            (Some(length), Some(compression)) => {
                compression.decompress(bytes, usize::try_from(length.get()).ok()?).map(Cow::Owned)
            }
            _ => Some(Cow::Borrowed(bytes)),
        }
    }

    fn decode(&self) -> Option<Arc<K>> {
        let object = self.json().and_then(|json| (self.codec.decode)(&json));
        if object.is_none() {
            let (namespace, name) = self.key();
            tracing::error!(namespace, name, "an object was decoded once and cannot be decoded again; reads omit it");
        }
        object.map(Arc::new)
    }
}

impl<K> fmt::Debug for Encoded<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Encoded").field(&self.key()).field(&self.version()).finish()
    }
}

/// The objects that were decoded last. A number has one place, so that neither readers nor writers search or wait.
struct Recent<K> {
    places: Box<[ArcSwapOption<Decoded<K>>]>,
}

struct Decoded<K> {
    number: u64,
    object: Arc<K>,
}

impl<K> Recent<K> {
    fn new(size: usize) -> Self {
        Recent { places: (0..size).map(|_| ArcSwapOption::empty()).collect() }
    }

    fn place(&self, number: u64) -> Option<&ArcSwapOption<Decoded<K>>> {
        let place = number.checked_rem(u64::try_from(self.places.len()).ok()?)?;
        self.places.get(usize::try_from(place).ok()?)
    }

    fn get(&self, number: u64) -> Option<Arc<K>> {
        let decoded = self.place(number)?.load();
        decoded.as_ref().filter(|decoded| decoded.number == number).map(|decoded| Arc::clone(&decoded.object))
    }

    fn put(&self, number: u64, object: &Arc<K>) {
        if let Some(place) = self.place(number) {
            place.store(Some(Arc::new(Decoded { number, object: Arc::clone(object) })));
        }
    }
}
