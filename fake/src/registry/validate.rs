//! Validation of objects.

use kube_structural_schema::cel::check_rules;
use kube_structural_schema::object::{
    ErrorKind, FieldError, go, names, validate, validate_lists, validate_status_update, validate_update,
};
use kube_structural_schema::{Schema, Version, definition};
use serde_json::Value;

use super::{Context, Registry, Target, path};
use crate::kinds::{Kind, Rules, Subresource, builtin, embedded};
use crate::metadata;

impl Registry {
    pub(super) fn validate_create(target: &Target, object: &Value, context: &mut Context<'_>) -> Vec<FieldError> {
        let (kind, version) = (&target.kind, target.version());
        if let Some((group, name)) = kind.coded() {
            let rule = builtin::validation::name_rules(group, name);
            let mut errors = metadata::validate(object, kind.namespaced, Some(rule));
            errors.extend(builtin::validation::validate(group, name, object));
            return metadata::deduplicate(errors);
        }
        let rule: (metadata::NameValidation, metadata::NameValidation) = match kind.rules {
            Rules::Namespace => (names::label, names::label),
            _ => (names::subdomain, names::subdomain_prefix),
        };
        let mut errors = type_meta_errors(kind, version, object);
        // Objects of another kind are only validated by lists and rules.
        if errors.is_empty() {
            if !matches!(kind.rules, Rules::Event(_)) {
                errors.extend(metadata::deduplicate(metadata::validate(object, kind.namespaced, Some(rule))));
            }
            if kind.rules == Rules::Definition {
                let wrong = definition::required_name(object)
                    .map(|detail| FieldError::invalid("metadata.name", metadata::text(object, "name"), detail));
                errors.extend(wrong);
            } else {
                errors.extend(validate(&version.schema, object));
            }
            errors.extend(scale_errors(version, object, true));
            errors.extend(builtin::validate(kind.rules, object));
        }
        errors.extend(embedded_errors(target, object));
        errors.extend(validate_lists(&version.schema, object));
        evaluate_rules(&version.schema, object, None, &mut errors, context);
        if errors.is_empty() {
            errors.extend(metadata::validate(object, kind.namespaced, None));
        }
        errors
    }

    pub(super) fn validate_update(
        target: &Target,
        object: &Value,
        old: &Value,
        context: &mut Context<'_>,
    ) -> Vec<FieldError> {
        if let Some((group, kind)) = target.kind.coded() {
            let mut errors = metadata::validate_update(object, old);
            errors.extend(match target.subresource {
                Subresource::Status => builtin::validation::validate_status(group, kind, object, old),
                Subresource::Approval => builtin::validation::validate_approval(object, old),
                Subresource::EphemeralContainers => builtin::validation::validate_ephemeral_containers(object, old),
                Subresource::Resize => builtin::validation::validate_resize(object, old),
                _ => builtin::validation::validate_update(group, kind, object, old),
            });
            return metadata::deduplicate(errors);
        }
        let mut errors = metadata::validate(object, target.kind.namespaced, None);
        errors.extend(metadata::validate_update(object, old));
        errors.extend(Self::validate_update_by_kind(target, object, old, context));
        if target.kind.is_custom() { errors } else { metadata::deduplicate(errors) }
    }

    /// Validates an update by its kind. For custom resources, metadata is validated again.
    fn validate_update_by_kind(
        target: &Target,
        object: &Value,
        old: &Value,
        context: &mut Context<'_>,
    ) -> Vec<FieldError> {
        let (kind, version) = (&target.kind, target.version());
        let schema = &version.schema;
        let mut errors = type_meta_errors(kind, version, object);
        if errors.is_empty() {
            errors.extend(metadata::deduplicate(metadata::validate_update(object, old)));
            if kind.rules == Rules::Definition {
                errors.extend(match target.subresource {
                    Subresource::Status => definition::validate_status(object),
                    _ => definition::validate_update(object, old, embedded::validate_default),
                });
            } else if kind.rules == Rules::Namespace {
                errors.extend(validate_update(schema, object, old));
                errors.extend(builtin::validate_namespace(target.subresource, object));
            } else if target.subresource == Subresource::Status {
                if let (Some(status), Some(schema)) = (object.get("status"), schema.properties.get("status")) {
                    errors.extend(validate_status_update(schema, status, old.get("status")));
                }
                errors.extend(scale_errors(version, object, false));
            } else {
                errors.extend(validate_update(schema, object, old));
                errors.extend(scale_errors(version, object, true));
                errors.extend(builtin::validate_update(kind.rules, object, old));
            }
        }
        // Source: `apiextensions-apiserver/pkg/registry/customresource/status_strategy.go`, which leaves them out.
        if target.subresource != Subresource::Status {
            errors.extend(embedded_errors(target, object));
        }
        if validate_lists(schema, old).is_empty() {
            errors.extend(validate_lists(schema, object));
        }
        evaluate_rules(schema, object, Some(old), &mut errors, context);
        errors
    }
}

/// Evaluates CEL rules.
fn evaluate_rules(
    schema: &Schema,
    object: &Value,
    old: Option<&Value>,
    errors: &mut Vec<FieldError>,
    context: &mut Context<'_>,
) {
    context.warnings.extend(check_rules(schema, object, old, errors));
}

/// Validates embedded resources.
fn embedded_errors(target: &Target, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if target.kind.has_embedded {
        embedded::validate(&target.version().schema, object, "", &mut errors);
    }
    errors
}

fn type_meta_errors(kind: &Kind, version: &Version, object: &Value) -> Vec<FieldError> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut errors = Vec::new();
    for (name, expected) in [("kind", &kind.names.kind), ("apiVersion", &kind.api_version(version))] {
        if text(name) != expected {
            errors.push(FieldError::invalid(name, text(name), format!("must be {expected}")));
        }
    }
    errors
}

/// Validates the replicas of an object with `scale`.
fn scale_errors(version: &Version, object: &Value, with_spec: bool) -> Vec<FieldError> {
    let Some(scale) = &version.subresources.scale else { return Vec::new() };
    let mut errors = Vec::new();
    let paths = [(&scale.spec_replicas_path, with_spec), (&scale.status_replicas_path, true)];
    for (path, _) in paths.into_iter().filter(|(_, expected)| *expected) {
        let value = match path::value(object, path) {
            Ok(Some(value)) => value,
            Ok(None) => continue,
            Err(reason) => {
                errors.push(FieldError::invalid(path.as_str(), 0, reason));
                continue;
            }
        };
        let wrong = match value.as_i64() {
            None => {
                errors.push(FieldError::invalid(path.as_str(), 0, path::wrong_type(value, path, "int64")));
                continue;
            }
            Some(replicas) if replicas < 0 => "should be a non-negative integer".to_owned(),
            Some(replicas) if replicas > i64::from(i32::MAX) => {
                format!("should be less than or equal to {}", i32::MAX)
            }
            Some(_) => continue,
        };
        errors.push(FieldError::invalid(path.as_str(), value.clone(), wrong));
    }
    if let Some(path) = &scale.label_selector_path
        && let Some(value) = path::find(object, path)
        && !value.is_string()
    {
        let detail = path::wrong_type(value, path, "string");
        errors.push(FieldError { kind: ErrorKind::Invalid, ..FieldError::invalid(path.as_str(), "", detail) });
    }
    errors
}

/// Returns warnings about new finalizers that are not domain-qualified.
pub(super) fn finalizer_warnings(object: &Value, old: Option<&Value>, custom: bool) -> Vec<String> {
    if !custom {
        return Vec::new();
    }
    let before = old.map(metadata::finalizers).unwrap_or_default();
    let mut new = metadata::finalizers(object);
    new.sort();
    new.dedup();
    let mut warnings = Vec::new();
    for finalizer in new.iter().filter(|finalizer| !before.contains(finalizer)) {
        let text = format!("metadata.finalizers: {}", go::quoted(finalizer));
        warnings.extend(names::qualified_name(finalizer).into_iter().map(|detail| format!("{text}: {detail}")));
        let standard = matches!(finalizer.as_str(), "orphan" | "foregroundDeletion" | "kubernetes");
        if !finalizer.contains('/') && !standard {
            let path = if finalizer.contains('.') { " including a path (/)" } else { "" };
            warnings.push(format!(
                "{text}: prefer a domain-qualified finalizer name{path} to avoid accidental conflicts with other finalizer writers"
            ));
        }
    }
    warnings
}
