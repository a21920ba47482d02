//! Documents: what a manifest must have, whatever the server.

use std::fmt;

use kube::core::GroupVersionKind;
use kube_structural_schema::yaml::{Content, MAX_DEPTH, Node};

use super::problem::{Origin, Problem};
use crate::decode::stack::with_stack_for;
use crate::types::Json;

/// An object of the input.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) origin: Origin,
    pub(super) gvk: GroupVersionKind,
    /// The namespace that the manifest names.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) body: Json,
}

/// Shows what identifies the object. It may be a Secret, whose values do not belong into logs.
impl fmt::Debug for Document {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GroupVersionKind { kind, .. } = &self.gvk;
        write!(out, "{} {kind} {:?} at {}", self.gvk.api_version(), self.name, self.origin)
    }
}

/// Adds the objects of a YAML document, and its problems.
pub(super) fn documents(source: &str, node: Node, documents: &mut Vec<Document>, problems: &mut Vec<Problem>) {
    let mut reader = Reader { source, documents, problems };
    reader.read(node, None);
}

struct Reader<'r> {
    source: &'r str,
    documents: &'r mut Vec<Document>,
    problems: &'r mut Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, at: &Node, message: impl Into<String>) {
        self.problems.push(Origin::new(self.source, at.at).problem(message));
    }

    /// Reads an object or a list. `types` are the `apiVersion` and the kind of items that have none.
    fn read(&mut self, node: Node, types: Option<(&str, &str)>) {
        if !matches!(node.content, Content::Map(_)) {
            return self.problem(&node, format!("a manifest is a mapping, not {}", node.kind()));
        }
        let node = with_types(node, types);
        let kind = node.get("kind").and_then(Node::as_str).unwrap_or_default();
        let is_list = node.get("items").is_some_and(|items| matches!(items.content, Content::List(_)));
        if is_list && kind.ends_with("List") {
            return self.read_items(node);
        }
        let errors = self.problems.len();
        let gvk = self.gvk(&node);
        let (name, namespace) = self.metadata(&node);
        if self.problems.len() > errors {
            return;
        }
        let origin = Origin::new(self.source, node.at);
        let body = with_stack_for(MAX_DEPTH, || Json::from(node.into_json()));
        self.documents.push(Document { origin, gvk, namespace, name, body });
    }

    /// Reads the items of a list. In typed lists, as the API server returns them, items have no kind.
    ///
    /// Source: `k8s.io/apimachinery/pkg/apis/meta/v1/unstructured/helpers.go`, `decodeToList`.
    fn read_items(&mut self, list: Node) {
        let text = |key| list.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let kind = kind.strip_suffix("List").unwrap_or_default();
        let types = (!kind.is_empty()).then_some((&*api_version, kind));
        let Content::Map(entries) = list.content else { return };
        let items = entries.into_iter().find(|(key, _)| key.name == "items").map(|(_, items)| items.content);
        let Some(Content::List(items)) = items else { return };
        items.into_iter().for_each(|item| self.read(item, types));
    }

    fn gvk(&mut self, node: &Node) -> GroupVersionKind {
        let api_version = self.required(node, node, "apiVersion", "apiVersion");
        let kind = self.required(node, node, "kind", "kind");
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        if version.contains('/') {
            self.problem(node, format!("apiVersion {api_version:?} is not a group and a version"));
        }
        GroupVersionKind::gvk(group, version, &kind)
    }

    fn metadata(&mut self, node: &Node) -> (String, Option<String>) {
        let empty = Node { at: node.at, content: Content::Map(Vec::new()) };
        let metadata = match node.get("metadata") {
            Some(metadata) if matches!(metadata.content, Content::Map(_)) => metadata,
            Some(other) if other.content != Content::Null => {
                self.problem(other, format!("metadata is a mapping, not {}", other.kind()));
                return (String::new(), None);
            }
            _ => &empty,
        };
        let name = self.name(node, metadata);
        let namespace = self.namespace(metadata);
        if let Some(managed) = metadata.get("managedFields").filter(|managed| !is_empty(managed)) {
            self.problem(managed, "metadata.managedFields cannot be applied: remove it, it was copied from the server");
        }
        let is_mapping = |labels: &Node| matches!(labels.content, Content::Map(_) | Content::Null);
        if let Some(labels) = metadata.get("labels").filter(|labels| !is_mapping(labels)) {
            self.problem(labels, format!("metadata.labels is a mapping, not {}", labels.kind()));
        }
        (name, namespace)
    }

    fn namespace(&mut self, metadata: &Node) -> Option<String> {
        let namespace = metadata.get("namespace").filter(|namespace| !is_empty(namespace))?;
        let text = namespace.as_str().map(str::to_owned);
        if text.is_none() {
            self.problem(namespace, format!("metadata.namespace is a string, not {}: quote it", namespace.kind()));
        }
        text
    }

    fn name(&mut self, node: &Node, metadata: &Node) -> String {
        let is_generated = metadata.get("generateName").is_some_and(|prefix| !is_empty(prefix));
        if is_generated && metadata.get("name").is_none_or(is_empty) {
            self.problem(metadata, "metadata.generateName cannot be applied: set metadata.name");
            return String::new();
        }
        let name = self.required(node, metadata, "name", "metadata.name");
        if matches!(&*name, "." | "..") || name.contains(['/', '%', '?', '#']) {
            self.problem(metadata, format!("metadata.name {name:?} is not a valid name"));
        }
        name
    }

    /// Returns a string that must not be empty.
    fn required(&mut self, object: &Node, parent: &Node, key: &str, path: &str) -> String {
        match parent.get(key) {
            Some(value) if !is_empty(value) => match value.as_str() {
                Some(text) => return text.to_owned(),
                None => self.problem(value, format!("{path} is a string, not {}: quote it", value.kind())),
            },
            _ => self.problem(object, format!("{path} is missing")),
        }
        String::new()
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.content {
        Content::Null => true,
        Content::String(text) => text.is_empty(),
        Content::List(items) => items.is_empty(),
        _ => false,
    }
}

/// Adds the types of an item of a typed list, if it has none.
fn with_types(mut node: Node, types: Option<(&str, &str)>) -> Node {
    let is_missing = |node: &Node, key| node.get(key).is_none_or(is_empty);
    if let Some((api_version, kind)) = types.filter(|_| is_missing(&node, "kind") && is_missing(&node, "apiVersion")) {
        let text = |text: &str| Node { at: node.at, content: Content::String(text.to_owned()) };
        let key = |name: &str| kube_structural_schema::yaml::Key { at: node.at, name: name.to_owned() };
        let added = [(key("apiVersion"), text(api_version)), (key("kind"), text(kind))];
        if let Content::Map(entries) = &mut node.content {
            entries.retain(|(key, _)| !matches!(&*key.name, "apiVersion" | "kind"));
            entries.extend(added);
        }
    }
    node
}
