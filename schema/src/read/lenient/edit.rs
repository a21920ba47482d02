//! Changes of YAML nodes.

use crate::yaml::{Content, Key, Node, Position};

pub(super) const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";
pub(super) const EMBEDDED: &str = "x-kubernetes-embedded-resource";
pub(super) const INT_OR_STRING: &str = "x-kubernetes-int-or-string";
pub(super) const LIST_TYPE: &str = "x-kubernetes-list-type";
pub(super) const LIST_KEYS: &str = "x-kubernetes-list-map-keys";
pub(super) const MAP_TYPE: &str = "x-kubernetes-map-type";
pub(super) const RULES: &str = "x-kubernetes-validations";

/// Returns the value of a key, unless it is null: Go decodes null like an absent field.
pub(super) fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| value.content != Content::Null)
}

pub(super) fn get_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Content::Map(entries) = &mut node.content else { return None };
    entries.iter_mut().find(|(found, _)| found.name == key).map(|(_, value)| value)
}

pub(super) fn item_mut(node: &mut Node, index: usize) -> Option<&mut Node> {
    if let Content::List(items) = &mut node.content { items.get_mut(index) } else { None }
}

/// Removes a key; returns whether it existed.
pub(super) fn remove(node: &mut Node, key: &str) -> bool {
    let Content::Map(entries) = &mut node.content else { return false };
    let before = entries.len();
    entries.retain(|(found, _)| found.name != key);
    entries.len() < before
}

/// Removes an item of the list of a key, and the key with its last item; returns whether the item existed.
pub(super) fn remove_item(node: &mut Node, key: &str, index: usize) -> bool {
    let Some(Node { content: Content::List(items), .. }) = get_mut(node, key) else { return false };
    if index >= items.len() {
        return false;
    }
    items.remove(index);
    let is_empty = items.is_empty();
    if is_empty {
        remove(node, key);
    }
    true
}

/// Sets the value of a key in a mapping.
pub(super) fn set(node: &mut Node, key: &str, content: Content) {
    let at = node.at;
    if let Some(value) = get_mut(node, key) {
        value.content = content;
    } else if let Content::Map(entries) = &mut node.content {
        entries.push((Key { at, name: key.to_owned() }, Node { at, content }));
    }
}

pub(super) fn flag(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|value| value.content == Content::Bool(true))
}

/// Returns the type of a schema, unless it is absent or empty.
pub(super) fn type_of(schema: &Node) -> Option<&str> {
    schema.get("type").and_then(Node::as_str).filter(|name| !name.is_empty())
}

/// Creates the schema of any JSON value.
pub(super) fn any(at: Position) -> Node {
    let mut schema = Node { at, content: Content::Map(Vec::new()) };
    set(&mut schema, PRESERVE, Content::Bool(true));
    schema
}

/// Makes a schema accept any JSON value; keeps its description, and whether it may be null. Returns whether it has
/// changed.
pub(super) fn make_any(schema: &mut Node) -> bool {
    replace(schema, any(schema.at), &["description", "nullable"])
}

/// Makes the schema of a root accept any object. Returns whether it has changed.
pub(super) fn make_any_object(root: &mut Node) -> bool {
    let mut schema = any(root.at);
    set(&mut schema, "type", Content::String("object".to_owned()));
    replace(root, schema, &["description"])
}

fn replace(schema: &mut Node, mut new: Node, kept: &[&str]) -> bool {
    let is_kept = |name: &str, value: &Node| match name {
        "description" => value.as_str().is_some(),
        _ => matches!(value.content, Content::Bool(_)),
    };
    for (key, value) in schema.entries() {
        if kept.contains(&key.name.as_str()) && is_kept(&key.name, value) {
            set(&mut new, &key.name, value.content.clone());
        }
    }
    let is_changed = schema.clone().into_json() != new.to_json();
    if is_changed {
        *schema = new;
    }
    is_changed
}
