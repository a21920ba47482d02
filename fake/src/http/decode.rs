//! Decoding of request bodies.

use kube_structural_schema::yaml::{self, YamlError};

use super::media::Encoding;
use super::protobuf;
use crate::catalogue::Catalogue;
use crate::json;
use crate::registry::{Body, DuplicateKeys};
use crate::status::Failure;

/// Decodes a body.
pub(super) fn body(encoding: Encoding, body: &[u8], catalogue: &'static Catalogue) -> Body {
    match encoding {
        Encoding::Json => of_json(body),
        Encoding::Yaml => of_yaml(body),
        Encoding::Protobuf => of_protobuf(body, catalogue),
    }
}

fn undecodable(error: impl Into<String>) -> Body {
    Body { error: Some(error.into()), ..Body::default() }
}

fn of_protobuf(body: &[u8], catalogue: &'static Catalogue) -> Body {
    if !protobuf::has_prefix(body) {
        return undecodable(protobuf::NOT_PROTOBUF);
    }
    let object = protobuf::read(catalogue, body);
    object.map_or_else(|| undecodable("unexpected EOF"), |object| Body { object, ..Body::default() })
}

fn of_json(body: &[u8]) -> Body {
    match json::read(body) {
        Ok((object, duplicates)) => Body { object, duplicates: DuplicateKeys::Json(duplicates), error: None },
        Err(error) => {
            let error = json::syntax_error(body).unwrap_or_else(|| error.to_string());
            undecodable(format!("couldn't get version/kind; json parse error: {error}"))
        }
    }
}

/// Decodes a patch that is not an apply configuration.
pub(super) fn patch(body: &[u8]) -> Result<Body, Failure> {
    let (object, duplicates) = json::read(body).map_err(|_| Failure::bad_request("invalid JSON patch"))?;
    Ok(Body { object, duplicates: DuplicateKeys::Json(duplicates), error: None })
}

/// Decodes an apply configuration. Syntax errors in a text that looks like JSON are reported later, after the object
/// was found.
///
/// Source: `apiserver/pkg/endpoints/handlers/patch.go`, `validateAndTranscodePatch`.
pub(super) fn configuration(body: &[u8]) -> Result<Body, Failure> {
    let sent = of_yaml(body);
    match &sent.error {
        Some(error) if !body.trim_ascii_start().starts_with(b"{") => {
            Err(Failure::bad_request(format!("error encoding patch: {error}")))
        }
        _ => Ok(sent),
    }
}

fn of_yaml(body: &[u8]) -> Body {
    // JSON that go-yaml rejects or reads differently is left to the YAML parser. The JSON parser accepts deeper
    // nesting.
    if std::str::from_utf8(body).is_ok_and(|text| !text.contains('\\') && is_printable(text))
        && let Ok((mut object, duplicates)) = json::read(body)
        && duplicates.is_empty()
    {
        json::whole_floats_to_integers(&mut object);
        return Body { object, ..Body::default() };
    }
    let (documents, duplicate_keys) = match yaml::parse_with_duplicates(body) {
        Ok(read) => read,
        Err((_, error)) => return undecodable(go_message(&error)),
    };
    let mut object = documents.into_iter().next().map(yaml::Node::into_json).unwrap_or_default();
    json::normalize(&mut object);
    let duplicates = duplicate_keys.into_iter().map(|key| (key.at.line, key.name)).collect();
    Body { object, duplicates: DuplicateKeys::Yaml(duplicates), error: None }
}

/// Returns the message of go-yaml or of Go's JSON encoder, where it is known.
///
/// Source: `go.yaml.in/yaml/v2/{decode,resolve}.go`.
fn go_message(error: &YamlError) -> String {
    match error {
        YamlError::Tag { tag, .. } if tag == "!!binary" => {
            "yaml: !!binary value contains invalid base64 data".to_owned()
        }
        YamlError::Tag { tag, found, value } => format!("yaml: cannot decode {found} `{value}` as a {tag}"),
        YamlError::NotJson(float) if float.to_lowercase().contains("nan") => "json: unsupported value: NaN".to_owned(),
        YamlError::NotJson(float) => {
            let sign = if float.starts_with('-') { '-' } else { '+' };
            format!("json: unsupported value: {sign}Inf")
        }
        YamlError::ExcessiveAliasing => "yaml: document contains excessive aliasing".to_owned(),
        YamlError::CyclicAlias(anchor) => format!("yaml: anchor '{anchor}' value contains itself"),
        YamlError::UnknownAnchor(anchor) => format!("yaml: unknown anchor '{anchor}' referenced"),
        YamlError::Merge => "yaml: map merge requires map or sequence of maps as the value".to_owned(),
        // The remedy is only meant for files.
        YamlError::Malformed(reason) => format!("yaml: {}", reason.split("; ").next().unwrap_or(reason)),
        other => format!("yaml: {other}"),
    }
}

/// Whether a text only has characters that YAML accepts.
///
/// Source: `go.yaml.in/yaml/v2/readerc.go`.
fn is_printable(text: &str) -> bool {
    let is_rejected = |c: char| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    !text.chars().any(is_rejected)
}

#[cfg(test)]
mod tests {
    use super::is_printable;

    #[test]
    fn json_with_unprintable_characters_is_not_printable_yaml() {
        assert!(is_printable("{\"a\": \"é\u{85}\u{feff}🦀\"}\n\t"));
        for letter in ['\u{7f}', '\u{80}', '\u{9f}', '\u{fffe}'] {
            assert!(!is_printable(&format!("{{\"a\": \"{letter}\"}}")), "{letter:?}");
        }
    }
}
