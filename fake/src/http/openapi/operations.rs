//! OpenAPI paths and their operations.

use serde_json::{Map, Value, json};

use super::{Model, meta};
use crate::http::media::{PATCHES, STRATEGIC};

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
    let subresources = kind.version(model.version).map(|version| &version.subresources);
    let has_scale = subresources.is_some_and(|subresources| subresources.scale.is_some());
    let has_status = subresources.is_some_and(|subresources| subresources.status);
    for (name, title, _) in [("status", "Status", has_status), ("scale", "Scale", has_scale)].iter().filter(|sub| sub.2)
    {
        paths.insert(format!("{root}/{{name}}/{name}"), path_item(model, &[GET, PUT, PATCH], &named, title, ""));
    }
}

fn path_item(
    model: &Model<'_>,
    operations: &[Operation],
    path_parameters: &[&str],
    subresource: &str,
    suffix: &str,
) -> Value {
    let mut path = Map::new();
    for operation in operations {
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
        Answer::Status => meta::of("Status"),
    };
    let responses = operation.codes.iter().map(|code| {
        let description = match *code {
            "201" => "Created",
            "202" => "Accepted",
            _ => "OK",
        };
        ((*code).to_owned(), json!({"description": description, "content": content(&JSON_AND_YAML, &answer)}))
    });
    let mut responses: Map<String, Value> = responses.collect();
    responses.insert("401".to_owned(), json!({"description": "Unauthorized"}));
    let mut value = json!({
        "operationId": format!("{}{}{scope}{}{subresource}{suffix}", operation.verb, tag(model), names.kind),
        "tags": [lower_first(&tag(model))],
        "parameters": operation.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": responses,
        "x-kubernetes-action": operation.action,
        "x-kubernetes-group-version-kind": model.group_version_kind(&names.kind),
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

fn content(types: &[&str], schema: &Value) -> Value {
    types.iter().map(|type_| ((*type_).to_owned(), json!({"schema": schema}))).collect::<Map<_, _>>().into()
}

/// Returns the group and version as one CamelCase word.
fn tag(model: &Model<'_>) -> String {
    let group = if model.kind.resource.group.is_empty() { "core" } else { &model.kind.resource.group };
    let words = group.split(['.', '-']).chain([model.version]);
    words.map(upper_first).collect()
}

fn upper_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn lower_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
