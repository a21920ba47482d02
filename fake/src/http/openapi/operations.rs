//! OpenAPI paths and their operations.

use serde_json::{Map, Value, json};

use super::{Model, meta};
use crate::http::media::{PATCHES, STRATEGIC};
use crate::kinds::builtin::strategy;

const JSON_AND_YAML: [&str; 2] = ["application/json", "application/yaml"];

const LIST_PARAMETERS: [(&str, &str); 10] = [
    ("allowWatchBookmarks", "boolean"),
    ("continue", "string"),
    ("fieldSelector", "string"),
    ("labelSelector", "string"),
    ("limit", "integer"),
    ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"),
    ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"),
    ("watch", "boolean"),
];
const WRITE_PARAMETERS: [(&str, &str); 3] =
    [("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")];
const PATCH_PARAMETERS: [(&str, &str); 4] =
    [("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"), ("force", "boolean")];
const DELETE_PARAMETERS: [(&str, &str); 4] = [
    ("dryRun", "string"),
    ("gracePeriodSeconds", "integer"),
    ("orphanDependents", "boolean"),
    ("propagationPolicy", "string"),
];

/// An operation of a path.
struct Operation {
    method: &'static str,
    action: &'static str,
    /// The verb in the operation's id.
    verb: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    codes: &'static [&'static str],
    answer: Answer,
}

#[derive(Clone, Copy)]
enum Answer {
    Object,
    List,
    Status,
}

const fn operation(
    method: &'static str,
    action: &'static str,
    verb: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    codes: &'static [&'static str],
    answer: Answer,
) -> Operation {
    Operation { method, action, verb, parameters, codes, answer }
}

const LIST: Operation = operation("get", "list", "list", &LIST_PARAMETERS, &["200"], Answer::List);
const CREATE: Operation =
    operation("post", "post", "create", &WRITE_PARAMETERS, &["200", "201", "202"], Answer::Object);
const DELETE_ALL: Operation =
    operation("delete", "deletecollection", "deletecollection", &LIST_PARAMETERS, &["200"], Answer::Status);
const GET: Operation = operation("get", "get", "read", &[("resourceVersion", "string")], &["200"], Answer::Object);
const PUT: Operation = operation("put", "put", "replace", &WRITE_PARAMETERS, &["200", "201"], Answer::Object);
const DELETE: Operation = operation("delete", "delete", "delete", &DELETE_PARAMETERS, &["200", "202"], Answer::Status);
const PATCH: Operation = operation("patch", "patch", "patch", &PATCH_PARAMETERS, &["200"], Answer::Object);

/// Adds the paths of a kind.
pub(super) fn add(model: &Model<'_>, paths: &mut Map<String, Value>) {
    let kind = model.kind;
    let prefix = if kind.resource.group.is_empty() { "/api" } else { "/apis" };
    let base = format!("{prefix}/{}", model.api_version());
    if kind.is_review() {
        let (root, scope): (_, &[&str]) = if kind.namespaced {
            (format!("{base}/namespaces/{{namespace}}/{}", kind.names.plural), &["namespace"])
        } else {
            (format!("{base}/{}", kind.names.plural), &[])
        };
        paths.insert(root, path_item(model, &[CREATE], scope, "", ""));
        return;
    }
    let (root, scope): (String, &[&str]) = if kind.namespaced {
        let path = format!("{base}/{}", kind.names.plural);
        paths.insert(path, path_item(model, &[LIST], &[], "", "ForAllNamespaces"));
        (format!("{base}/namespaces/{{namespace}}/{}", kind.names.plural), &["namespace"])
    } else {
        (format!("{base}/{}", kind.names.plural), &[])
    };
    paths.insert(root.clone(), path_item(model, &[LIST, CREATE, DELETE_ALL], scope, "", ""));
    let named: Vec<&str> = ["name"].into_iter().chain(scope.iter().copied()).collect();
    paths.insert(format!("{root}/{{name}}"), path_item(model, &[GET, PUT, DELETE, PATCH], &named, "", ""));
    for name in parts(model) {
        let title = upper_first(name);
        paths.insert(format!("{root}/{{name}}/{name}"), path_item(model, &[GET, PUT, PATCH], &named, &title, ""));
    }
    // A resource may permit none of the operations of a path.
    paths.retain(|_, item| item.as_object().is_some_and(|item| item.len() > 1));
}

/// Returns the subresources that are parts of the object.
fn parts(model: &Model<'_>) -> Vec<&'static str> {
    if let Some(resource) = model.builtin_resource() {
        let parts = resource.subresources.iter().filter(|subresource| subresource.verbs.contains(&"update"));
        return parts.map(|subresource| subresource.name).filter(|name| *name != "proxy").collect();
    }
    let subresources = model.kind.version(model.version).map(|version| &version.subresources);
    let has_scale = subresources.is_some_and(|subresources| subresources.scale.is_some());
    let has_status = subresources.is_some_and(|subresources| subresources.status);
    [("status", has_status), ("scale", has_scale)].into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

/// Whether discovery lists the verb of an operation. Custom resources have all verbs.
fn is_permitted(model: &Model<'_>, operation: &Operation, subresource: &str) -> bool {
    let Some(resource) = model.builtin_resource() else { return true };
    let verb = match operation.action {
        "post" => "create",
        "put" => "update",
        action => action,
    };
    let part = resource.subresources.iter().find(|part| upper_first(part.name) == subresource);
    part.map_or(&resource.verbs, |part| &part.verbs).contains(&verb)
}

fn path_item(
    model: &Model<'_>,
    operations: &[Operation],
    path_parameters: &[&str],
    subresource: &str,
    suffix: &str,
) -> Value {
    let mut path = Map::new();
    for operation in operations.iter().filter(|operation| is_permitted(model, operation, subresource)) {
        path.insert(
            operation.method.to_owned(),
            operation_object(model, operation, path_parameters, subresource, suffix),
        );
    }
    let mut parameters: Vec<Value> = path_parameters
        .iter()
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "uniqueItems": true}}))
        .collect();
    parameters.push(parameter(&("pretty", "string")));
    path.insert("parameters".to_owned(), Value::Array(parameters));
    Value::Object(path)
}

fn parameter((name, type_): &(&str, &str)) -> Value {
    json!({"name": name, "in": "query", "schema": {"type": type_, "uniqueItems": true}})
}

fn operation_object(
    model: &Model<'_>,
    operation: &Operation,
    path_parameters: &[&str],
    subresource: &str,
    suffix: &str,
) -> Value {
    let names = &model.kind.names;
    let scope = if model.kind.namespaced && (path_parameters.contains(&"namespace")) { "Namespaced" } else { "" };
    let answer = match operation.answer {
        Answer::Object if subresource == "Scale" => json!({"type": "object"}),
        Answer::Object => model.reference(&names.kind),
        Answer::List => model.reference(&names.list_kind),
        Answer::Status if returns_deleted(model, operation) => model.reference(&names.kind),
        Answer::Status => meta::of("Status"),
    };
    let (verb, collection) = match operation.verb {
        "deletecollection" => ("delete", "Collection"),
        verb => (verb, ""),
    };
    let kind = if subresource == "Scale" && model.kind.is_typed() {
        json!({"group": "autoscaling", "kind": "Scale", "version": "v1"})
    } else {
        model.group_version_kind(&names.kind)
    };
    let mut value = json!({
        "operationId": format!("{verb}{}{collection}{scope}{}{subresource}{suffix}", tag(model), names.kind),
        "tags": [format!("{}_{}", lower_first(&group_word(model)), model.version)],
        "parameters": operation.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": responses(model, operation, &answer),
        "x-kubernetes-action": operation.action,
        "x-kubernetes-group-version-kind": kind,
    });
    let body = match operation.action {
        "post" | "put" => Some((content(&JSON_AND_YAML, &answer), true)),
        "patch" => {
            let mut types = PATCHES.to_vec();
            types.extend((model.kind.is_typed() && subresource != "Scale").then_some(STRATEGIC));
            Some((content(&types, &meta::of("Patch")), true))
        }
        "delete" => Some((content(&JSON_AND_YAML, &meta::of("DeleteOptions")), false)),
        _ => None,
    };
    if let Some((content, required)) = body {
        value["requestBody"] = json!({"content": content, "required": required});
    }
    value
}

/// Returns the responses by their codes.
fn responses(model: &Model<'_>, operation: &Operation, answer: &Value) -> Map<String, Value> {
    let created = (operation.action == "patch" && model.kind.is_typed()).then_some(&"201");
    let responses = operation.codes.iter().chain(created).map(|code| {
        let description = match *code {
            "201" => "Created",
            "202" => "Accepted",
            _ => "OK",
        };
        ((*code).to_owned(), json!({"description": description, "content": content(&JSON_AND_YAML, answer)}))
    });
    let mut responses: Map<String, Value> = responses.collect();
    responses.insert("401".to_owned(), json!({"description": "Unauthorized"}));
    responses
}

/// Whether the response to a deletion is the deleted object.
fn returns_deleted(model: &Model<'_>, operation: &Operation) -> bool {
    let is_one = operation.action == "delete";
    is_one && model.kind.coded().is_some_and(|(group, kind)| strategy::returns_deleted(group, kind))
}

fn content(types: &[&str], schema: &Value) -> Value {
    types.iter().map(|type_| ((*type_).to_owned(), json!({"schema": schema}))).collect::<Map<_, _>>().into()
}

/// Returns the group and version as one CamelCase word.
fn tag(model: &Model<'_>) -> String {
    format!("{}{}", group_word(model), upper_first(model.version))
}

/// Returns the group as one CamelCase word, without the domain of Kubernetes.
fn group_word(model: &Model<'_>) -> String {
    let group = match model.kind.resource.group.as_str() {
        "" => "core",
        group => group.strip_suffix(".k8s.io").unwrap_or(group),
    };
    group.split(['.', '-']).map(upper_first).collect()
}

fn upper_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn lower_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
