//! `Warning` headers.

use ::http::HeaderMap;
use ::http::header::{HeaderValue, WARNING};

/// Adds a header `Warning` for each text: `299 - "text"` with an escaped text.
///
/// Source: `apimachinery/pkg/util/net/http.go`, `NewWarningHeader`.
pub(super) fn append_warnings(headers: &mut HeaderMap, texts: &[String]) {
    for text in texts {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let header = format!("299 - \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        // Texts are not restricted to ASCII.
        if let Ok(value) = HeaderValue::from_bytes(header.as_bytes()) {
            headers.append(WARNING, value);
        }
    }
}
