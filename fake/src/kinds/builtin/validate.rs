//! Validation of built-in kinds.
//!
//! Source: `kubernetes/pkg/apis/core/validation/validation.go`, `events.go` beside it, and
//! `pkg/apis/coordination/validation/validation.go`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube_structural_schema::object::{FieldError, names};
use kube_structural_schema::{definition, yaml};
use serde_json::{Map, Value};

use crate::json::depth::value_levels;
use crate::kinds::Rules;
use crate::kinds::{Subresource, embedded};
use crate::metadata;

const MAX_BYTES: i64 = 1024 * 1024;
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// Validates a new object without its metadata.
pub(crate) fn validate(rules: Rules, object: &Value) -> Vec<FieldError> {
    match rules {
        Rules::ConfigMap => config_map(object),
        Rules::Secret => secret(object),
        Rules::Lease => lease(object),
        Rules::Event(form) => super::event::validate(form, object, None),
        Rules::Definition if value_levels(object) > yaml::MAX_DEPTH => {
            let detail = format!("must not nest deeper than {} levels in this server", yaml::MAX_DEPTH);
            vec![FieldError::forbidden("spec.versions", detail)]
        }
        Rules::Definition => definition::validate(object, embedded::validate_default),
        Rules::Namespace => finalizers(object, |_| "spec.finalizers".to_owned()),
        _ => Vec::new(),
    }
}

/// Validates an update of an object without its metadata.
pub(crate) fn validate_update(rules: Rules, object: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if rules == Rules::Secret && object.get("type") != old.get("type") {
        errors.push(FieldError::invalid("type", text(object, "type"), "field is immutable"));
    }
    if matches!(rules, Rules::ConfigMap | Rules::Secret) && is_true(old, "immutable") {
        if !is_true(object, "immutable") {
            errors.push(FieldError::forbidden("immutable", IMMUTABLE));
        }
        for name in ["data", "binaryData"].into_iter().filter(|name| object.get(name) != old.get(name)) {
            errors.push(FieldError::forbidden(name, IMMUTABLE));
        }
    }
    errors.extend(match rules {
        Rules::Event(form) => super::event::validate(form, object, Some(old)),
        Rules::Definition => definition::validate_update(object, old, embedded::validate_default),
        _ => validate(rules, object),
    });
    errors
}

/// Validates an update of a namespace through `finalize` or `status`.
///
/// Source: `ValidateNamespaceStatusUpdate`, `ValidateNamespaceFinalizeUpdate`.
pub(crate) fn validate_namespace(subresource: Subresource, object: &Value) -> Vec<FieldError> {
    if subresource == Subresource::Status {
        let phase = object.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
        let deleting = metadata::is_deleting(object);
        let (expected, state) = if deleting { ("Terminating", "not empty") } else { ("Active", "empty") };
        let detail = format!("may only be '{expected}' if `deletionTimestamp` is {state}");
        return (phase != expected).then(|| FieldError::invalid("status.Phase", phase, detail)).into_iter().collect();
    }
    finalizers(object, |index| format!("spec.finalizers[{index}]"))
}

/// Validates `spec.finalizers` of a namespace. Whether errors have an index depends on the request.
fn finalizers(object: &Value, field: impl Fn(usize) -> String) -> Vec<FieldError> {
    let finalizers = object.pointer("/spec/finalizers").and_then(Value::as_array).into_iter().flatten();
    let mut errors = Vec::new();
    for (index, name) in finalizers.map(|name| name.as_str().unwrap_or_default()).enumerate() {
        let field = field(index);
        let wrong = names::qualified_name(name);
        errors.extend(wrong.into_iter().map(|detail| FieldError::invalid(field.clone(), name, detail)));
        if !name.contains('/') && !matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(field, name, detail));
        }
    }
    errors
}

fn is_true(object: &Value, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or_default()
}

fn text<'o>(object: &'o Value, name: &str) -> &'o str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn entries<'o>(object: &'o Value, name: &str) -> impl Iterator<Item = (&'o str, &'o str)> {
    let entries = object.get(name).and_then(Value::as_object).into_iter().flat_map(Map::iter);
    entries.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

fn bytes(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).unwrap_or_default()
}

fn keys(object: &Value, name: &str) -> Vec<FieldError> {
    let wrong = |key: &str| {
        let field = format!("{name}[{key}]");
        names::config_key(key).into_iter().map(move |detail| (field.clone(), detail))
    };
    let found = entries(object, name).flat_map(|(key, _)| wrong(key).map(move |(field, detail)| (field, key, detail)));
    found.map(|(field, key, detail)| FieldError::invalid(field, key, detail)).collect()
}

fn config_map(object: &Value) -> Vec<FieldError> {
    let mut errors = keys(object, "data");
    let duplicates = entries(object, "data").filter(|(key, _)| object["binaryData"].get(key).is_some());
    errors
        .extend(duplicates.map(|(key, _)| {
            FieldError::invalid(format!("data[{key}]"), key, "duplicate of key present in binaryData")
        }));
    errors.extend(keys(object, "binaryData"));
    let texts: usize = entries(object, "data").map(|(_, text)| text.len()).sum();
    let binary: usize = entries(object, "binaryData").map(|(_, text)| bytes(text).len()).sum();
    if i64::try_from(texts + binary).unwrap_or(i64::MAX) > MAX_BYTES {
        errors.push(FieldError::too_long("[]", MAX_BYTES));
    }
    errors
}

fn secret(object: &Value) -> Vec<FieldError> {
    let mut errors = keys(object, "data");
    let size: usize = entries(object, "data").map(|(_, text)| bytes(text).len()).sum();
    if i64::try_from(size).unwrap_or(i64::MAX) > MAX_BYTES {
        errors.push(FieldError::too_long("data", MAX_BYTES));
    }
    let has = |key: &str| object["data"].get(key).is_some();
    let missing = |key: &str| FieldError::required(format!("data[{key}]"), "");
    match text(object, "type") {
        "kubernetes.io/service-account-token" => {
            const NAME: &str = "kubernetes.io/service-account.name";
            if text(&object["metadata"]["annotations"], NAME).is_empty() {
                errors.push(FieldError::required(format!("metadata.annotations[{NAME}]"), ""));
            }
        }
        "kubernetes.io/dockercfg" => errors.extend(json_entry(object, ".dockercfg")),
        "kubernetes.io/dockerconfigjson" => errors.extend(json_entry(object, ".dockerconfigjson")),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            errors.extend([missing("username"), missing("password")]);
        }
        "kubernetes.io/ssh-auth" if text(&object["data"], "ssh-privatekey").is_empty() => {
            errors.push(missing("ssh-privatekey"));
        }
        "kubernetes.io/tls" => {
            errors.extend(["tls.crt", "tls.key"].into_iter().filter(|key| !has(key)).map(missing));
        }
        _ => {}
    }
    errors
}

/// Validates an entry that must contain a JSON object.
fn json_entry(object: &Value, key: &str) -> Option<FieldError> {
    let field = format!("data[{key}]");
    let Some(value) = object["data"].get(key).and_then(Value::as_str) else {
        return Some(FieldError::required(field, ""));
    };
    let error = serde_json::from_slice::<Map<String, Value>>(&bytes(value)).err()?;
    Some(FieldError::invalid(field, "<secret contents redacted>", error.to_string()))
}

fn lease(object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, min, detail) in [
        ("leaseDurationSeconds", 1, "must be greater than 0"),
        ("leaseTransitions", 0, "must be greater than or equal to 0"),
    ] {
        if let Some(number) = object["spec"][name].as_i64().filter(|number| *number < min) {
            errors.push(FieldError::invalid(format!("spec.{name}"), number, detail));
        }
    }
    errors
}
