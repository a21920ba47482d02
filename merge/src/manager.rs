//! Updates of `metadata.managedFields` on each write.
//!
//! Source: `apimachinery/pkg/util/managedfields/internal`.

use serde_json::Value;

use crate::error::{ApplyError, Conflict, UpdateError};
use crate::last_applied;
use crate::managed::{self, Manager, Managers, Operation};
use crate::set::Set;
use crate::shape::Shape;
use crate::updater::Updater;
use crate::value::check::check;
use crate::versions::Versions;

/// The field manager of one kind in one version, for the object itself or a subresource.
pub struct FieldManager<'f> {
    versions: &'f dyn Versions,
    api_version: &'f str,
    subresource: &'f str,
    reset: Option<&'f Set>,
}

impl<'f> FieldManager<'f> {
    /// Creates a field manager for a kind in a version, such as `example.com/v1`.
    pub fn new(versions: &'f dyn Versions, api_version: &'f str) -> Self {
        FieldManager { versions, api_version, subresource: "", reset: None }
    }

    /// Sets the subresource that is written.
    pub fn with_subresource(self, subresource: &'f str) -> Self {
        FieldManager { subresource, ..self }
    }

    /// Sets the fields that this endpoint cannot write.
    pub fn with_reset_fields(self, fields: &'f Set) -> Self {
        FieldManager { reset: Some(fields), ..self }
    }

    fn updater(&self) -> Updater<'_> {
        Updater {
            versions: self.versions,
            api_version: self.api_version,
            reset: self.reset,
            // Source: `getStatusResetFields` of `customresource_handler.go`.
            resets_all_versions: self.subresource == "status",
        }
    }

    fn manager(&self, name: &str, operation: Operation) -> Manager {
        let name = if name.is_empty() { "unknown" } else { name };
        let api_version = if operation == Operation::Apply { "" } else { self.api_version };
        Manager {
            name: name.to_owned(),
            operation,
            api_version: api_version.to_owned(),
            subresource: self.subresource.to_owned(),
        }
    }

    /// Updates the managed fields of an object that replaces `live`, or is created; `now` is an RFC 3339 time.
    pub fn update(&self, live: &Value, new: &mut Value, manager: &str, now: &str) {
        let mut managers = self.managers_of(live, new);
        if !self.matches_schema(new) || !self.matches_schema(live) {
            // Validation reports a value that does not match the schema; ownership must not change here.
            return managed::set(new, live.pointer("/metadata/managedFields").cloned());
        }
        managed::set(new, None);
        let is_new = live.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default().is_empty();
        // An existing object without managers had them removed, and stays without.
        if managers.is_empty() && !is_new {
            return;
        }
        match self.updated(live, new, &mut managers, manager, now) {
            Ok(()) => managed::encode(&managers, new),
            // A manager of a version that the object does not match keeps its fields.
            Err(_) => managed::set(new, live.pointer("/metadata/managedFields").cloned()),
        }
    }

    fn matches_schema(&self, object: &Value) -> bool {
        let schema = self.versions.schema(self.api_version);
        // An object of another kind has no schema.
        let is_other =
            |name: &str, known: &str| object.get(name).and_then(Value::as_str).is_some_and(|actual| actual != known);
        if is_other("kind", self.versions.kind()) || is_other("apiVersion", self.api_version) {
            return false;
        }
        schema.is_none_or(|schema| check(Shape::root(schema), object, true).is_ok())
    }

    fn updated(
        &self,
        live: &Value,
        new: &Value,
        managers: &mut Managers,
        manager: &str,
        now: &str,
    ) -> Result<(), UpdateError> {
        let manager = self.manager(manager, Operation::Update);
        let writer = Manager { name: "\0current-operation".to_owned(), ..manager.clone() };
        let live = without_managers(live);
        self.updater().update(&live, new, managers, &writer)?;
        if let Some(mut owned) = managers.remove(&writer) {
            owned.set = stripped(&owned.set);
            if !owned.set.is_empty() {
                if let Some(existing) = managers.get(&manager) {
                    owned.set.extend(&existing.set);
                }
                owned.time = Some(now.to_owned());
                managers.insert(manager, owned);
            }
        }
        managed::cap_update_managers(managers);
        Ok(())
    }

    /// Returns the managers of the new object if it has any, else those of the live object.
    fn managers_of(&self, live: &Value, new: &Value) -> Managers {
        let live_managers = || managed::decode(live).unwrap_or_default();
        if !self.subresource.is_empty() {
            return live_managers();
        }
        match new.pointer("/metadata/managedFields").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::Object(entry)]) if entry.is_empty() => Managers::new(),
            _ => managed::decode(new).ok().filter(|managers| !managers.is_empty()).unwrap_or_else(live_managers),
        }
    }

    /// Applies a configuration to an object; an object without `metadata.uid` is created.
    ///
    /// # Errors
    /// Returns an error if other managers own fields that would change and `force` is not set, or if the configuration
    /// does not match the schema of the kind.
    pub fn apply(
        &self,
        live: &Value,
        config: &Value,
        manager: &str,
        force: bool,
        now: &str,
    ) -> Result<Value, ApplyError> {
        let mut managers = managed::decode(live)?;
        self.is_of_kind(config)?;
        if managers.is_empty() {
            // Fields without any manager get one of their own, as in the API server.
            let task = "create manager for existing fields: failed to convert new object";
            self.check(live, true, task, " to smd typed")?;
            let empty = self.versions.empty_object(self.api_version);
            self.updated(&empty, &without_managers(live), &mut managers, "before-first-apply", now)?;
        }
        if config.pointer("/metadata/managedFields").is_some_and(|entries| !entries.is_null()) {
            return Err(ApplyError::Invalid("metadata.managedFields must be nil".to_owned()));
        }
        self.check(config, false, "create typed patch object", "")?;
        self.check(live, true, "create typed live object", "")?;
        let (result, managers) = match self.applied(live, config, &managers, manager, force, now) {
            Err(UpdateError::Conflicts(conflicts)) if manager == "kubectl" => {
                let allowed = self.last_applied_fields(live);
                let rest: Vec<Conflict> = match &allowed {
                    Some(allowed) => conflicts.into_iter().filter(|conflict| !allowed.has(&conflict.path)).collect(),
                    None => conflicts,
                };
                if !rest.is_empty() {
                    return Err(ApplyError::Conflicts(rest));
                }
                self.applied(live, config, &managers, manager, true, now)?
            }
            other => other?,
        };
        let mut result = result;
        if manager == "kubectl" {
            last_applied::update(&mut result, config);
        }
        managed::encode(&managers, &mut result);
        Ok(result)
    }

    fn applied(
        &self,
        live: &Value,
        config: &Value,
        managers: &Managers,
        manager: &str,
        force: bool,
        now: &str,
    ) -> Result<(Value, Managers), UpdateError> {
        let mut managers = managers.clone();
        let writer = self.manager(manager, Operation::Apply);
        let live = without_managers(live);
        let merged = self.updater().apply(&live, config, &mut managers, &writer, force)?;
        if let Some(owned) = managers.get_mut(&writer) {
            owned.set = stripped(&owned.set);
            if merged.is_some() {
                owned.time = Some(now.to_owned());
            }
            if owned.set.is_empty() {
                managers.remove(&writer);
            }
        }
        Ok((merged.unwrap_or(live), managers))
    }

    fn is_of_kind(&self, config: &Value) -> Result<(), ApplyError> {
        let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default();
        if (text("apiVersion"), text("kind")) == (self.api_version, self.versions.kind()) {
            return Ok(());
        }
        let slash = if text("apiVersion").contains('/') { "" } else { "/" };
        Err(ApplyError::Invalid(format!("invalid object type: {slash}{}, Kind={}", text("apiVersion"), text("kind"))))
    }

    fn check(
        &self,
        object: &Value,
        allow_duplicates: bool,
        task: &'static str,
        rest: &'static str,
    ) -> Result<(), ApplyError> {
        let Some(schema) = self.versions.schema(self.api_version) else { return Ok(()) };
        check(Shape::root(schema), object, allow_duplicates).map_err(|errors| {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
            let api_version = text("/apiVersion");
            let core = if api_version.contains('/') { "" } else { "/" };
            let name = format!("{namespace}/{name}; {core}{api_version}, Kind={}", text("/kind"));
            ApplyError::Shape { task, name, rest, errors }
        })
    }

    fn last_applied_fields(&self, live: &Value) -> Option<Set> {
        let schema = self.versions.schema(self.api_version)?;
        last_applied::unchanged_fields(live, Shape::root(schema), self.api_version)
    }
}

fn without_managers(object: &Value) -> Value {
    let mut object = object.clone();
    if object.pointer("/metadata/managedFields").is_some() {
        managed::set(&mut object, None);
    }
    object
}

/// Returns the set without the fields of every object, which no manager owns.
fn stripped(set: &Set) -> Set {
    const METADATA: [&str; 9] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let mut strip = Set::from_fields([["apiVersion"].as_slice(), &["kind"], &["metadata"]]);
    METADATA.into_iter().for_each(|name| strip.extend(&Set::from_fields([["metadata", name].as_slice()])));
    set.difference(&strip)
}
