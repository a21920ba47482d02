//! Updates of `metadata.managedFields` on each write.
//!
//! Source: `apimachinery/pkg/util/managedfields/internal`.

use kube_structural_schema::Schema;
use kube_structural_schema::object::go;
use serde_json::{Map, Value, json};

use crate::managed::{self, InvalidManagedFields, Manager, Managers, Operation, Owned};
use crate::set::Set;
use crate::shape::Shape;
use crate::updater::{Conflict, UpdateError, Updater};
use crate::value::check::{ShapeErrors, check};
use crate::value::compare::compare;
use crate::value::fields::field_set;

/// The versions of a kind.
pub trait Versions {
    /// The kind, such as `Widget`.
    fn kind(&self) -> &str;
    /// Returns the schema of a version, such as `example.com/v1`, if the version exists.
    fn schema(&self, api_version: &str) -> Option<&Schema>;
    /// Converts an object to another version, as the API server does: a custom resource only gets another `apiVersion`,
    /// and keeps fields that the other version does not know.
    fn convert(&self, object: &Value, api_version: &str) -> Option<Value>;
    /// Returns the error of a write to an object with a manager of `_api_version`, a version that does not exist.
    /// `None`: the API server drops that manager, as it does for built-in kinds.
    fn unknown_version_error(&self, _api_version: &str) -> Option<String> {
        None
    }
    /// Returns an object without fields set by a manager. Built-in kinds may have fields nevertheless.
    fn empty_object(&self, api_version: &str) -> Value {
        json!({"apiVersion": api_version, "kind": self.kind()})
    }
}

/// The field manager of one kind in one version, for the object itself or a subresource.
pub struct FieldManager<'f> {
    versions: &'f dyn Versions,
    api_version: &'f str,
    subresource: &'f str,
    reset: Option<&'f Set>,
}

/// An error of server-side apply.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApplyError {
    /// Other managers own fields that would change.
    #[error("{}", conflict_message(.0))]
    Conflicts(Vec<Conflict>),
    /// The configuration has a wrong version or kind, or sets `managedFields`.
    #[error("{0}")]
    Invalid(String),
    /// The configuration, or the live object, does not match the schema of the kind.
    #[error("failed to {task} ({name}){rest}: {errors}")]
    Shape {
        /// The operation that failed.
        task: &'static str,
        /// The object: namespace, name, version and kind.
        name: String,
        /// The end of the operation's description.
        rest: &'static str,
        /// The errors.
        errors: ShapeErrors,
    },
    /// The object does not match the schema of a version that one of its managers has written.
    #[error("{0}")]
    OtherVersion(String),
    /// The object's managed fields cannot be decoded.
    #[error("failed to decode managed fields: {0}")]
    ManagedFields(#[from] InvalidManagedFields),
}

impl From<UpdateError> for ApplyError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Conflicts(conflicts) => ApplyError::Conflicts(conflicts),
            UpdateError::Shape(message) => ApplyError::OtherVersion(message),
        }
    }
}

/// Formats conflicts as the API server does.
fn conflict_message(conflicts: &[Conflict]) -> String {
    if let [conflict] = conflicts {
        return format!("Apply failed with 1 conflict: conflict with {}: {}", conflict.manager, conflict.field());
    }
    let mut lines: Vec<String> = Vec::new();
    let mut sorted: Vec<&Conflict> = conflicts.iter().collect();
    sorted.sort_by_key(|conflict| conflict.manager.clone());
    for (index, conflict) in sorted.iter().enumerate() {
        if index == 0 || sorted[index - 1].manager != conflict.manager {
            lines.push(format!("conflicts with {}:", conflict.manager));
        }
        lines.push(format!("- {}", conflict.field()));
    }
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

/// The number of managers with the operation `Update` above which the oldest are merged into one.
const MAX_UPDATE_MANAGERS: usize = 10;
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

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
        cap_update_managers(managers);
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
                let allowed = self.last_applied(live);
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
            update_last_applied(&mut result, config);
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

    /// Returns the fields of kubectl's last client-side apply that still have the applied values: kubectl may take them
    /// over.
    fn last_applied(&self, live: &Value) -> Option<Set> {
        let annotation = live.pointer("/metadata/annotations")?.get(LAST_APPLIED)?.as_str()?;
        let last: Value = serde_json::from_str(annotation).ok()?;
        let shape = Shape::root(self.versions.schema(self.api_version)?);
        if last.get("apiVersion").and_then(Value::as_str) != Some(self.api_version)
            || check(shape, &last, false).is_err()
        {
            return None;
        }
        let changes = compare(shape, &last, live);
        let set = field_set(shape, &last);
        Some(set.difference(&changes.modified).difference(&changes.added).difference(&changes.removed))
    }
}

fn without_managers(object: &Value) -> Value {
    let mut object = object.clone();
    if object.pointer("/metadata/managedFields").is_some() {
        managed::set(&mut object, None);
    }
    object
}

/// Updates kubectl's last-applied annotation, if it exists.
fn update_last_applied(object: &mut Value, config: &Value) {
    let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    let Some(last) = annotations.and_then(|annotations| annotations.get_mut(LAST_APPLIED)) else { return };
    if last.as_str().is_none_or(str::is_empty) {
        return;
    }
    let mut config = config.clone();
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
    }
    *last = Value::String(format!("{}\n", go::json(&config)));
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

/// Merges the oldest `Update` managers until ten remain.
fn cap_update_managers(managers: &mut Managers) {
    let mut updaters: Vec<(Option<String>, Manager)> = managers
        .iter()
        .filter(|(manager, _)| manager.operation == Operation::Update)
        .map(|(manager, owned)| (owned.time.clone(), manager.clone()))
        .collect();
    let mut count = updaters.len();
    updaters.sort();
    let mut first_of: Map<String, Value> = Map::new();
    let mut firsts: Vec<Manager> = Vec::new();
    for (time, manager) in updaters {
        if count <= MAX_UPDATE_MANAGERS {
            return;
        }
        let Some(owned) = managers.get(&manager).cloned() else { continue };
        let version = owned.api_version.clone();
        let Some(first) = first_of.get(&version).and_then(Value::as_u64) else {
            first_of.insert(version, firsts.len().into());
            firsts.push(manager);
            continue;
        };
        let bucket = Manager {
            name: "ancient-changes".to_owned(),
            operation: Operation::Update,
            api_version: version.clone(),
            subresource: String::new(),
        };
        if !managers.contains_key(&bucket)
            && let Some(first) = usize::try_from(first).ok().and_then(|first| managers.remove(&firsts[first]))
        {
            managers.insert(bucket.clone(), first);
        }
        managers.remove(&manager);
        let merged = managers.entry(bucket).or_insert_with(|| Owned { set: Set::new(), ..owned.clone() });
        merged.set.extend(&owned.set);
        merged.time = time;
        count -= 1;
    }
}
