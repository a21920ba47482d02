//! Content types of bodies, and the lists of supported types.

use ::http::StatusCode;
use ::http::header::CONTENT_TYPE;
use ::http::request::Parts;

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

/// The parsed `Content-Type` header of a request.
pub(super) struct ContentType {
    /// The media type as sent.
    sent: String,
    /// The media type in lower case.
    media_type: String,
    /// Whether the media type and its parameters are well-formed.
    is_valid: bool,
    is_missing: bool,
}

impl ContentType {
    pub(super) fn of(head: &Parts) -> Self {
        Self::parse(head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default())
    }

    /// Source: Go's `mime.ParseMediaType`.
    fn parse(header: &str) -> Self {
        let (sent, parameters) = header.split_at(header.find(';').unwrap_or(header.len()));
        let media_type = sent.trim().to_lowercase();
        let is_typed = media_type.split_once('/').is_some_and(|(type_, subtype)| is_token(type_) && is_token(subtype));
        ContentType {
            sent: sent.to_owned(),
            media_type,
            is_valid: is_typed && are_parameters(parameters),
            is_missing: header.is_empty(),
        }
    }

    /// Returns the media type without parameters.
    pub(super) fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Returns the encoding of a body.
    ///
    /// # Errors
    /// Returns a 415 if the media type is not supported.
    ///
    /// Source: `apiserver/pkg/endpoints/handlers/negotiation/negotiate.go`, `NegotiateInputSerializerForMediaType`.
    pub(super) fn encoding(&self, accepts_protobuf: bool) -> Result<Encoding, Failure> {
        if self.is_missing {
            return Ok(Encoding::Json);
        }
        match self.media_type.as_str() {
            JSON if self.is_valid => Ok(Encoding::Json),
            YAML if self.is_valid => Ok(Encoding::Yaml),
            PROTOBUF if self.is_valid && accepts_protobuf => Ok(Encoding::Protobuf),
            _ => Err(unsupported(
                &[&[JSON, YAML], [PROTOBUF].get(..usize::from(accepts_protobuf)).unwrap_or_default()].concat(),
            )),
        }
    }

    /// Returns the type of a patch.
    ///
    /// # Errors
    /// Returns a 415 if the media type is not supported: from the router of built-in kinds, or from the handler, which
    /// does not trim blanks.
    pub(super) fn patch(&self, target: &Target) -> Result<PatchKind, Failure> {
        let mut types = vec![JSON_PATCH, MERGE_PATCH];
        types.extend(target.kind.is_typed().then_some(STRATEGIC));
        types.push(APPLY_PATCH);
        match self.sent.as_str() {
            JSON_PATCH => Ok(PatchKind::Json),
            MERGE_PATCH => Ok(PatchKind::Merge),
            APPLY_PATCH => Ok(PatchKind::Apply),
            STRATEGIC if target.kind.is_typed() => Ok(PatchKind::Strategic),
            sent if target.kind.is_typed() && !types.contains(&sent.trim()) => {
                Err(Failure::unsupported_media_type_from_router())
            }
            _ => Err(unsupported(&types)),
        }
    }
}

/// Whether objects of a kind have a protobuf encoding: those of built-in kinds do.
pub(super) fn accepts_protobuf(target: &Target) -> bool {
    !target.kind.builtin.is_empty()
}

/// The media types of responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// Of the version.
    Json,
    /// Of custom resources, discovery and others.
    Text,
    /// Of built-in kinds.
    TextAndProtobuf,
}

impl Media {
    pub(super) fn of(target: &Target) -> Self {
        if accepts_protobuf(target) { Media::TextAndProtobuf } else { Media::Text }
    }

    fn answers(self) -> &'static str {
        match self {
            Media::Json => "application/json",
            Media::Text => "application/json, application/yaml",
            Media::TextAndProtobuf => "application/json, application/yaml, application/vnd.kubernetes.protobuf",
        }
    }

    fn streams(self) -> &'static str {
        match self {
            Media::Json | Media::Text => "application/json;stream=watch",
            Media::TextAndProtobuf => "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
        }
    }
}

/// Whether a text consists of well-formed parameters with different names.
fn are_parameters(text: &str) -> bool {
    let (mut rest, mut names) = (text, Vec::new());
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.trim() == ";" {
            return true;
        }
        let Some((name, after)) = parameter(rest).filter(|(name, _)| !names.contains(name)) else { return false };
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

fn unsupported(types: &[&str]) -> Failure {
    let types = types.join(", ");
    let message = format!("the body of the request was in an unknown format - accepted media types include: {types}");
    Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
}

/// Creates a 406 from the handler.
pub(super) fn not_acceptable(is_stream: bool, media: Media) -> Failure {
    let types = if is_stream { media.streams() } else { media.answers() };
    let message = format!("only the following media types are accepted: {types}");
    Failure::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
}

/// Creates a 406 from the router of built-in kinds, which has one list of types for lists and watches.
pub(super) fn not_acceptable_from_router(is_list: bool, media: Media) -> Failure {
    let streams = if is_list { format!(", {}", media.streams()) } else { String::new() };
    Failure::from_router(
        StatusCode::NOT_ACCEPTABLE,
        "NotAcceptable",
        format!("406: Not Acceptable\n\nAvailable representations: {}{streams}", media.answers()),
    )
}

#[cfg(test)]
mod tests {
    use super::ContentType;

    #[test]
    fn media_types_parse_as_in_go() {
        for accepted in [
            "application/json",
            " Application/JSON ",
            "application/json;",
            "application/json ; charset=utf-8",
            "application/json; a=\"x\\\"y\" ;b=c",
        ] {
            let parsed = ContentType::parse(accepted);
            assert_eq!((parsed.is_valid, parsed.media_type()), (true, "application/json"), "{accepted}");
        }
        for rejected in
            ["json", "application/", "application/json;;", "application/json; a", "application/json; a=1; A=2"]
        {
            assert!(!ContentType::parse(rejected).is_valid, "{rejected}");
        }
    }
}
