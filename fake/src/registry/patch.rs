//! Patches: JSON patch, merge patch, and server-side apply.
//!
//! Source: `apiserver/pkg/endpoints/handlers/patch.go`.

use kube_structural_schema::object::{FieldError, go};
use kube_structured_merge::ApplyError;
use serde_json::{Map, Value, json};

use super::metadata::{self, text};
use super::{Body, FieldValidation, Registry, Subresource, Target, WriteOptions, Written, reset_fields};
use crate::json;
use crate::status::Failure;

/// How a patch is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchKind {
    Json,
    Merge,
    Apply,
}

/// More operations than this are refused.
const MOST_OPERATIONS: usize = 10_000;

impl Registry {
    pub(crate) fn patch(
        &mut self,
        target: &Target,
        kind: PatchKind,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Written, Failure> {
        match kind {
            PatchKind::Apply => self.apply(target, &body, options),
            PatchKind::Json | PatchKind::Merge => self.change(target, kind, &body, options),
        }
    }

    fn change(
        &mut self,
        target: &Target,
        kind: PatchKind,
        patch: &Body,
        options: &WriteOptions,
    ) -> Result<Written, Failure> {
        let (live, mut warnings) = (self.get(target)?, Vec::new());
        let patched = self.patched(target, &live, kind, patch, options, &mut warnings)?;
        self.finish(target, patched, &live, options, warnings)
    }

    /// What a patch makes of an object.
    pub(super) fn patched(
        &self,
        target: &Target,
        live: &Value,
        kind: PatchKind,
        patch: &Body,
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Value, Failure> {
        let mut patched = live.clone();
        if kind == PatchKind::Json {
            patch_json(&mut patched, &patch.object)?;
        } else {
            merge(&mut patched, &patch.object);
        }
        let mut strict: Vec<String> =
            patch.twice.iter().map(|path| format!("duplicate field {}", go::quoted(path))).collect();
        let text_of = String::from_utf8_lossy(&json::write(&patched)).into_owned();
        let wrong = |why: String| {
            let error = FieldError::invalid("patch", text_of.clone(), why);
            Failure::invalid("", "", "", &[error])
        };
        let unknown = metadata::normalise(&mut patched).map_err(&wrong)?;
        strict.extend(unknown.iter().map(|path| format!("unknown field {}", go::quoted(path))));
        let of = |object: &Value, name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if of(&patched, "apiVersion") == target.api_version() && of(&patched, "kind") == target.kind.names.kind {
            let unknown = crate::kinds::coerce(target.version(), &mut patched);
            strict.extend(unknown.iter().map(|path| format!("unknown field {}", go::quoted(path))));
        }
        match options.validation {
            FieldValidation::Strict if !strict.is_empty() => {
                return Err(wrong(format!("strict decoding error: {}", strict.join(", "))));
            }
            FieldValidation::Warn => warnings.extend(strict),
            _ => {}
        }
        let (api_version, now, reset) = (target.api_version(), self.clock.text(), reset_fields(target.subresource));
        Self::field_manager(target, &api_version, &reset).update(live, &mut patched, &options.manager, &now);
        Ok(patched)
    }

    /// What a patch has made takes the place of what was there.
    fn finish(
        &mut self,
        target: &Target,
        mut patched: Value,
        live: &Value,
        options: &WriteOptions,
        mut warnings: Vec<String>,
    ) -> Result<Written, Failure> {
        Self::settled_in(target, &mut patched, &mut warnings)?;
        self.replace(target, patched, live, options, warnings)
    }

    fn apply(&mut self, target: &Target, body: &Body, options: &WriteOptions) -> Result<Written, Failure> {
        let live = self.get(target).ok();
        if live.is_none() && target.subresource != Subresource::None {
            return Err(Failure::not_found(&target.kind.resource, &target.name));
        }
        let mut warnings = Vec::new();
        let mut applied = self.applied(target, live.as_ref(), body, options, &mut warnings)?;
        if let Some(live) = live {
            return self.finish(target, applied, &live, options, warnings);
        }
        let uid = text(&applied, "uid");
        if !uid.is_empty() {
            let why =
                format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            return Err(Failure::conflict(&target.kind.resource, &target.name, why));
        }
        Self::settled_in(target, &mut applied, &mut warnings)?;
        self.create_object(target, applied, options, warnings)
    }

    /// What a configuration that is applied makes of an object, or of none.
    pub(super) fn applied(
        &self,
        target: &Target,
        live: Option<&Value>,
        body: &Body,
        options: &WriteOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Value, Failure> {
        let Body { object: config, twice } = body;
        if !config.is_object() {
            return Err(Failure::bad_request("error decoding patch: it is no object"));
        }
        let (api_version, now, reset) = (target.api_version(), self.clock.text(), reset_fields(target.subresource));
        let nothing = json!({"apiVersion": api_version, "kind": target.kind.names.kind});
        let manager = Self::field_manager(target, &api_version, &reset);
        let applied = manager.apply(live.unwrap_or(&nothing), config, &options.manager, options.force, &now);
        let mut applied = applied.map_err(apply_failure)?;
        if !twice.is_empty() {
            let twice: Vec<String> =
                twice.iter().map(|path| format!("key {} already set in map", go::quoted(path))).collect();
            let message = format!("error strict decoding patch: {}", twice.join(", "));
            match options.validation {
                FieldValidation::Strict => return Err(Failure::bad_request(message)),
                FieldValidation::Warn => warnings.push(message),
                FieldValidation::Ignore => {}
            }
        }
        metadata::normalise(&mut applied).map_err(Failure::untyped)?;
        crate::kinds::coerce(target.version(), &mut applied);
        Ok(applied)
    }

    /// Gives an object the place that the URL names, if it fits there.
    pub(super) fn settled_in(target: &Target, object: &mut Value, warnings: &mut Vec<String>) -> Result<(), Failure> {
        Self::place(target, object)?;
        let name = text(object, "name");
        if name != target.name {
            let message =
                format!("the name of the object ({name}) does not match the name on the URL ({})", target.name);
            return Err(Failure::bad_request(message));
        }
        Self::dedup_owners(object, warnings);
        Ok(())
    }
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
        ApplyError::Bad(_) => Failure::bad_request(message),
        ApplyError::Shape { .. } | ApplyError::ManagedFields(_) => Failure::untyped(message),
    }
}

/// RFC 7386.
pub(crate) fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Some(fields) = object.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// RFC 6902.
fn patch_json(object: &mut Value, patch: &Value) -> Result<(), Failure> {
    let Value::Array(operations) = patch else {
        return Err(Failure::bad_request("error decoding patch: a JSON patch is a list of operations"));
    };
    if operations.len() > MOST_OPERATIONS {
        return Err(Failure::too_large(format!(
            "The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {}",
            operations.len()
        )));
    }
    for operation in operations {
        operate(object, operation).map_err(|why| {
            let code = ::http::StatusCode::UNPROCESSABLE_ENTITY;
            let message = "the server rejected our request due to an error in our request";
            let cause = ("UnexpectedServerResponse".to_owned(), why, String::new());
            Failure::new(code, "Invalid", message).with_causes([cause])
        })?;
    }
    Ok(())
}

fn operate(object: &mut Value, operation: &Value) -> Result<(), String> {
    let field =
        |name: &str| operation.get(name).and_then(Value::as_str).ok_or_else(|| format!("the operation has no {name}"));
    let value = || operation.get("value").cloned().ok_or_else(|| "the operation has no value".to_owned());
    let path = field("path")?;
    let missing = |verb: &str, path: &str| {
        format!("{verb} operation does not apply: doc is missing path: {}: missing value", go::quoted(path))
    };
    match field("op")? {
        "test" => {
            let found = object.pointer(path).cloned().unwrap_or(Value::Null);
            let wanted = operation.get("value").cloned().unwrap_or(Value::Null);
            if found == wanted { Ok(()) } else { Err(format!("testing value {path} failed: test failed")) }
        }
        "add" => add(object, path, value()?).ok_or_else(|| missing("add", path)),
        "replace" => {
            let there = object.pointer_mut(path).ok_or_else(|| missing("replace", path))?;
            *there = value()?;
            Ok(())
        }
        "remove" => remove(object, path).map(drop).ok_or_else(|| missing("remove", path)),
        "move" => {
            let value = remove(object, field("from")?).ok_or_else(|| missing("move", path))?;
            add(object, path, value).ok_or_else(|| missing("move", path))
        }
        "copy" => {
            let value = object.pointer(field("from")?).cloned().ok_or_else(|| missing("copy", path))?;
            add(object, path, value).ok_or_else(|| missing("copy", path))
        }
        other => Err(format!("Unexpected kind: {other}")),
    }
}

fn add(object: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *object = value;
        return Some(());
    }
    let (above, last) = path.rsplit_once('/')?;
    let last = last.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(above)? {
        Value::Object(fields) => drop(fields.insert(last, value)),
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index <= items.len())?;
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(object: &mut Value, path: &str) -> Option<Value> {
    let (above, last) = path.rsplit_once('/')?;
    let last = last.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(above)? {
        Value::Object(fields) => fields.remove(&last),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}
