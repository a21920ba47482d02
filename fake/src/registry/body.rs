//! Decoding of bodies into objects of a kind.

use std::fmt::Write;

use kube_structural_schema::object::go;
use serde_json::Value;

use super::{Context, FieldValidation, Registry, Target};
use crate::kinds::{Rules, embedded};
use crate::metadata;
use crate::status::Failure;

/// A decoded request body.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) object: Value,
    /// The duplicate keys.
    pub(crate) duplicates: DuplicateKeys,
    /// The API server's message if the body could not be decoded.
    pub(crate) error: Option<String>,
}

/// The duplicate keys of a body.
#[derive(Clone, Debug)]
pub(crate) enum DuplicateKeys {
    /// The paths of fields.
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
    /// Returns the warnings, one for each key.
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

    /// Returns the strict decoding errors.
    pub(super) fn errors(&self) -> Vec<String> {
        match self {
            DuplicateKeys::Yaml(keys) if !keys.is_empty() => {
                vec![format!("yaml: unmarshal errors:\n  {}", self.warnings().join("\n  "))]
            }
            _ => self.warnings(),
        }
    }
}

/// Returns `kind`.
pub(super) fn kind_of(object: &Value) -> &str {
    object.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// Returns the group in `apiVersion`.
pub(super) fn group_of(object: &Value) -> &str {
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Returns an error if an object to be stored has no version in `apiVersion`.
pub(super) fn check_version(object: &Value) -> Result<(), Failure> {
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if api_version.rsplit('/').next().is_some_and(|version| !version.is_empty()) {
        return Ok(());
    }
    Err(Failure::internal(format!("Internal error occurred: {MISSING_VERSION}")))
}

const MISSING_VERSION: &str = "Object 'apiVersion' is missing in 'object has no apiVersion field'";

/// An error of `apiVersion` or `kind` with Go's message.
pub(super) enum TypeMetaError {
    /// A field is invalid.
    Invalid(String),
    /// `kind` is missing.
    MissingKind(String),
}

impl std::fmt::Display for TypeMetaError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (TypeMetaError::Invalid(reason) | TypeMetaError::MissingKind(reason)) = self;
        out.write_str(reason)
    }
}

/// The error for an `apiVersion` of null.
/// Returns the API server's message for a field that it prunes: the path is not quoted as Go quotes.
///
/// Source: `customresource_handler.go`, `decodingStrictErrs`; `apimachinery/pkg/runtime/converter.go`
pub(super) fn unknown_field(path: &str) -> String {
    format!("unknown field \"{path}\"")
}

pub(super) const NULL_API_VERSION: &str = ".apiVersion accessor error: <nil> is of the type <nil>, expected string";

/// Validates `apiVersion` and `kind`.
pub(super) fn check_type_meta(object: &Value, text: impl FnOnce() -> String) -> Result<(), TypeMetaError> {
    let invalid = |reason: String| {
        TypeMetaError::Invalid(format!("couldn't get version/kind; json parse error: json: cannot unmarshal {reason}"))
    };
    if !object.is_object() && !object.is_null() {
        let type_ =
            r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;
        return Err(invalid(format!("{} into Go value of type {type_}", go::json_kind(object, type_))));
    }
    for name in ["apiVersion", "kind"] {
        if let Some(value) = object.get(name).filter(|value| !value.is_string() && !value.is_null()) {
            return Err(invalid(format!(
                "{} into Go struct field .{name} of type string",
                go::json_kind(value, "string")
            )));
        }
    }
    let api_version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if api_version.matches('/').count() > 1 {
        return Err(TypeMetaError::Invalid(format!("unexpected GroupVersion string: {api_version}")));
    }
    if kind_of(object).is_empty() {
        return Err(TypeMetaError::MissingKind(format!("Object 'Kind' is missing in '{}'", text())));
    }
    Ok(())
}

impl Target {
    /// Sets `apiVersion` and `kind` of built-in kinds from the path if the body omits them.
    pub(super) fn default_type_meta(&self, object: &mut Value) {
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

/// Creates a 400 for a body that is not an object of any kind.
fn unrecognized(target: &Target, reason: &str, original: &[u8]) -> Failure {
    let summary = match original {
        [] => "<empty>".to_owned(),
        [b'{', ..] if original.len() > 30 => format!("{} ...", String::from_utf8_lossy(&original[..30])),
        [b'{', ..] => String::from_utf8_lossy(original).into_owned(),
        _ if original.len() > 30 => format!("{} ...", hex(&original[..30])),
        other => hex(other),
    };
    let kind = &target.kind.names.kind;
    Failure::bad_request(format!("the object provided is unrecognized (must be of type {kind}): {reason} ({summary})"))
}

/// The `apiVersion` and `kind` of a body.
struct TypeMeta {
    api_version: String,
    kind: String,
}

impl TypeMeta {
    fn version(&self) -> &str {
        self.api_version.rsplit('/').next().unwrap_or_default()
    }

    /// Creates a 400 for a body that cannot be decoded into its kind.
    fn cannot_handle(&self, target: &Target, reason: &str) -> Failure {
        let version = go::quoted(self.version());
        let TypeMeta { kind: found, .. } = self;
        let kind = &target.kind.names.kind;
        Failure::bad_request(format!("{found} in version {version} cannot be handled as a {kind}: {reason}"))
    }

    /// Returns strict decoding errors, if any.
    fn check_strict(&self, errors: &[String]) -> Result<(), Failure> {
        if errors.is_empty() {
            return Ok(());
        }
        if self.version().is_empty() {
            return Err(Failure::bad_request(MISSING_VERSION));
        }
        // At this point, the API server has decoded the object into the kind of the body.
        let (version, reason, TypeMeta { kind, .. }) = (go::quoted(self.version()), errors.join(", "), self);
        let message =
            format!("{kind} in version {version} cannot be handled as a {kind}: strict decoding error: {reason}");
        Err(Failure::bad_request(message))
    }
}

/// Returns the `apiVersion` and `kind` of a body.
fn type_meta(target: &Target, object: &Value, context: &Context<'_>) -> Result<TypeMeta, Failure> {
    let of = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let type_meta = TypeMeta { api_version: of("apiVersion"), kind: of("kind") };
    match check_type_meta(object, || String::from_utf8_lossy(context.original).into_owned()) {
        Ok(()) => Ok(type_meta),
        // Without field validation, they default to those of the path, but only in the error.
        Err(TypeMetaError::MissingKind(reason)) if context.options.validation == FieldValidation::Ignore => {
            let group = type_meta.api_version.split_once('/').map_or("", |(group, _)| group);
            let defaults = type_meta.version().is_empty() && (group.is_empty() || group == target.kind.resource.group);
            let api_version = if defaults { target.api_version() } else { type_meta.api_version };
            Err(TypeMeta { api_version, kind: target.kind.names.kind.clone() }.cannot_handle(target, &reason))
        }
        Err(reason) => Err(unrecognized(target, &reason.to_string(), context.original)),
    }
}

impl Registry {
    /// Decodes a body into an object of the target's kind. Unknown and duplicate fields are ignored, warned about or
    /// rejected.
    pub(super) fn decode_body(target: &Target, body: Body, context: &mut Context<'_>) -> Result<Value, Failure> {
        let Body { mut object, duplicates, error } = body;
        if let Some(error) = error {
            return Err(unrecognized(target, &error, context.original));
        }
        target.default_type_meta(&mut object);
        let type_meta = type_meta(target, &object, context)?;
        if object.get("apiVersion") == Some(&Value::Null) {
            return Err(type_meta.cannot_handle(target, NULL_API_VERSION));
        }
        let mut unknown = metadata::normalize(&mut object).map_err(|reason| {
            let reason = if target.kind.is_typed() { with_metadata_path(&reason) } else { reason };
            type_meta.cannot_handle(target, &reason)
        })?;
        if type_meta.api_version == target.api_version() && type_meta.kind == target.kind.names.kind {
            unknown
                .extend(Self::coerce(target, &mut object).map_err(|reason| type_meta.cannot_handle(target, &reason))?);
        }
        let strict: Vec<String> = unknown.iter().map(|path| unknown_field(path)).collect();
        match context.options.validation {
            FieldValidation::Strict => type_meta.check_strict(&[duplicates.errors(), strict].concat())?,
            FieldValidation::Warn => context.warnings.extend([duplicates.warnings(), strict].concat()),
            FieldValidation::Ignore => {}
        }
        if type_meta.api_version != target.api_version() {
            let message = format!(
                "the API version in the data ({}) does not match the expected API version ({})",
                type_meta.api_version,
                target.api_version()
            );
            return Err(Failure::bad_request(message));
        }
        Ok(object)
    }

    /// Prunes, sets defaults and applies the kind-specific decoding. Returns the paths of pruned fields.
    pub(super) fn coerce(target: &Target, object: &mut Value) -> Result<Vec<String>, String> {
        let mut unknown = Vec::new();
        if target.kind.rules == Rules::Definition {
            unknown.extend(kube_structural_schema::definition::decode(object)?);
        }
        if target.kind.has_embedded {
            embedded::coerce(&target.version().schema, object, "", &mut unknown).map_err(|error| error.to_string())?;
        }
        unknown.extend(target.kind.coerce(target.version(), object)?);
        target.kind.apply_decoding(object)?;
        Ok(unknown)
    }

    /// Sets the namespace of an object to that of the request.
    pub(super) fn set_namespace(target: &Target, object: &mut Value) -> Result<(), Failure> {
        let expected = if target.kind.namespaced { target.namespace.as_str() } else { "" };
        let found = metadata::text(object, "namespace");
        if found == expected {
            return Ok(());
        }
        if found.is_empty() {
            metadata::set(object, "namespace", Some(expected.into()));
            return Ok(());
        }
        if expected.is_empty() {
            metadata::set(object, "namespace", None);
            return Ok(());
        }
        Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ))
    }
}

/// For Go structs, adds the path of the metadata to an error.
fn with_metadata_path(reason: &str) -> String {
    let reason = reason.replace("Go struct field ObjectMeta.", "Go struct field ObjectMeta.metadata.");
    reason.replace(" OwnerReference.ownerReferences.", " OwnerReference.metadata.ownerReferences.")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
