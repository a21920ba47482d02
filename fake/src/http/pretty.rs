//! Answers that are indented for people.

use ::http::Response;
use ::http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use ::http::request::Parts;

use super::body::Body;
use super::negotiate;
use super::options::Query;
use crate::json;

/// Prefixes of the user agents of interactive programs.
const PEOPLE: [&str; 3] = ["curl", "Wget", "Mozilla/5.0"];

/// The answer with its JSON indented, if the client asks for that, or takes no form in which the answer could be.
pub(super) fn indented(head: &Parts, response: Response<Body>) -> Response<Body> {
    let is_json =
        response.headers().get(CONTENT_TYPE).is_some_and(|type_| type_.as_bytes().starts_with(b"application/json"));
    let is_raw = response.status().as_u16() >= 400 && negotiate::Form::accepted(head).is_err();
    match response.body().as_whole() {
        Some(bytes) if is_json && (is_raw || is_wanted(head)) => {
            let bytes = json::indented(bytes);
            response.map(|_| Body::whole(bytes.into()))
        }
        _ => response,
    }
}

/// Source: `isPrettyPrint` of `apiserver/pkg/endpoints/handlers/negotiation/negotiate.go`.
fn is_wanted(head: &Parts) -> bool {
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if text(ACCEPT).contains("pretty") && negotiate::wants_indentation(head) {
        return true;
    }
    let query = Query::parse(head.uri.query().unwrap_or_default());
    match query.text("pretty") {
        "" => PEOPLE.iter().any(|name| text(USER_AGENT).starts_with(name)),
        asked => matches!(asked, "1" | "t" | "T" | "true" | "TRUE" | "True"),
    }
}
