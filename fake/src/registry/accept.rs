//! Bodies as objects of a kind.

use std::fmt::Write;

use kube_structural_schema::object::go;
use serde_json::Value;

use super::{FieldValidation, Registry, Target, WriteOptions, metadata};
use crate::json;
use crate::kinds::Rules;
use crate::status::Failure;

/// The decoded body of a request.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) object: Value,
    /// Duplicate keys.
    pub(crate) twice: DuplicateKeys,
    /// Why nothing could be read, in the API server's words.
    pub(crate) error: Option<String>,
}

/// Duplicate keys of a body.
#[derive(Clone, Debug)]
pub(crate) enum DuplicateKeys {
    /// Paths of fields.
    Json(Vec<String>),
    /// Lines and keys.
    Yaml(Vec<(u32, String)>),
}

impl Default for DuplicateKeys {
    fn default() -> Self {
        DuplicateKeys::Json(Vec::new())
    }
}

impl DuplicateKeys {
    /// The messages, one for each key.
    pub(super) fn warnings(&self) -> Vec<String> {
        match self {
            DuplicateKeys::Json(paths) => {
                paths.iter().map(|path| format!("duplicate field {}", go::quoted(path))).collect()
            }
            DuplicateKeys::Yaml(keys) => keys
                .iter()
                .map(|(line, key)| format!("line {line}: key {} already set in map", go::quoted(key)))
                .collect(),
        }
    }

    /// The messages as errors.
    pub(super) fn errors(&self) -> Vec<String> {
        match self {
            DuplicateKeys::Yaml(keys) if !keys.is_empty() => {
                vec![format!("yaml: unmarshal errors:\n  {}", self.warnings().join("\n  "))]
            }
            _ => self.warnings(),
        }
    }
}

/// The object's own word for its kind.
pub(super) fn kind_of(object: &Value) -> &str {
    object.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// The group in the object's `apiVersion`.
pub(super) fn group_of(object: &Value) -> &str {
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether an object has a version, as every stored object must.
pub(super) fn is_typed(object: &Value) -> Result<(), Failure> {
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if api_version.rsplit('/').next().is_some_and(|version| !version.is_empty()) {
        return Ok(());
    }
    Err(Failure::internal(format!("Internal error occurred: {NO_VERSION}")))
}

const NO_VERSION: &str = "Object 'apiVersion' is missing in 'object has no apiVersion field'";

/// Why a value has no usable version and kind, in Go's words.
pub(super) enum Untyped {
    /// They have a wrong type.
    Wrong(String),
    /// The kind is missing.
    NoKind(String),
}

impl std::fmt::Display for Untyped {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Untyped::Wrong(why) | Untyped::NoKind(why)) = self;
        out.write_str(why)
    }
}

/// The message for an `apiVersion` of null.
pub(super) const NO_TEXT: &str = ".apiVersion accessor error: <nil> is of the type <nil>, expected string";

/// Whether a value has a version and a kind.
pub(super) fn type_meta(object: &Value, text: impl FnOnce() -> String) -> Result<(), Untyped> {
    let no_json = |why: String| {
        Untyped::Wrong(format!("couldn't get version/kind; json parse error: json: cannot unmarshal {why}"))
    };
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
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if api_version.matches('/').count() > 1 {
        return Err(Untyped::Wrong(format!("unexpected GroupVersion string: {api_version}")));
    }
    if kind_of(object).is_empty() {
        return Err(Untyped::NoKind(format!("Object 'Kind' is missing in '{}'", text())));
    }
    Ok(())
}

impl Target {
    /// Objects of built-in kinds may omit what the path determines.
    pub(super) fn fill_in_type(&self, object: &mut Value) {
        if self.kind.is_custom() || !object.is_object() {
            return;
        }
        for (name, value) in [("apiVersion", self.api_version()), ("kind", self.kind.names.kind.clone())] {
            if matches!(object.get(name).map(Value::as_str), None | Some(Some(""))) {
                object[name] = value.into();
            }
        }
    }
}

/// The message for a body that is not an object of any kind.
fn unrecognized(target: &Target, why: &str, original: &[u8]) -> Failure {
    let summary = match original {
        [] => "<empty>".to_owned(),
        [b'{', ..] if original.len() > 30 => format!("{} ...", String::from_utf8_lossy(&original[..30])),
        [b'{', ..] => String::from_utf8_lossy(original).into_owned(),
        _ if original.len() > 30 => format!("{} ...", hex(&original[..30])),
        other => hex(other),
    };
    let kind = &target.kind.names.kind;
    Failure::bad_request(format!("the object provided is unrecognized (must be of type {kind}): {why} ({summary})"))
}

/// The version and kind of a body.
struct Claim {
    api_version: String,
    kind: String,
}

impl Claim {
    fn version(&self) -> &str {
        self.api_version.rsplit('/').next().unwrap_or_default()
    }

    /// The message for a body of the wrong version or kind.
    fn unfit(&self, target: &Target, why: &str) -> Failure {
        let version = go::quoted(self.version());
        let why = if target.kind.is_typed() { in_metadata(why) } else { why.to_owned() };
        let Claim { kind: found, .. } = self;
        let kind = &target.kind.names.kind;
        Failure::bad_request(format!("{found} in version {version} cannot be handled as a {kind}: {why}"))
    }

    /// Errors of strict validation.
    fn strictly(&self, errors: &[String]) -> Result<(), Failure> {
        if errors.is_empty() {
            return Ok(());
        }
        if self.version().is_empty() {
            return Err(Failure::bad_request(NO_VERSION));
        }
        // At this point the API server uses the version and kind of the body.
        let (version, why, Claim { kind, .. }) = (go::quoted(self.version()), errors.join(", "), self);
        let message =
            format!("{kind} in version {version} cannot be handled as a {kind}: strict decoding error: {why}");
        Err(Failure::bad_request(message))
    }
}

/// The version and kind of a body, if they are valid.
fn claim(target: &Target, object: &Value, original: &[u8], options: &WriteOptions) -> Result<Claim, Failure> {
    let of = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let claim = Claim { api_version: of("apiVersion"), kind: of("kind") };
    match type_meta(object, || String::from_utf8_lossy(original).into_owned()) {
        Ok(()) => Ok(claim),
        // Without strict validation, the path completes them, in the message only.
        Err(Untyped::NoKind(why)) if options.validation == FieldValidation::Ignore => {
            let group = claim.api_version.split_once('/').map_or("", |(group, _)| group);
            let fills = claim.version().is_empty() && (group.is_empty() || group == target.kind.resource.group);
            let api_version = if fills { target.api_version() } else { claim.api_version };
            Err(Claim { api_version, kind: target.kind.names.kind.clone() }.unfit(target, &why))
        }
        Err(why) => Err(unrecognized(target, &why.to_string(), original)),
    }
}

impl Registry {
    /// Decodes a body as an object of the target's kind. Unknown and duplicate fields are reported as the options require.
    pub(super) fn accept(
        target: &Target,
        body: Body,
        original: &[u8],
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Value, Failure> {
        let Body { mut object, twice, error } = body;
        if let Some(error) = error {
            return Err(unrecognized(target, &error, original));
        }
        target.fill_in_type(&mut object);
        let claim = claim(target, &object, original, options)?;
        if object.get("apiVersion") == Some(&Value::Null) {
            return Err(claim.unfit(target, NO_TEXT));
        }
        let mut unknown = metadata::normalise(&mut object).map_err(|why| claim.unfit(target, &why))?;
        if claim.api_version == target.api_version() && claim.kind == target.kind.names.kind {
            unknown.extend(Self::coerce(target, &mut object).map_err(|why| claim.unfit(target, &why))?);
        }
        let strict: Vec<String> = unknown.iter().map(|path| format!("unknown field {}", go::quoted(path))).collect();
        match options.validation {
            FieldValidation::Strict => claim.strictly(&[twice.errors(), strict].concat())?,
            FieldValidation::Warn => warnings.extend([twice.warnings(), strict].concat()),
            FieldValidation::Ignore => {}
        }
        if claim.api_version != target.api_version() {
            let message = format!(
                "the API version in the data ({}) does not match the expected API version ({})",
                claim.api_version,
                target.api_version()
            );
            return Err(Failure::bad_request(message));
        }
        Ok(object)
    }

    /// Decodes an object by its schema; returns the paths of the pruned fields.
    pub(super) fn coerce(target: &Target, object: &mut Value) -> Result<Vec<String>, String> {
        let mut unknown = Vec::new();
        if target.kind.rules == Rules::Definition {
            unknown.extend(kube_structural_schema::definition::decode(object)?);
        }
        if target.kind.embeds {
            super::embedded::coerce(&target.version().schema, object, "", &mut unknown)
                .map_err(|error| error.to_string())?;
        }
        unknown.extend(crate::kinds::coerce(target.version(), object));
        target.kind.fill_in(object)?;
        Ok(unknown)
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

/// Go's structs determine the position of the metadata.
fn in_metadata(why: &str) -> String {
    let why = why.replace("Go struct field ObjectMeta.", "Go struct field ObjectMeta.metadata.");
    why.replace(" OwnerReference.ownerReferences.", " OwnerReference.metadata.ownerReferences.")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
