//! The `scale` subresource: the replicas of an object in a form that all kinds share.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresource/etcd.go`, `ScaleREST`.

use std::sync::{Arc, LazyLock};

use kube_structural_schema::Scale;
use kube_structural_schema::object::{FieldError, go};
use kube_structured_merge::ReplicasPaths;
use serde_json::{Value, json};

use super::{Body, Context, PatchKind, Registry, Target, Written, path};
use crate::kinds::{Kind, Subresource, builtin};
use crate::metadata::{get, set, text};
use crate::status::Failure;

/// The replicas of an object without any during an update of its scale.
const UNSET: i64 = i32::MIN as i64;

static KIND: LazyLock<Arc<Kind>> = LazyLock::new(|| Arc::new(builtin::scale()));

/// A write to the scale.
pub(crate) enum ScaleWrite {
    Update(Body),
    Patch(PatchKind, Body),
}

impl Target {
    /// Returns the scale as an object of its own kind.
    pub(crate) fn as_scale(&self) -> Self {
        Target { kind: Arc::clone(&KIND), version: 0, ..self.clone() }
    }
}

impl Registry {
    pub(crate) fn get_scale(&self, target: &Target) -> Result<Value, Failure> {
        let (object, paths) = (self.get(target)?, paths(target)?);
        let (scale, replicas) = scale_and_replicas(&target.kind, &object, paths)?;
        if replicas.is_none() {
            let path = &paths.spec_replicas_path;
            let message = format!("Internal error occurred: the spec replicas field {path:?} does not exist");
            return Err(Failure::internal(message));
        }
        Ok(scale)
    }

    pub(super) fn write_scale(
        &mut self,
        target: &Target,
        write: ScaleWrite,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        let (mut object, paths) = (self.get(target)?, paths(target)?);
        let live = object.clone();
        let (mut scale, replicas) = scale_and_replicas(&target.kind, &object, paths)?;
        if replicas.is_none() && target.kind.is_custom() {
            scale["spec"]["replicas"] = UNSET.into();
        }
        let owners = owners(&target.kind);
        owners.to_scale(&object, &mut scale).map_err(|error| Failure::untyped(error.to_string()))?;
        let new = Self::new_scale(target, &scale, write, context)?;
        let desired = new.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or_default();
        if !target.kind.is_custom() && desired < 0 {
            let error = FieldError::invalid("spec.replicas", desired, "must be greater than or equal to 0");
            return Err(Failure::invalid("Scale", "autoscaling", &target.name, &[error]));
        }
        if desired == UNSET {
            let message = format!("the spec replicas field {:?} cannot be empty", paths.spec_replicas_path);
            return Err(Failure::bad_request(message));
        }
        path::set(&mut object, &paths.spec_replicas_path, desired.into()).map_err(Failure::untyped)?;
        if !text(&new, "resourceVersion").is_empty() {
            set(&mut object, "resourceVersion", get(&new, "resourceVersion").cloned());
        }
        let api_version = target.api_version();
        let owned = owners.to_object(&new, &mut object, &api_version);
        owned.map_err(|error| Failure::untyped(error.to_string()))?;
        let target_object = Target { subresource: Subresource::None, ..target.clone() };
        // Parents that the path has created get defaults when the object is decoded.
        target_object.kind.decode(&mut object);
        let mut written = self.replace(&target_object, object, &live, context)?;
        written.stored = None;
        written.object = scale_and_replicas(&target.kind, &written.object, paths)
            .map_err(|error| Failure::bad_request(error.message))?
            .0;
        Ok(written)
    }

    /// Returns the new scale.
    fn new_scale(
        target: &Target,
        live: &Value,
        write: ScaleWrite,
        context: &mut Context<'_>,
    ) -> Result<Value, Failure> {
        // Errors name the kind of the object.
        let is_custom = target.kind.is_custom();
        let target = Target { kind: Arc::new(builtin::scale_of(&target.kind)), version: 0, ..target.clone() };
        let mut new = match write {
            ScaleWrite::Update(body) => {
                if !is_custom {
                    check_kind(&body.object)?;
                } else if decode_error(&body.object).is_some() || is_other_kind(&body.object) {
                    return Err(Failure::bad_request(NOT_REGISTERED));
                }
                let uid = text(&body.object, "uid").to_owned();
                if !uid.is_empty() && uid != text(live, "uid") {
                    let reason = super::update::uid_mismatch(&target, context.options.dry_run, &uid, text(live, "uid"));
                    return Err(Failure::conflict(&target.kind.resource, &target.name, reason));
                }
                let mut new = Self::decode_update(&target, body, context)?;
                target.update_managers(live, &mut new, &context.options.manager, &context.now);
                return Ok(new);
            }
            ScaleWrite::Patch(PatchKind::Apply, body) => {
                Self::apply_configuration(&target, Some(live), &body, context)?
            }
            ScaleWrite::Patch(kind, body) => Self::apply_patch(&target, live, kind, &body, context)?,
        };
        if is_custom && let Some(reason) = decode_error(&new) {
            let error = FieldError::invalid("patch", go::json(&new), reason);
            return Err(Failure::invalid("", "", "", &[error]));
        }
        Self::check_identity(&target, &mut new, context)?;
        Ok(new)
    }
}

/// The API server's message for an undecodable scale.
const NOT_REGISTERED: &str = "no kind is registered for the type v1.Scale in scheme \"pkg/runtime/scheme.go:111\"";

fn is_other_kind(scale: &Value) -> bool {
    let is_other = |name: &str, own: &str| {
        scale.get(name).is_some_and(|value| value.as_str().is_none_or(|value| !value.is_empty() && value != own))
    };
    is_other("kind", "Scale") || is_other("apiVersion", "autoscaling/v1")
}

/// Checks the kind of the scale of a built-in kind, which the API server decodes as that of `autoscaling/v1` by default.
fn check_kind(scale: &Value) -> Result<(), Failure> {
    let name = |name: &str, default: &str| {
        let value = scale.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
        value.unwrap_or(default).to_owned()
    };
    let (api_version, kind) = (name("apiVersion", "autoscaling/v1"), name("kind", "Scale"));
    if (api_version.as_str(), kind.as_str()) == ("autoscaling/v1", "Scale") {
        return Ok(());
    }
    let version = api_version.rsplit('/').next().unwrap_or_default();
    Err(Failure::bad_request(format!(
        "{kind} in version {version:?} cannot be handled as a Scale: no kind {kind:?} is registered for version \
         {api_version:?} in scheme \"pkg/runtime/scheme.go:111\""
    )))
}

/// Returns Go's error for a value that is not a scale.
fn decode_error(scale: &Value) -> Option<String> {
    let mismatch = |value: &Value, location: &str, type_: &str| {
        let found = go::json_kind(value, type_);
        Some(format!("json: cannot unmarshal {found} into Go {location} of type {type_}"))
    };
    if !scale.is_object() && !scale.is_null() {
        return mismatch(scale, "value", "v1.Scale");
    }
    for (part, of) in [("spec", "ScaleSpec"), ("status", "ScaleStatus")] {
        let Some(value) = scale.get(part).filter(|value| !value.is_null()) else { continue };
        if !value.is_object() {
            return mismatch(value, &format!("struct field Scale.{part}"), &format!("v1.{of}"));
        }
        let replicas = value.get("replicas").filter(|replicas| !replicas.is_null());
        let is_count = |value: &Value| value.as_i64().is_some_and(|count| i32::try_from(count).is_ok());
        if let Some(replicas) = replicas.filter(|replicas| !is_count(replicas)) {
            return mismatch(replicas, &format!("struct field {of}.{part}.replicas"), "int32");
        }
    }
    None
}

fn paths(target: &Target) -> Result<&Scale, Failure> {
    target.version().subresources.scale.as_ref().ok_or_else(|| target.not_found())
}

/// Returns the path of the replicas in each version.
fn owners(kind: &Kind) -> ReplicasPaths {
    ReplicasPaths::new(kind.versions.iter().map(|version| {
        let scale = version.subresources.scale.iter();
        let path = scale.flat_map(|scale| path::names(&scale.spec_replicas_path)).map(str::to_owned).collect();
        (kind.api_version(version), path)
    }))
}

fn typed<T>(object: &Value, path: &str, what: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, Failure> {
    let Some(value) = path::value(object, path).map_err(Failure::untyped)? else { return Ok(None) };
    let wrong = || Failure::untyped(path::wrong_type(value, path, what));
    read(value).map(Some).ok_or_else(wrong)
}

/// Returns the scale of an object, and its desired replicas if they are set.
fn scale_and_replicas(kind: &Kind, object: &Value, paths: &Scale) -> Result<(Value, Option<i64>), Failure> {
    let desired = typed(object, &paths.spec_replicas_path, "int64", Value::as_i64)?;
    let present = typed(object, &paths.status_replicas_path, "int64", Value::as_i64)?;
    let selector = match paths.label_selector_path.as_deref().filter(|path| !path.is_empty()) {
        Some(path) => typed(object, path, "string", |value| value.as_str().map(str::to_owned))?,
        None => object.pointer("/spec/selector").filter(|_| !kind.builtin.is_empty()).map(builtin::selector_text),
    };
    let mut scale = json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {},
        "spec": {},
        "status": {"replicas": present.unwrap_or_default()},
    });
    for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        set(&mut scale, name, get(object, name).cloned());
    }
    if desired.unwrap_or_default() != 0 {
        scale["spec"]["replicas"] = desired.into();
    }
    if let Some(selector) = selector.filter(|selector| !selector.is_empty()) {
        scale["status"]["selector"] = selector.into();
    }
    Ok((scale, desired))
}
