//! Replaces compression without the feature `lz4`: no options enable it.

/// Compresses nothing.
#[derive(Default)]
pub(super) struct Compression;

impl Compression {
    /// Returns `None`: the JSON is not compressed.
    #[allow(clippy::unused_self)]
    pub(super) fn compress(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Returns `None`, because there is no compressed JSON.
    #[allow(clippy::unused_self)]
    pub(super) fn decompress(&self, _: &[u8], _: usize) -> Option<Vec<u8>> {
        None
    }
}
