//! Compressed responses.

use std::io::Write;

use ::http::Response;
use ::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};
use ::http::request::Parts;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::body::Body;

/// Smaller responses are not compressed. Source: `defaultGzipThresholdBytes` of
/// `apiserver/pkg/endpoints/handlers/responsewriters`.
const MIN_BYTES: usize = 128 * 1024;

/// Compresses a large response if the client accepts gzip.
pub(super) fn compress(head: &Parts, mut response: Response<Body>) -> Response<Body> {
    let Some(bytes) = response.body().as_bytes().filter(|bytes| bytes.len() >= MIN_BYTES) else { return response };
    let accepts_gzip = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|names| names.split(',').any(|name| name.split(';').next().unwrap_or_default().trim() == "gzip"))
    };
    if !head.headers.get_all(ACCEPT_ENCODING).iter().any(accepts_gzip) {
        return response;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    // Writing to memory cannot fail.
    let Ok(compressed) = encoder.write_all(bytes).and_then(|()| encoder.finish()) else { return response };
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    response.map(|_| Body::full(compressed.into()))
}
