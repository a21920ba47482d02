//! Indented JSON for browsers and command line tools.

use ::http::Response;
use ::http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};

use super::request::ApiRequest;
use crate::body::Body;
use crate::json;

/// Prefixes of the user agents that receive indented JSON by default.
const INTERACTIVE_AGENTS: [&str; 3] = ["curl", "Wget", "Mozilla/5.0"];

/// Indents JSON if the client asks for it, or if it accepts no encoding that this response has.
pub(super) fn indented(request: &ApiRequest, response: Response<Body>) -> Response<Body> {
    let is_json =
        response.headers().get(CONTENT_TYPE).is_some_and(|type_| type_.as_bytes().starts_with(b"application/json"));
    let is_unacceptable = response.status().as_u16() >= 400 && request.accept.form().is_err();
    match response.body().as_bytes() {
        Some(bytes) if is_json && (is_unacceptable || wants_indentation(request)) => {
            let bytes = json::indent(bytes);
            response.map(|_| Body::full(bytes.into()))
        }
        _ => response,
    }
}

/// Source: `isPrettyPrint` of `apiserver/pkg/endpoints/handlers/negotiation/negotiate.go`.
fn wants_indentation(request: &ApiRequest) -> bool {
    let text = |name| request.head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if text(ACCEPT).contains("pretty") && request.accept.wants_indentation() {
        return true;
    }
    match request.query.text("pretty") {
        "" => INTERACTIVE_AGENTS.iter().any(|name| text(USER_AGENT).starts_with(name)),
        value => matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True"),
    }
}
