//! Validation of `metadata`.
//!
//! Source: `apimachinery/pkg/api/validation/objectmeta.go`.

use kube_structural_schema::object::{ErrorKind, FieldError, go, names};
use serde_json::Value;

use super::{FOREGROUND, ORPHAN, finalizers, generation, get, is_deleting, text, texts};

/// A validation of names.
pub(crate) type NameValidation = fn(&str) -> Vec<String>;

/// Validates the metadata of a new object.
pub(crate) fn validate(
    object: &Value,
    namespaced: bool,
    rule: Option<(NameValidation, NameValidation)>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (name, generate_name) = (text(object, "name"), text(object, "generateName"));
    let (validate_name, validate_prefix) = rule.unwrap_or((names::path_segment, names::path_segment_prefix));
    let invalid =
        |field: &str, value: &str, detail: String| FieldError::invalid(format!("metadata.{field}"), value, detail);
    if !generate_name.is_empty() {
        errors.extend(
            validate_prefix(generate_name).into_iter().map(|detail| invalid("generateName", generate_name, detail)),
        );
    }
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        errors.extend(validate_name(name).into_iter().map(|detail| invalid("name", name, detail)));
    }
    let namespace = text(object, "namespace");
    match (namespaced, namespace.is_empty()) {
        (true, true) => errors.push(FieldError::required("metadata.namespace", "")),
        (true, false) => {
            errors.extend(names::label(namespace).into_iter().map(|detail| invalid("namespace", namespace, detail)));
        }
        (false, false) => errors.push(FieldError::forbidden("metadata.namespace", "not allowed on this type")),
        (false, true) => {}
    }
    validate_common(object, &mut errors);
    validate_finalizers(object, &mut errors);
    errors
}

fn validate_common(object: &Value, errors: &mut Vec<FieldError>) {
    if generation(object) < 0 {
        let detail = "must be greater than or equal to 0";
        errors.push(FieldError::invalid("metadata.generation", generation(object), detail));
    }
    for (name, value) in texts(object, "labels") {
        let field = "metadata.labels";
        errors.extend(names::qualified_name(name).into_iter().map(|detail| FieldError::invalid(field, name, detail)));
        errors.extend(names::label_value(value).into_iter().map(|detail| FieldError::invalid(field, value, detail)));
    }
    let annotations = texts(object, "annotations");
    for name in annotations.keys() {
        let wrong = names::qualified_name(&name.to_lowercase());
        errors.extend(wrong.into_iter().map(|detail| FieldError::invalid("metadata.annotations", *name, detail)));
    }
    let max = 256 * 1024;
    if annotations.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > max {
        errors.push(FieldError::too_long("metadata.annotations", i64::try_from(max).unwrap_or(i64::MAX)));
    }
    validate_owners(object, errors);
    validate_managers(object, errors);
}

fn validate_owners(object: &Value, errors: &mut Vec<FieldError>) {
    let owners = get(object, "ownerReferences").and_then(Value::as_array);
    let mut controller: Option<String> = None;
    for (index, owner) in owners.into_iter().flatten().enumerate() {
        let of = |name: &str| owner.get(name).and_then(Value::as_str).unwrap_or_default();
        let field = format!("metadata.ownerReferences[{index}]");
        let api_version = of("apiVersion");
        if api_version.is_empty() {
            errors.push(FieldError::required(format!("{field}.apiVersion"), "must not be empty"));
        } else if api_version.split('/').count() > 2 || api_version.ends_with('/') {
            let detail = "must be <group>/<version> or <version>";
            errors.push(FieldError::invalid(format!("{field}.apiVersion"), api_version, detail));
        }
        for name in ["kind", "name", "uid"] {
            if of(name).is_empty() {
                errors.push(FieldError::required(format!("{field}.{name}"), "must not be empty"));
            }
        }
        if (api_version, of("kind")) == ("v1", "Event") {
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            errors.push(FieldError::invalid(field, owner.clone(), detail));
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            let this = format!("{}/{}", of("kind"), of("name"));
            match &controller {
                None => controller = Some(this),
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    );
                    let all = owners.cloned().unwrap_or_default();
                    errors.push(FieldError::invalid("metadata.ownerReferences", Value::Array(all), detail));
                }
            }
        }
    }
}

fn validate_managers(object: &Value, errors: &mut Vec<FieldError>) {
    let entries = get(object, "managedFields").and_then(Value::as_array);
    for (index, entry) in entries.into_iter().flatten().enumerate() {
        let of = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let field = format!("metadata.managedFields[{index}]");
        match of("operation") {
            "" => errors.push(FieldError::required(format!("{field}.operation"), "must not be empty")),
            "Apply" | "Update" => {}
            other => errors.push(FieldError::not_supported(format!("{field}.operation"), other, ["Apply", "Update"])),
        }
        if !matches!(of("fieldsType"), "" | "FieldsV1") {
            let field = format!("{field}.fieldsType");
            errors.push(FieldError::invalid(field, of("fieldsType"), "must be `FieldsV1`"));
        }
    }
}

fn validate_finalizers(object: &Value, errors: &mut Vec<FieldError>) {
    let finalizers = finalizers(object);
    for finalizer in &finalizers {
        let wrong = names::qualified_name(finalizer).into_iter();
        errors.extend(wrong.map(|detail| FieldError::invalid("metadata.finalizers", finalizer.as_str(), detail)));
    }
    let has = |name: &str| finalizers.iter().any(|finalizer| finalizer == name);
    if has(ORPHAN) && has(FOREGROUND) {
        let detail = format!("finalizer {ORPHAN} and {FOREGROUND} cannot be both set");
        errors.push(FieldError::invalid("metadata.finalizers", finalizers, detail));
    }
}

/// Validates the metadata of an updated object.
pub(crate) fn validate_update(object: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if is_deleting(old) {
        let before = finalizers(old);
        let mut new: Vec<String> = finalizers(object).into_iter().filter(|name| !before.contains(name)).collect();
        if !new.is_empty() {
            new.sort();
            new.dedup();
            let new: Vec<String> = new.iter().map(|name| go::quoted(name)).collect();
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                new.join(", ")
            );
            errors.push(FieldError::forbidden("metadata.finalizers", detail));
        }
    }
    if text(object, "resourceVersion").is_empty() {
        errors.push(FieldError::invalid("metadata.resourceVersion", "", "must be specified for an update"));
    }
    if generation(object) < generation(old) {
        errors.push(FieldError::invalid("metadata.generation", generation(object), "must not be decremented"));
    }
    for name in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        let (new, old) = (get(object, name), get(old, name));
        if new != old {
            let value = new.cloned().unwrap_or(match name {
                "deletionTimestamp" | "deletionGracePeriodSeconds" | "creationTimestamp" => Value::Null,
                _ => "".into(),
            });
            errors.push(FieldError::invalid(format!("metadata.{name}"), value, "field is immutable"));
        }
    }
    validate_common(object, &mut errors);
    errors
}

/// Removes duplicate errors.
pub(crate) fn deduplicate(errors: Vec<FieldError>) -> Vec<FieldError> {
    let mut out: Vec<FieldError> = Vec::new();
    for error in errors {
        if error.kind == ErrorKind::Internal || !out.contains(&error) {
            out.push(error);
        }
    }
    out
}
