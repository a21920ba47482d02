//! Compression of the JSON of compact caches: LZ4 with the first objects as the dictionary.
//!
//! Objects of one kind have most of their text in common: names of fields, labels, defaults. A few of them as the dictionary
//! compress each of the others, which alone is too short for that.

use std::sync::{Mutex, OnceLock, PoisonError};

use lz4_flex::block::{compress_with_dict, decompress_with_dict};

/// The size of the dictionary. Larger ones make compression slower: it reads the dictionary each time.
const DICTIONARY: usize = 8 << 10;
/// The number of objects that the dictionary is made of.
const SAMPLES: usize = 3;

/// Compresses the JSON of the objects of one cache.
#[derive(Default)]
pub(super) struct Compression {
    samples: Mutex<Vec<Vec<u8>>>,
    dictionary: OnceLock<Box<[u8]>>,
}

impl Compression {
    /// Returns the compressed JSON; `None` if it would not be smaller, and for the objects of the dictionary.
    pub(super) fn compress(&self, json: &[u8]) -> Option<Vec<u8>> {
        let Some(dictionary) = self.dictionary.get() else {
            self.sample(json);
            return None;
        };
        let compressed = compress_with_dict(json, dictionary);
        let is_smaller = compressed.len() < json.len();
        // Reads must not fail, so this is verified when the object is stored.
        (is_smaller && self.decompress(&compressed, json.len()).as_deref() == Some(json)).then_some(compressed)
    }

    /// Returns the JSON, whose length was `length`.
    pub(super) fn decompress(&self, compressed: &[u8], length: usize) -> Option<Vec<u8>> {
        decompress_with_dict(compressed, length, self.dictionary.get()?).ok()
    }

    fn sample(&self, json: &[u8]) {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.push(json[..json.len().min(DICTIONARY / SAMPLES)].to_vec());
        if samples.len() >= SAMPLES {
            let samples = std::mem::take(&mut *samples);
            self.dictionary.get_or_init(|| samples.concat().into_boxed_slice());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Compression, SAMPLES};

    fn json(number: usize) -> String {
        format!(
            r#"{{"metadata":{{"name":"object-{number}","labels":{{"example.com/team":"search"}}}},"spec":{{"size":{number}}}}}"#
        )
    }

    #[test]
    fn objects_of_one_kind_compress_to_a_fraction() {
        let compression = Compression::default();
        assert!((0..SAMPLES).all(|number| compression.compress(json(number).as_bytes()).is_none()));
        for number in 10..20 {
            let json = json(number);
            let compressed = compression.compress(json.as_bytes()).expect("compressed");
            assert!(compressed.len() * 3 < json.len(), "{} of {} bytes", compressed.len(), json.len());
            assert_eq!(compression.decompress(&compressed, json.len()).as_deref(), Some(json.as_bytes()));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_restored_or_not_compressed(texts in prop::collection::vec(prop::collection::vec(0_u8..4, 0..4000), 0..8)) {
            let compression = Compression::default();
            for text in &texts {
                if let Some(compressed) = compression.compress(text) {
                    prop_assert!(compressed.len() < text.len());
                    let restored = compression.decompress(&compressed, text.len());
                    prop_assert_eq!(restored.as_ref(), Some(text));
                }
            }
        }
    }
}
