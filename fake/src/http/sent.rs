//! Bodies of requests, in each form that they are sent in.

use kube_structural_schema::yaml::{self, YamlError};

use super::media::Sent as Form;
use super::protobuf;
use crate::json;
use crate::registry::{Body, DuplicateKeys};
use crate::status::Failure;

/// Reads a body.
pub(super) fn read(form: Form, body: &[u8]) -> Body {
    match form {
        Form::Json => of_json(body),
        Form::Yaml => of_yaml(body),
        Form::Protobuf => of_protobuf(body),
    }
}

fn unread(error: impl Into<String>) -> Body {
    Body { error: Some(error.into()), ..Body::default() }
}

fn of_protobuf(body: &[u8]) -> Body {
    if !protobuf::begins(body) {
        return unread(protobuf::NO_MESSAGE);
    }
    protobuf::read(body).map_or_else(|| unread("unexpected EOF"), |object| Body { object, ..Body::default() })
}

fn of_json(body: &[u8]) -> Body {
    match json::read(body) {
        Ok((object, twice)) => Body { object, twice: DuplicateKeys::Json(twice), error: None },
        Err(error) => {
            let error = json::syntax_error(body).unwrap_or_else(|| error.to_string());
            unread(format!("couldn't get version/kind; json parse error: {error}"))
        }
    }
}

/// Reads a patch that is not a configuration.
pub(super) fn patch(body: &[u8]) -> Result<Body, Failure> {
    let (object, twice) = json::read(body).map_err(|_| Failure::bad_request("invalid JSON patch"))?;
    Ok(Body { object, twice: DuplicateKeys::Json(twice), error: None })
}

/// A configuration that is applied. What looks like JSON is not looked at any further before its object is found.
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
    // What only JSON takes, or takes for something else, is not read as JSON, which may nest deeper than YAML may here.
    if std::str::from_utf8(body).is_ok_and(|text| !text.contains('\\') && is_printable(text))
        && let Ok((mut object, twice)) = json::read(body)
        && twice.is_empty()
    {
        json::with_whole_floats_as_integers(&mut object);
        return Body { object, ..Body::default() };
    }
    let (documents, repeated) = match yaml::parse_with_duplicates(body) {
        Ok(read) => read,
        Err((_, error)) => return unread(in_words_of_go(&error)),
    };
    let mut object = documents.into_iter().next().map(yaml::Node::into_json).unwrap_or_default();
    json::normalised(&mut object);
    let twice = repeated.into_iter().map(|key| (key.at.line, key.name)).collect();
    Body { object, twice: DuplicateKeys::Yaml(twice), error: None }
}

/// The message of go-yaml or Go's JSON decoder, as far as it is known.
///
/// Source: `go.yaml.in/yaml/v2/{decode,resolve}.go`.
fn in_words_of_go(error: &YamlError) -> String {
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
        // The remedy is for the readers of a file.
        YamlError::Malformed(why) => format!("yaml: {}", why.split("; ").next().unwrap_or(why)),
        other => format!("yaml: {other}"),
    }
}

/// Whether JSON has only letters that YAML takes, too.
///
/// Source: `go.yaml.in/yaml/v2/readerc.go`.
fn is_printable(text: &str) -> bool {
    let is_refused = |c: char| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    !text.chars().any(is_refused)
}

#[cfg(test)]
mod tests {
    use super::is_printable;

    #[test]
    fn letters_that_yaml_refuses_are_refused_in_json_too() {
        assert!(is_printable("{\"a\": \"é\u{85}\u{feff}🦀\"}\n\t"));
        for letter in ['\u{7f}', '\u{80}', '\u{9f}', '\u{fffe}'] {
            assert!(!is_printable(&format!("{{\"a\": \"{letter}\"}}")), "{letter:?}");
        }
    }
}
