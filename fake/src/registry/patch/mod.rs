//! Patches: JSON patch, merge patch, strategic merge patch, and server-side apply.
//!
//! Source: `apiserver/pkg/endpoints/handlers/patch.go`.

mod operations;
mod strategic;

use kube_structural_schema::object::{FieldError, go};
use kube_structured_merge::ApplyError;
use serde_json::{Map, Value};

use super::{Body, Context, FieldValidation, Registry, Target, Written};
use crate::kinds::builtin::PatchedStruct;
use crate::kinds::{Rules, Subresource};
use crate::metadata::{self, text};
use crate::status::Failure;
use crate::strconv;

/// The type of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchKind {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl Registry {
    pub(super) fn patch_object(
        &mut self,
        target: &Target,
        kind: PatchKind,
        patch: &Body,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        if kind == PatchKind::Apply {
            return self.apply(target, patch, context);
        }
        let live = self.get(target)?;
        let patched = Self::apply_patch(target, &live, kind, patch, context)?;
        self.replace_patched(target, patched, &live, context)
    }

    /// Applies a patch to an object.
    pub(super) fn apply_patch(
        target: &Target,
        live: &Value,
        kind: PatchKind,
        patch: &Body,
        context: &mut Context<'_>,
    ) -> Result<Value, Failure> {
        let mut patched = live.clone();
        let mut strict = Self::change(target, &mut patched, kind, patch, context)?;
        let text_in_errors = if kind == PatchKind::Strategic { go::plain(&patch.object) } else { go::json(&patched) };
        let invalid = |reason: String| {
            let error = FieldError::invalid("patch", text_in_errors.clone(), reason);
            Failure::invalid("", "", "", &[error])
        };
        target.default_type_meta(&mut patched);
        super::check_type_meta(&patched, || text_in_errors.clone()).map_err(|reason| invalid(reason.to_string()))?;
        if patched.get("apiVersion") == Some(&Value::Null) {
            return Err(invalid(super::body::NULL_API_VERSION.to_owned()));
        }
        let of = |name: &str| patched.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_own = of("apiVersion") == target.api_version() && of("kind") == target.kind.names.kind;
        if is_own && kind == PatchKind::Strategic {
            target.kind.check_convertible(target.version(), &patched).map_err(&invalid)?;
        }
        let unknown = metadata::normalize(&mut patched).map_err(&invalid)?;
        strict.extend(unknown.iter().map(|path| super::body::unknown_field(path)));
        if is_own {
            let unknown = Self::coerce(target, &mut patched).map_err(&invalid)?;
            strict.extend(unknown.iter().map(|path| super::body::unknown_field(path)));
        }
        match context.options.validation {
            FieldValidation::Strict if !strict.is_empty() => {
                return Err(invalid(format!("strict decoding error: {}", strict.join(", "))));
            }
            FieldValidation::Warn => context.warnings.extend(strict),
            _ => {}
        }
        target.update_managers(live, &mut patched, &context.options.manager, &context.now);
        Ok(patched)
    }

    /// Changes an object by a patch. Returns the strict decoding errors of the patch.
    fn change(
        target: &Target,
        object: &mut Value,
        kind: PatchKind,
        patch: &Body,
        context: &Context<'_>,
    ) -> Result<Vec<String>, Failure> {
        let mut strict = patch.duplicates.warnings();
        match (kind, &patch.object) {
            (PatchKind::Json, patch) => {
                strict.extend(operations::validate(patch, context.options.validation)?);
                strict.iter_mut().for_each(|warning| warning.insert_str(0, "json patch "));
                operations::patch(object, patch)?;
            }
            (PatchKind::Strategic, Value::Object(patch)) => {
                strategic::patch(object, patch, PatchedStruct(target.kind.struct_of(target.version())))?;
                if target.kind.rules == Rules::Stored {
                    strategic::remove_directives(object);
                }
            }
            (PatchKind::Strategic, Value::Null) => {}
            (PatchKind::Strategic, other) => return Err(Failure::bad_request(not_a_map(other))),
            (_, patch @ Value::Object(_)) => merge(object, patch),
            (_, Value::Null) => return Err(Failure::bad_request("Invalid JSON Patch")),
            (_, other) => return Err(Failure::bad_request(format!("error decoding patch: {}", not_a_map(other)))),
        }
        Ok(strict)
    }

    /// Replaces an object by a patched one.
    fn replace_patched(
        &mut self,
        target: &Target,
        mut patched: Value,
        live: &Value,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        Self::check_identity(target, &mut patched, context)?;
        self.replace(target, patched, live, context)
    }

    fn apply(&mut self, target: &Target, body: &Body, context: &mut Context<'_>) -> Result<Written, Failure> {
        let live = self.get(target).ok();
        if live.is_none() && target.subresource != Subresource::None {
            return Err(Failure::not_found(&target.kind.resource, &target.name));
        }
        let mut applied = Self::apply_configuration(target, live.as_ref(), body, context)?;
        if let Some(live) = live {
            return self.replace_patched(target, applied, &live, context);
        }
        let uid = text(&applied, "uid");
        if !uid.is_empty() {
            let reason =
                format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            return Err(Failure::conflict(&target.kind.resource, &target.name, reason));
        }
        let version = text(&applied, "resourceVersion");
        if !version.is_empty() {
            strconv::uint(version).map_err(Failure::untyped)?;
        }
        // Fields that only the server sets are ignored, including the resource version.
        for name in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            metadata::set(&mut applied, name, None);
        }
        Self::check_identity(target, &mut applied, context)?;
        self.check_create_access(target, context)?;
        self.create_object(target, applied, context)
    }

    /// Applies a configuration to an object, which may not exist.
    pub(super) fn apply_configuration(
        target: &Target,
        live: Option<&Value>,
        body: &Body,
        context: &mut Context<'_>,
    ) -> Result<Value, Failure> {
        let Body { object: config, duplicates, error } = body;
        if let Some(error) = error {
            return Err(Failure::bad_request(format!("error decoding patch: error converting YAML to JSON: {error}")));
        }
        match config {
            Value::Object(_) => {}
            Value::Null => return Err(Failure::bad_request("invalid object type: /, Kind=")),
            other => {
                let reason = format!("error unmarshaling JSON: while decoding JSON: {}", not_a_map(other));
                return Err(Failure::bad_request(format!("error decoding patch: {reason}")));
            }
        }
        let merged = target.merge_configuration(live, config, context);
        if target.subresource == Subresource::Scale && target.kind.builtin.is_empty() {
            check_scale(live, config, &merged)?;
        }
        let mut applied = merged.map_err(apply_failure)?;
        target
            .kind
            .check_convertible(target.version(), &applied)
            .map_err(|reason| Failure::untyped(inconvertible(target, config, &reason)))?;
        target.kind.add_zero_fields(target.version(), &mut applied);
        match context.options.validation {
            FieldValidation::Strict => {
                if let [errors, ..] = &duplicates.errors()[..] {
                    let message = format!("error strict decoding patch: error converting YAML to JSON: {errors}");
                    return Err(Failure::bad_request(message));
                }
            }
            FieldValidation::Warn => context.warnings.extend(duplicates.warnings()),
            FieldValidation::Ignore => {}
        }
        // Nulls and empty values are stored and only removed when the object is decoded. An unchanged object does not
        // get the defaults of this version.
        if live.is_none_or(|live| !super::update::equal_except_managers(live, &applied)) {
            kube_structural_schema::object::apply_defaults(&target.version().schema, &mut applied);
        }
        target.kind.apply_decoding(&mut applied).map_err(Failure::untyped)?;
        Ok(applied)
    }

    /// Sets the namespace and checks the name of an object.
    pub(super) fn check_identity(
        target: &Target,
        object: &mut Value,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        Self::set_namespace(target, object)?;
        Self::check_name(target, object)?;
        Self::dedup_owners(object, true, context);
        Ok(())
    }
}

/// Returns the message for an applied object that cannot be converted into its struct.
fn inconvertible(target: &Target, object: &Value, reason: &str) -> String {
    let (namespace, name) = (text(object, "namespace"), text(object, "name"));
    let (group, version, kind) = (&target.kind.resource.group, &target.version().name, &target.kind.names.kind);
    let kind = format!("{group}/{version}, Kind={kind}");
    format!(
        "failed to convert new object ({namespace}/{name}; {kind}) to proper version: unable to convert unstructured object \
         to {kind}: {reason}"
    )
}

/// Fails as the API server does for an applied scale of a custom resource, which it cannot convert. It converts the result if
/// something changes, and an empty scale if the replicas have no manager yet.
///
/// Source: `apimachinery/pkg/util/managedfields/internal`, `structuredmerge.go` and `skipnonapplied.go`
fn check_scale(live: Option<&Value>, config: &Value, merged: &Result<Value, ApplyError>) -> Result<(), Failure> {
    let inconvertible = |what: &str, namespace: &str, name: &str| {
        Failure::untyped(format!(
            "{what} object ({namespace}/{name}; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an \
             invalid group/version: autoscaling/v1"
        ))
    };
    let has_managers =
        live.and_then(|live| metadata::get(live, "managedFields")).is_some_and(|managers| !managers.is_null());
    if !has_managers && !matches!(merged, Err(ApplyError::Invalid(_))) {
        let what = "failed to create manager for existing fields: failed to convert live";
        return Err(inconvertible(what, "", ""));
    }
    let without_managers = |scale: &Value| {
        let mut scale = scale.clone();
        metadata::set(&mut scale, "managedFields", None);
        scale
    };
    match merged {
        Ok(merged) if live.map(without_managers) != Some(without_managers(merged)) => {
            let (namespace, name) = (text(config, "namespace"), text(config, "name"));
            Err(inconvertible("failed to convert new", namespace, name))
        }
        _ => Ok(()),
    }
}

fn not_a_map(value: &Value) -> String {
    format!("json: cannot unmarshal {} into Go value of type map[string]interface {{}}", go::json_kind(value, ""))
}

fn apply_failure(error: ApplyError) -> Failure {
    let message = error.to_string();
    match error {
        ApplyError::Conflicts(conflicts) => {
            let causes = conflicts.iter().map(|conflict| {
                let message = format!("conflict with {}", conflict.manager);
                ("FieldManagerConflict".to_owned(), message, conflict.field())
            });
            Failure::new(::http::StatusCode::CONFLICT, "Conflict", message).with_causes(causes)
        }
        ApplyError::Invalid(_) => Failure::bad_request(message),
        ApplyError::Shape { .. } | ApplyError::OtherVersion(_) | ApplyError::ManagedFields(_) => {
            Failure::untyped(message)
        }
    }
}

/// Applies RFC 7386 as `evanphx/json-patch` v4 does: nulls in new values are removed, also within lists.
pub(crate) fn merge(object: &mut Value, patch: &Value) {
    let (Value::Object(fields), Value::Object(patch)) = (&mut *object, patch) else {
        *object = if object.is_object() { patch.clone() } else { without_nulls(patch) };
        return;
    };
    for (name, value) in patch {
        match fields.get_mut(name) {
            _ if value.is_null() => drop(fields.remove(name)),
            Some(existing) if !existing.is_null() => merge(existing, value),
            _ => drop(fields.insert(name.clone(), without_nulls(value))),
        }
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            fields.map(|(name, value)| (name.clone(), without_nulls(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}
