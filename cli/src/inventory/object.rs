//! Objects and where they come from.

use std::fmt;

use kube_structural_schema::yaml::{Key as YamlKey, Node};
use serde_json::Value;

use crate::kinds;

/// Where an object comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A file, or the standard input.
    File {
        /// The path, or `stdin`.
        path: String,
        /// The line, starting at 1.
        line: u32,
    },
    /// A cluster.
    Cluster,
}

/// `file:line` or `cluster`
impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line } => write!(out, "{path}:{line}"),
            Origin::Cluster => out.write_str("cluster"),
        }
    }
}

/// What identifies an object. Versions of a kind are the same objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) group: String,
    pub(crate) kind: String,
    /// Empty for cluster-scoped objects.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        let [group, kind, namespace, name] = [group, kind, namespace, name].map(str::to_owned);
        Key { group, kind, namespace, name }
    }
}

/// `kind namespace/name`
impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.namespace.is_empty() { "" } else { "/" };
        write!(out, "{} {}{separator}{}", self.kind, self.namespace, self.name)
    }
}

/// An object of an inventory.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) origin: Origin,
    pub(crate) key: Key,
    pub(crate) api_version: String,
    /// The object. Values of Secrets are removed.
    pub(crate) body: Value,
    /// The object with positions, if it comes from a file.
    pub(crate) node: Option<Node>,
    /// Duplicate keys in the file.
    pub(crate) duplicates: Vec<YamlKey>,
}

impl Object {
    /// Creates an object. `namespace` applies to objects of namespaced kinds that have none.
    pub(crate) fn new(origin: Origin, mut body: Value, namespace: &str) -> Self {
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, kind) = (text("/apiVersion"), text("/kind"));
        let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        let found = text("/metadata/namespace");
        let namespace = match () {
            () if kinds::is_cluster_scoped(&kind) => String::new(),
            () if found.is_empty() => namespace.to_owned(),
            () => found,
        };
        let key = Key { group, namespace, name: text("/metadata/name"), kind };
        if key.group.is_empty() && key.kind == "Secret" {
            remove_values(&mut body);
        }
        Object { origin, key, api_version, body, node: None, duplicates: Vec::new() }
    }

    /// Returns the version without the group.
    pub(crate) fn version(&self) -> &str {
        self.api_version.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the text at a JSON pointer, or an empty one.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the list at a JSON pointer, or an empty one.
    pub(crate) fn list(&self, pointer: &str) -> &[Value] {
        self.body.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Returns an annotation, or an empty one.
    pub(crate) fn annotation(&self, name: &str) -> &str {
        self.body["metadata"]["annotations"][name].as_str().unwrap_or_default()
    }

    /// Returns whether a Secret has a key.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        ["data", "stringData"].iter().any(|field| self.body[*field].get(key).is_some())
    }

    /// Returns the status of a condition at a JSON pointer, such as `/status/conditions`.
    pub(crate) fn condition<'o>(&'o self, pointer: &str, type_: &str) -> Option<&'o Value> {
        self.list(pointer).iter().find(|condition| condition["type"] == type_)
    }
}

/// Returns the text of a field of a value, or an empty one.
pub(crate) fn field<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the text of a field of a value, or a default if it is missing or empty.
pub(crate) fn field_or<'v>(value: &'v Value, name: &str, default: &'v str) -> &'v str {
    match field(value, name) {
        "" => default,
        text => text,
    }
}

fn remove_values(secret: &mut Value) {
    for field in ["data", "stringData"] {
        for (_, value) in secret.get_mut(field).and_then(Value::as_object_mut).into_iter().flatten() {
            *value = Value::Null;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Object, Origin};

    #[test]
    fn secret_keeps_keys_without_values() {
        let body =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"apiKey": "c2VjcmV0"}});
        let secret = Object::new(Origin::Cluster, body, "default");
        assert!(secret.has_key("apiKey"));
        assert!(!format!("{secret:?}").contains("c2VjcmV0"));
        assert_eq!(secret.key.to_string(), "Secret default/a");
    }
}
