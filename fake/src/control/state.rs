//! Snapshots of stored objects and their differences.

use std::collections::BTreeMap;
use std::fmt;

use kube_structural_schema::yaml;
use serde_json::Value;

use crate::registry::Registry;

/// The resource (`gatewayconfigs.aigateway.envoyproxy.io`), namespace and name of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ObjectKey {
    /// The plural, followed by a dot and the group unless that is the core group.
    pub resource: String,
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// `gatewayconfigs.aigateway.envoyproxy.io default/one`
impl fmt::Display for ObjectKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        write!(out, "{} {}{slash}{}", self.resource, self.namespace, self.name)
    }
}

/// A snapshot of all stored objects. `Display` writes YAML, one document for each object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    objects: BTreeMap<ObjectKey, Value>,
}

impl State {
    pub(crate) fn of_registry(registry: &Registry) -> Self {
        let mut objects = BTreeMap::new();
        for kind in registry.kinds.with_objects() {
            for object in registry.objects_of(kind, None) {
                let of = |name| crate::metadata::text(&object, name).to_owned();
                let key =
                    ObjectKey { resource: kind.resource.to_string(), namespace: of("namespace"), name: of("name") };
                objects.insert(key, object);
            }
        }
        State { objects }
    }

    /// Returns the objects in the order of their keys.
    pub fn objects(&self) -> impl Iterator<Item = (&ObjectKey, &Value)> {
        self.objects.iter()
    }

    /// Keeps the objects for which `predicate` returns true.
    #[must_use]
    pub fn filter(mut self, predicate: impl Fn(&ObjectKey) -> bool) -> State {
        self.objects.retain(|key, _| predicate(key));
        self
    }

    /// Returns the changes from this state to a later one.
    pub fn diff(&self, later: &State) -> Diff {
        let mut changes = Vec::new();
        for (key, object) in &self.objects {
            match later.objects.get(key) {
                None => changes.push(Change { key: key.clone(), kind: ChangeKind::Removed }),
                Some(new) if new == object => {}
                Some(new) => {
                    let mut fields = Vec::new();
                    compare(String::new(), Some(object), Some(new), &mut fields);
                    changes.push(Change { key: key.clone(), kind: ChangeKind::Changed(fields) });
                }
            }
        }
        let added = later.objects.keys().filter(|key| !self.objects.contains_key(key));
        changes.extend(added.map(|key| Change { key: key.clone(), kind: ChangeKind::Added }));
        changes.sort_by(|a, b| a.key.cmp(&b.key));
        Diff { changes }
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, object) in self.objects.values().enumerate() {
            out.write_str(if index > 0 { "---\n" } else { "" })?;
            out.write_str(&yaml::write(object))?;
        }
        Ok(())
    }
}

/// The differences between two states. `Display` writes a line for each object and each field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// The changed objects in the order of their keys.
    pub changes: Vec<Change>,
}

/// A changed object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The object.
    pub key: ObjectKey,
    /// The change.
    pub kind: ChangeKind,
}

/// The change of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeKind {
    /// The object was created.
    Added,
    /// The object was deleted.
    Removed,
    /// Fields of the object changed.
    Changed(Vec<FieldChange>),
}

/// A changed field.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldChange {
    /// `spec.rules[0].name`
    pub path: String,
    /// The old value, if the field existed.
    pub old: Option<Value>,
    /// The new value, if the field exists.
    pub new: Option<Value>,
}

impl Diff {
    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Ignores changes of fields with this prefix (`metadata.managedFields`), and objects without other changes.
    #[must_use]
    pub fn without(mut self, prefix: &str) -> Diff {
        for change in &mut self.changes {
            if let ChangeKind::Changed(fields) = &mut change.kind {
                fields.retain(|changed| !changed.path.starts_with(prefix));
            }
        }
        self.changes.retain(|change| !matches!(&change.kind, ChangeKind::Changed(fields) if fields.is_empty()));
        self
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Change { key, kind } in &self.changes {
            match kind {
                ChangeKind::Added => writeln!(out, "+ {key}")?,
                ChangeKind::Removed => writeln!(out, "- {key}")?,
                ChangeKind::Changed(fields) => {
                    writeln!(out, "~ {key}")?;
                    for FieldChange { path, old, new } in fields {
                        let display =
                            |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
                        writeln!(out, "    {path}: {} -> {}", display(old), display(new))?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn compare(path: String, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(path, old.get(name), new.get(name), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(format!("{path}[{index}]"), old.get(index), new.get(index), changes);
            }
        }
        (old, new) => changes.push(FieldChange { path, old: old.cloned(), new: new.cloned() }),
    }
}
