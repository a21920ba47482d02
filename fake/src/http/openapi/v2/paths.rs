//! Paths of swagger 2.0, converted from those of OpenAPI v3.

use serde_json::{Map, Value, json};

use super::reference;

const SCALE: &str = "io.k8s.api.autoscaling.v1.Scale";

/// The media types of built-in kinds, and those of their lists.
const PRODUCED: [&str; 3] = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const STREAMED: [&str; 2] = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];

/// Converts paths of a kind. Those of built-in kinds have more media types.
pub(super) fn in_v2(paths: Map<String, Value>, is_typed: bool) -> impl Iterator<Item = (String, Value)> {
    paths.into_iter().map(move |(path, item)| {
        let item = path_item(&path, item, is_typed);
        (path, item)
    })
}

fn path_item(path: &str, item: Value, is_typed: bool) -> Value {
    let Value::Object(fields) = item else { return item };
    let is_scale = path.ends_with("/scale");
    let converted = fields.into_iter().map(|(name, value)| {
        if name == "parameters" {
            return (name, parameters(value).into());
        }
        let mut converted = operation(value, is_scale);
        if is_typed {
            set_types(&mut converted, &name);
        }
        (name, converted)
    });
    Value::Object(converted.collect())
}

fn set_types(operation: &mut Value, method: &str) {
    if method != "patch" {
        operation["consumes"] = json!(["*/*"]);
    }
    let streams = STREAMED.iter().filter(|_| operation["x-kubernetes-action"] == "list");
    operation["produces"] = PRODUCED.iter().chain(streams).copied().map(Value::from).collect();
}

fn operation(mut operation: Value, is_scale: bool) -> Value {
    let content = |part: &Value| part["content"].as_object().cloned().unwrap_or_default();
    let schema = |content: &Map<String, Value>| {
        let schema = content.values().next().map(|media| definition(&media["schema"]));
        schema.map(|schema| if is_scale && schema["$ref"].is_null() { reference(SCALE) } else { schema })
    };
    let types = |content: &Map<String, Value>| content.keys().cloned().collect::<Vec<String>>();
    let mut parameters = parameters(operation["parameters"].take());
    let body = operation["requestBody"].take();
    let sent = content(&body);
    if let Some(schema) = schema(&sent) {
        let mut parameter = json!({"name": "body", "in": "body", "schema": schema});
        if body["required"] == true {
            parameter["required"] = true.into();
        }
        parameters.insert(0, parameter);
    }
    let mut produced = Vec::new();
    let mut responses = Map::new();
    for (code, response) in operation["responses"].as_object().into_iter().flatten() {
        let answered = content(response);
        let mut converted = json!({"description": response["description"]});
        if let Some(schema) = schema(&answered) {
            converted["schema"] = schema;
            produced = types(&answered);
        }
        responses.insert(code.clone(), converted);
    }
    let consumed = if sent.is_empty() { produced.clone() } else { types(&sent) };
    if let Some(fields) = operation.as_object_mut() {
        fields.remove("requestBody");
    }
    operation["parameters"] = parameters.into();
    operation["responses"] = responses.into();
    operation["consumes"] = json!(consumed);
    operation["produces"] = json!(produced);
    operation["schemes"] = json!(["https"]);
    operation
}

fn parameters(parameters: Value) -> Vec<Value> {
    let Value::Array(all) = parameters else { return Vec::new() };
    let converted = all.into_iter().map(|mut parameter| {
        let schema = parameter["schema"].take();
        if let (Value::Object(fields), Value::Object(schema)) = (&mut parameter, schema) {
            fields.remove("schema");
            fields.extend(schema);
        }
        parameter
    });
    converted.collect()
}

/// Returns the schema of a body with a reference to a definition.
fn definition(schema: &Value) -> Value {
    match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/")) {
        Some(name) => reference(name),
        None => schema.clone(),
    }
}
