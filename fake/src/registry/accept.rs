//! Bodies as objects of a kind.

use std::fmt::Write;

use kube_structural_schema::object::go;
use serde_json::Value;

use super::{FieldValidation, Registry, Target, WriteOptions, metadata};
use crate::json;
use crate::status::Failure;

/// What is read from a request's body.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) object: Value,
    /// Paths of fields that stand there twice.
    pub(crate) twice: Vec<String>,
    /// Why nothing could be read, in Go's words.
    pub(crate) error: Option<String>,
}

/// The object's own word for its kind.
pub(super) fn kind_of(object: &Value) -> &str {
    object.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// Whether a value tells its version and kind; else why not, in Go's words.
pub(super) fn type_meta(object: &Value, text: impl FnOnce() -> String) -> Result<(), String> {
    let no_json = |why: String| format!("couldn't get version/kind; json parse error: json: cannot unmarshal {why}");
    if !object.is_object() && !object.is_null() {
        let type_ =
            r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;
        return Err(no_json(format!("{} into Go value of type {type_}", json::go_kind(object))));
    }
    for name in ["apiVersion", "kind"] {
        if let Some(value) = object.get(name).filter(|value| !value.is_string() && !value.is_null()) {
            return Err(no_json(format!("{} into Go struct field .{name} of type string", json::go_kind(value))));
        }
    }
    if kind_of(object).is_empty() {
        return Err(format!("Object 'Kind' is missing in '{}'", text()));
    }
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if api_version.matches('/').count() > 1 {
        return Err(format!("unexpected GroupVersion string: {api_version}"));
    }
    Ok(())
}

impl Registry {
    /// Makes of a body an object of the target's kind. What is unknown or repeated is told as the options wish.
    pub(super) fn accept(
        target: &Target,
        body: Body,
        original: &[u8],
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Value, Failure> {
        let Body { mut object, twice, error: body_error } = body;
        let kind = &target.kind.names.kind;
        let summary = || match original {
            [] => "<empty>".to_owned(),
            [b'{', ..] if original.len() > 30 => format!("{} ...", String::from_utf8_lossy(&original[..30])),
            [b'{', ..] => String::from_utf8_lossy(original).into_owned(),
            other => hex(&other[..other.len().min(30)]),
        };
        let unrecognized = |why: &str| {
            let message =
                format!("the object provided is unrecognized (must be of type {kind}): {why} ({})", summary());
            Failure::bad_request(message)
        };
        if let Some(error) = body_error {
            return Err(unrecognized(&format!("couldn't get version/kind; json parse error: {error}")));
        }
        if !target.kind.is_custom() && object.is_object() {
            // Built-in kinds may leave out what the path says.
            for (name, value) in [("apiVersion", target.api_version()), ("kind", kind.clone())] {
                if matches!(object.get(name).map(Value::as_str), None | Some(Some(""))) {
                    object[name] = value.into();
                }
            }
        }
        let text = || String::from_utf8_lossy(original).into_owned();
        type_meta(&object, text).map_err(|why| unrecognized(&why))?;
        let of = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, found) = (of("apiVersion"), of("kind"));
        let version = api_version.rsplit('/').next().unwrap_or_default().to_owned();
        let unfit = |why: &str| {
            let version = go::quoted(&version);
            Failure::bad_request(format!("{found} in version {version} cannot be handled as a {kind}: {why}"))
        };
        let unknown = metadata::normalise(&mut object).map_err(|why| unfit(&why))?;
        let mut strict: Vec<String> =
            twice.iter().map(|path| format!("duplicate field {}", go::quoted(path))).collect();
        strict.extend(unknown.iter().map(|path| format!("unknown field {}", go::quoted(path))));
        if api_version == target.api_version() && found == *kind {
            let unknown = crate::kinds::coerce(target.version(), &mut object);
            strict.extend(unknown.iter().map(|path| format!("unknown field {}", go::quoted(path))));
        }
        match options.validation {
            FieldValidation::Strict if !strict.is_empty() => {
                return Err(unfit(&format!("strict decoding error: {}", strict.join(", "))));
            }
            FieldValidation::Warn => warnings.extend(strict),
            _ => {}
        }
        if api_version != target.api_version() {
            let message = format!(
                "the API version in the data ({api_version}) does not match the expected API version ({})",
                target.api_version()
            );
            return Err(Failure::bad_request(message));
        }
        Ok(object)
    }

    /// The object's namespace is the request's.
    pub(super) fn place(target: &Target, object: &mut Value) -> Result<(), Failure> {
        let wanted = if target.kind.namespaced { target.namespace.as_str() } else { "" };
        let found = metadata::text(object, "namespace");
        if found == wanted {
            return Ok(());
        }
        if found.is_empty() {
            metadata::set(object, "namespace", Some(wanted.into()));
            return Ok(());
        }
        if wanted.is_empty() {
            metadata::set(object, "namespace", None);
            return Ok(());
        }
        Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:x}");
        text
    })
}
