//! `metadata.managedFields`: which manager owns which fields, and since when.
//!
//! Source: `apimachinery/pkg/util/managedfields/internal/managedfields.go`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::path::InvalidPathElement;
use crate::set::Set;

/// The operation of a field manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Server-side apply.
    Apply,
    /// Any other write.
    Update,
}

/// A field manager: the identity of an entry of `managedFields`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    /// The name, such as `kubectl`.
    pub name: String,
    /// The operation.
    pub operation: Operation,
    /// The version that the manager writes; empty for `Apply`, which may change its version.
    pub api_version: String,
    /// The subresource that the manager writes; empty for the object itself.
    pub subresource: String,
}

/// The fields that a manager owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) set: Set,
    pub(crate) api_version: String,
    /// RFC 3339, as in the object.
    pub(crate) time: Option<String>,
}

/// The fields that each manager owns.
pub(crate) type Managers = BTreeMap<Manager, Owned>;

/// An error in `metadata.managedFields`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidManagedFields {
    /// The operation is neither `Apply` nor `Update`.
    #[error("operation must be `Apply` or `Update`")]
    Operation,
    /// The version is missing.
    #[error("apiVersion must not be empty")]
    NoApiVersion,
    /// The format of the fields is missing.
    #[error("missing fieldsType in managed fields entry {0}")]
    NoFieldsType(usize),
    /// The format of the fields is unknown.
    #[error("invalid fieldsType {1:?} in managed fields entry {0}")]
    FieldsType(usize, String),
    /// The fields contain an invalid path element.
    #[error("error decoding managed fields: {0}")]
    Fields(#[from] InvalidPathElement),
}

impl std::fmt::Display for Manager {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&kube_structural_schema::object::go::quoted(&self.name))?;
        if !self.subresource.is_empty() {
            write!(out, " with subresource {}", kube_structural_schema::object::go::quoted(&self.subresource))?;
        }
        match self.operation {
            Operation::Update => write!(out, " using {}", self.api_version),
            Operation::Apply => Ok(()),
        }
    }
}

/// The number of managers with the operation `Update` above which the oldest are merged into one.
const MAX_UPDATE_MANAGERS: usize = 10;

/// Reads `metadata.managedFields`.
pub(crate) fn decode(object: &Value) -> Result<Managers, InvalidManagedFields> {
    let mut managers = Managers::new();
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    for (index, entry) in entries.into_iter().flatten().enumerate() {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let operation = match text("operation") {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return Err(InvalidManagedFields::Operation),
        };
        let api_version = text("apiVersion");
        if api_version.is_empty() {
            return Err(InvalidManagedFields::NoApiVersion);
        }
        match text("fieldsType") {
            "FieldsV1" => {}
            "" => return Err(InvalidManagedFields::NoFieldsType(index)),
            other => return Err(InvalidManagedFields::FieldsType(index, other.to_owned())),
        }
        let manager_version = if operation == Operation::Apply { "" } else { api_version };
        let manager = Manager {
            name: text("manager").to_owned(),
            operation,
            api_version: manager_version.to_owned(),
            subresource: text("subresource").to_owned(),
        };
        let owned = Owned {
            set: Set::from_fields_v1(entry.get("fieldsV1").unwrap_or(&Value::Null))?,
            api_version: api_version.to_owned(),
            time: entry.get("time").and_then(Value::as_str).map(str::to_owned),
        };
        managers.insert(manager, owned);
    }
    Ok(managers)
}

/// Writes `metadata.managedFields`: `Apply` first, then the oldest first.
pub(crate) fn encode(managers: &Managers, object: &mut Value) {
    let mut entries: Vec<(&Manager, &Owned)> = managers.iter().collect();
    entries.sort_by_key(|(manager, owned)| {
        // Times in one zone with seconds precision sort as text.
        (
            manager.operation,
            owned.time.clone(),
            manager.name.clone(),
            owned.api_version.clone(),
            manager.subresource.clone(),
        )
    });
    let entries: Vec<Value> = entries.into_iter().map(|(manager, owned)| entry(manager, owned)).collect();
    set(object, (!entries.is_empty()).then_some(Value::Array(entries)));
}

/// Sets or removes `metadata.managedFields`.
pub(crate) fn set(object: &mut Value, entries: Option<Value>) {
    let Some(object) = object.as_object_mut() else { return };
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let Some(metadata) = metadata.as_object_mut() {
        match entries {
            Some(entries) => drop(metadata.insert("managedFields".to_owned(), entries)),
            None => drop(metadata.remove("managedFields")),
        }
    }
}

fn entry(manager: &Manager, owned: &Owned) -> Value {
    let operation = match manager.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    let mut entry = json!({
        "operation": operation,
        "apiVersion": owned.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": owned.set.to_fields_v1(),
    });
    let optional =
        [("manager", Some(&manager.name)), ("subresource", Some(&manager.subresource)), ("time", owned.time.as_ref())];
    if let Some(entry) = entry.as_object_mut() {
        for (name, text) in optional {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                entry.insert(name.to_owned(), Value::String(text.clone()));
            }
        }
    }
    entry
}

/// Merges the oldest `Update` managers until ten remain.
pub(crate) fn cap_update_managers(managers: &mut Managers) {
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
