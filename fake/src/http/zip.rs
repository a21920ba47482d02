//! Answers that are made smaller on their way.

use std::io::Write;

use ::http::Response;
use ::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};
use ::http::request::Parts;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::body::Body;

/// Smaller answers are sent as they are. Source: `defaultGzipThresholdBytes` of `apiserver/pkg/endpoints/handlers/responsewriters`.
const LEAST: usize = 128 * 1024;

/// The answer as the client takes it: a great one in gzip, if the client takes that.
pub(super) fn zipped(head: &Parts, mut response: Response<Body>) -> Response<Body> {
    let Some(bytes) = response.body().as_whole().filter(|bytes| bytes.len() >= LEAST) else { return response };
    let takes = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|names| names.split(',').any(|name| name.split(';').next().unwrap_or_default().trim() == "gzip"))
    };
    if !head.headers.get_all(ACCEPT_ENCODING).iter().any(takes) {
        return response;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    // Writing to memory does not fail.
    let Ok(zipped) = encoder.write_all(bytes).and_then(|()| encoder.finish()) else { return response };
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    response.map(|_| Body::whole(zipped.into()))
}
