//! What the API server does to `metadata.managedFields` with each write.
//!
//! Source: `apimachinery/pkg/util/managedfields/internal`.

use kube_structural_schema::Schema;
use kube_structural_schema::object::go;
use serde_json::{Map, Value, json};

use crate::managed::{self, BadManagedFields, Manager, Managers, Operation, Owned};
use crate::set::Set;
use crate::shape::Shape;
use crate::updater::{Conflict, Failed, Updater};
use crate::value::check::{ShapeErrors, check};
use crate::value::compare::compare;
use crate::value::fields::field_set;

/// The versions of a kind.
pub trait Versions {
    /// The kind, such as `Widget`.
    fn kind(&self) -> &str;
    /// The schema of a version, such as `example.com/v1`, if there is such a version.
    fn schema(&self, api_version: &str) -> Option<&Schema>;
    /// An object in another version, as the API server converts it: a custom resource only gets another `apiVersion`, and
    /// keeps what that version does not know.
    fn convert(&self, object: &Value, api_version: &str) -> Option<Value>;
    /// Why nothing can be written to an object that somebody owns fields of in a version which the kind does not have. `None`:
    /// those fields are forgotten, as they are of Kubernetes' own kinds.
    fn refusal(&self, _api_version: &str) -> Option<String> {
        None
    }
    /// An object before anybody has written anything into it. Kubernetes' own kinds have fields even then.
    fn nothing(&self, api_version: &str) -> Value {
        json!({"apiVersion": api_version, "kind": self.kind()})
    }
}

/// The fields of one kind in one version, written in one place.
pub struct FieldManager<'f> {
    versions: &'f dyn Versions,
    api_version: &'f str,
    subresource: &'f str,
    reset: Option<&'f Set>,
}

/// Why something was not applied.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApplyError {
    /// Others own what would change.
    #[error("{}", conflict_message(.0))]
    Conflicts(Vec<Conflict>),
    /// What is applied has a version or a kind that it must not have.
    #[error("{0}")]
    Bad(String),
    /// What is applied, or what is there, has another shape than the kind.
    #[error("failed to {task} ({name}){rest}: {errors}")]
    Shape {
        /// What could not be done.
        task: &'static str,
        /// Which object: namespace, name, version and kind.
        name: String,
        /// To what it could not be done.
        rest: &'static str,
        /// What is wrong.
        errors: ShapeErrors,
    },
    /// The object has another shape than a version that one of its managers has written in.
    #[error("{0}")]
    OtherVersion(String),
    /// What the object says of its managers cannot be read.
    #[error("failed to decode managed fields: {0}")]
    ManagedFields(#[from] BadManagedFields),
}

impl From<Failed> for ApplyError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Conflicts(conflicts) => ApplyError::Conflicts(conflicts),
            Failed::Shape(why) => ApplyError::OtherVersion(why),
        }
    }
}

/// Conflicts as the API server tells them.
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

/// More managers that update than this are put together as one.
const MOST_UPDATERS: usize = 10;
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl<'f> FieldManager<'f> {
    /// A manager of the fields of a kind in a version, such as `example.com/v1`.
    pub fn new(versions: &'f dyn Versions, api_version: &'f str) -> Self {
        FieldManager { versions, api_version, subresource: "", reset: None }
    }

    /// The same for a subresource.
    pub fn of_subresource(self, subresource: &'f str) -> Self {
        FieldManager { subresource, ..self }
    }

    /// The same, but for fields that nobody can write here.
    pub fn resetting(self, fields: &'f Set) -> Self {
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

    /// Sets the managers of an object that takes the place of another, or of none; `now` is a time of RFC 3339.
    pub fn update(&self, live: &Value, new: &mut Value, manager: &str, now: &str) {
        let mut managers = self.managers_of(live, new);
        if !self.fits(new) || !self.fits(live) {
            // What has another shape than the kind is told elsewhere; here it only must not change who owns what.
            return managed::set(new, live.pointer("/metadata/managedFields").cloned());
        }
        managed::set(new, None);
        let is_new = live.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default().is_empty();
        // Who has no managers and is no new object has had them taken away, and stays without.
        if managers.is_empty() && !is_new {
            return;
        }
        match self.updated(live, new, &mut managers, manager, now) {
            Ok(()) => managed::encode(&managers, new),
            // Who has written in a version that the object does not fit keeps what he had.
            Err(_) => managed::set(new, live.pointer("/metadata/managedFields").cloned()),
        }
    }

    fn fits(&self, object: &Value) -> bool {
        let schema = self.versions.schema(self.api_version);
        // Who says that he is of another kind has no schema.
        let is_other = |name: &str, known: &str| object.get(name).and_then(Value::as_str).is_some_and(|of| of != known);
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
    ) -> Result<(), Failed> {
        let manager = self.manager(manager, Operation::Update);
        let writer = Manager { name: "\0current-operation".to_owned(), ..manager.clone() };
        let live = without_managers(live);
        self.updater().update(&live, new, managers, &writer)?;
        if let Some(mut owned) = managers.remove(&writer) {
            owned.set = stripped(&owned.set);
            if !owned.set.is_empty() {
                if let Some(before) = managers.get(&manager) {
                    owned.set.extend(&before.set);
                }
                owned.time = Some(now.to_owned());
                managers.insert(manager, owned);
            }
        }
        cap(managers);
        Ok(())
    }

    /// The managers that the new object tells of, else those that are there.
    fn managers_of(&self, live: &Value, new: &Value) -> Managers {
        let of_live = || managed::decode(live).unwrap_or_default();
        if !self.subresource.is_empty() {
            return of_live();
        }
        match new.pointer("/metadata/managedFields").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::Object(entry)]) if entry.is_empty() => Managers::new(),
            _ => managed::decode(new).ok().filter(|managers| !managers.is_empty()).unwrap_or_else(of_live),
        }
    }

    /// Applies a configuration to an object; to one without `metadata.uid`, if there is none yet.
    ///
    /// # Errors
    /// If others own what would change and `force` is not set, or if the configuration does not fit the kind.
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
            // What was there before belongs to nobody that could be asked.
            let task = "create manager for existing fields: failed to convert new object";
            self.check(live, true, task, " to smd typed")?;
            let nothing = self.versions.nothing(self.api_version);
            self.updated(&nothing, &without_managers(live), &mut managers, "before-first-apply", now)?;
        }
        if config.pointer("/metadata/managedFields").is_some_and(|entries| !entries.is_null()) {
            return Err(ApplyError::Bad("metadata.managedFields must be nil".to_owned()));
        }
        self.check(config, false, "create typed patch object", "")?;
        self.check(live, true, "create typed live object", "")?;
        let (result, managers) = match self.applied(live, config, &managers, manager, force, now) {
            Err(Failed::Conflicts(conflicts)) if manager == "kubectl" => {
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
            note_last_applied(&mut result, config);
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
    ) -> Result<(Value, Managers), Failed> {
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
        Err(ApplyError::Bad(format!("invalid object type: {slash}{}, Kind={}", text("apiVersion"), text("kind"))))
    }

    fn check(
        &self,
        object: &Value,
        may_repeat: bool,
        task: &'static str,
        rest: &'static str,
    ) -> Result<(), ApplyError> {
        let Some(schema) = self.versions.schema(self.api_version) else { return Ok(()) };
        check(Shape::root(schema), object, may_repeat).map_err(|errors| {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
            let api_version = text("/apiVersion");
            let core = if api_version.contains('/') { "" } else { "/" };
            let name = format!("{namespace}/{name}; {core}{api_version}, Kind={}", text("/kind"));
            ApplyError::Shape { task, name, rest, errors }
        })
    }

    /// What kubectl has applied from the client's side, as far as it is still so: kubectl may take it over.
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

/// What kubectl applies goes into its annotation as well, where there is one.
fn note_last_applied(object: &mut Value, config: &Value) {
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

/// What nobody owns, because every object has it.
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
    let mut strip = Set::of_fields([["apiVersion"].as_slice(), &["kind"], &["metadata"]]);
    METADATA.into_iter().for_each(|name| strip.extend(&Set::of_fields([["metadata", name].as_slice()])));
    set.difference(&strip)
}

/// Puts the oldest managers that update together, until there are ten.
fn cap(managers: &mut Managers) {
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
        if count <= MOST_UPDATERS {
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
        let there = managers.entry(bucket).or_insert_with(|| Owned { set: Set::new(), ..owned.clone() });
        there.set.extend(&owned.set);
        there.time = time;
        count -= 1;
    }
}
