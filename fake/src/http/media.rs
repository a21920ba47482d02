//! Content types of bodies, and the lists of supported types.

use ::http::StatusCode;
use ::http::header::CONTENT_TYPE;
use ::http::request::Parts;

use super::protobuf;
use crate::registry::{PatchKind, Target};
use crate::status::Failure;

const JSON: &str = "application/json";
pub(super) const YAML: &str = "application/yaml";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
const MERGE_PATCH: &str = "application/merge-patch+json";
pub(super) const APPLY_PATCH: &str = "application/apply-patch+yaml";

/// The patch types that all kinds support.
pub(super) const PATCHES: [&str; 3] = [APPLY_PATCH, JSON_PATCH, MERGE_PATCH];

/// The patch type that only built-in kinds support.
pub(super) const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// The encoding of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Json,
    Yaml,
    /// Encoding by Go clients for built-in kinds.
    Protobuf,
}

fn header(head: &Parts) -> &str {
    head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns the media type of a body without parameters.
pub(super) fn content_type(head: &Parts) -> String {
    header(head).split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// Whether bodies of a kind are accepted as protobuf. Other kinds accept JSON and YAML only.
pub(super) fn accepts_protobuf(target: &Target) -> bool {
    !target.kind.is_custom() && protobuf::supports(&target.api_version(), &target.kind.names.kind)
}

/// Returns the encoding of a body.
///
/// # Errors
/// Returns a 415 if the media type is not supported.
///
/// Source: `apiserver/pkg/endpoints/handlers/negotiation/negotiate.go`, `NegotiateInputSerializerForMediaType`.
pub(super) fn encoding(head: &Parts, accepts_protobuf: bool) -> Result<Encoding, Failure> {
    let header = header(head);
    if header.is_empty() {
        return Ok(Encoding::Json);
    }
    match parse(header).as_deref() {
        Some(JSON) => Ok(Encoding::Json),
        Some(YAML) => Ok(Encoding::Yaml),
        Some(PROTOBUF) if accepts_protobuf => Ok(Encoding::Protobuf),
        _ => Err(unsupported(
            &[&[JSON, YAML], [PROTOBUF].get(..usize::from(accepts_protobuf)).unwrap_or_default()].concat(),
        )),
    }
}

/// Returns the media type if it and its parameters are well-formed.
///
/// Source: Go's `mime.ParseMediaType`.
fn parse(header: &str) -> Option<String> {
    let (type_, mut rest) = header.split_at(header.find(';').unwrap_or(header.len()));
    let type_ = type_.trim().to_lowercase();
    let is_typed = type_.split_once('/').is_some_and(|(type_, subtype)| is_token(type_) && is_token(subtype));
    if !is_typed {
        return None;
    }
    let mut names = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.trim() == ";" {
            return Some(type_);
        }
        let (name, after) = parameter(rest)?;
        if names.contains(&name) {
            return None;
        }
        names.push(name);
        rest = after;
    }
}

/// Splits the leading parameter off a text; returns its name and the rest.
fn parameter(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix(';')?.trim_start();
    let (name, rest) = text.split_at(text.find(|c| !is_token_letter(c)).unwrap_or(text.len()));
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    if name.is_empty() {
        return None;
    }
    let rest = if let Some(quoted) = rest.strip_prefix('"') {
        after_quotes(quoted)?
    } else {
        let end = rest.find(|c| !is_token_letter(c)).unwrap_or(rest.len());
        rest.get(end..).filter(|_| end > 0)?
    };
    Some((name.to_lowercase(), rest))
}

fn after_quotes(text: &str) -> Option<&str> {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return text.get(at + 1..),
            '\\' => drop(letters.next()),
            '\r' | '\n' => return None,
            _ => {}
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_letter)
}

fn is_token_letter(letter: char) -> bool {
    letter.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(letter)
}

/// Returns the type of a patch.
///
/// # Errors
/// Returns a 415 if the media type is not supported: from the router of built-in kinds, or from the handler, which does
/// not trim blanks.
pub(super) fn patch(head: &Parts, target: &Target) -> Result<PatchKind, Failure> {
    let type_ = header(head).split(';').next().unwrap_or_default();
    let mut types = vec![JSON_PATCH, MERGE_PATCH];
    types.extend(target.kind.is_typed().then_some(STRATEGIC));
    types.push(APPLY_PATCH);
    match type_ {
        JSON_PATCH => Ok(PatchKind::Json),
        MERGE_PATCH => Ok(PatchKind::Merge),
        APPLY_PATCH => Ok(PatchKind::Apply),
        STRATEGIC if target.kind.is_typed() => Ok(PatchKind::Strategic),
        _ if target.kind.is_typed() && !types.contains(&type_.trim()) => {
            Err(Failure::unsupported_media_type_from_router())
        }
        _ => Err(unsupported(&types)),
    }
}

fn unsupported(types: &[&str]) -> Failure {
    let types = types.join(", ");
    let message = format!("the body of the request was in an unknown format - accepted media types include: {types}");
    Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
}

/// Creates a 406 from the handler. Responses are JSON or YAML, streams are JSON.
pub(super) fn not_acceptable(is_stream: bool) -> Failure {
    let types = if is_stream { STREAMS } else { ANSWERS };
    let message = format!("only the following media types are accepted: {types}");
    Failure::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
}

const ANSWERS: &str = "application/json, application/yaml";
const STREAMS: &str = "application/json;stream=watch";

/// Creates a 406 from the router of built-in kinds, which has one list of types for lists and watches.
pub(super) fn not_acceptable_from_router(is_list: bool) -> Failure {
    let streams = if is_list { format!(", {STREAMS}") } else { String::new() };
    Failure::from_router(
        StatusCode::NOT_ACCEPTABLE,
        "NotAcceptable",
        format!("406: Not Acceptable\n\nAvailable representations: {ANSWERS}{streams}"),
    )
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn media_types_parse_as_in_go() {
        for accepted in [
            "application/json",
            " Application/JSON ",
            "application/json;",
            "application/json ; charset=utf-8",
            "application/json; a=\"x\\\"y\" ;b=c",
        ] {
            assert_eq!(parse(accepted).as_deref(), Some("application/json"), "{accepted}");
        }
        for rejected in
            ["json", "application/", "application/json;;", "application/json; a", "application/json; a=1; A=2"]
        {
            assert_eq!(parse(rejected), None, "{rejected}");
        }
    }
}
