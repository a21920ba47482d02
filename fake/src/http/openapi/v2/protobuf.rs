//! The protobuf encoding of swagger 2.0.
//!
//! Source: `gnostic-models/openapiv2/OpenAPIv2.proto`.

use kube_structural_schema::yaml;
use serde_json::Value;

use crate::http::protobuf::Writer;

/// Encodes a document.
pub(super) fn document(document: &Value) -> Vec<u8> {
    let mut out = Writer::default();
    text(&mut out, 1, &document["swagger"]);
    out.message(2, |info| {
        text(info, 1, &document["info"]["title"]);
        text(info, 2, &document["info"]["version"]);
    });
    out.message(8, |paths| named(paths, 2, &document["paths"], path_item));
    out.message(9, |definitions| named(definitions, 1, &document["definitions"], schema));
    for requirement in items(&document["security"]) {
        out.message(12, |security| named(security, 1, requirement, |scopes, names| texts(scopes, 1, names)));
    }
    out.message(13, |schemes| {
        named(schemes, 1, &document["securityDefinitions"], |scheme, value| {
            scheme.message(2, |key| {
                for (number, name) in [(1, "type"), (2, "name"), (3, "in"), (4, "description")] {
                    text(key, number, &value[name]);
                }
            });
        });
    });
    out.bytes
}

fn path_item(out: &mut Writer, item: &Value) {
    for (number, method) in [(2, "get"), (3, "put"), (4, "post"), (5, "delete"), (8, "patch")] {
        if item[method].is_object() {
            out.message(number, |out| operation(out, &item[method]));
        }
    }
    parameters(out, 9, &item["parameters"]);
}

fn operation(out: &mut Writer, operation: &Value) {
    texts(out, 1, &operation["tags"]);
    text(out, 3, &operation["description"]);
    text(out, 5, &operation["operationId"]);
    texts(out, 6, &operation["produces"]);
    texts(out, 7, &operation["consumes"]);
    parameters(out, 8, &operation["parameters"]);
    out.message(9, |responses| {
        named(responses, 1, &operation["responses"], |value, response| {
            value.message(1, |out| {
                text(out, 1, &response["description"]);
                if response["schema"].is_object() {
                    out.message(2, |item| item.message(1, |out| schema(out, &response["schema"])));
                }
            });
        });
    });
    texts(out, 10, &operation["schemes"]);
    extensions(out, 13, operation);
}

fn parameters(out: &mut Writer, number: u32, parameters: &Value) {
    for parameter in items(parameters) {
        out.message(number, |item| item.message(1, |out| one_parameter(out, parameter)));
    }
}

fn one_parameter(out: &mut Writer, parameter: &Value) {
    if parameter["in"] == "body" {
        return out.message(1, |out| {
            text(out, 2, &parameter["name"]);
            text(out, 3, &parameter["in"]);
            flag(out, 4, &parameter["required"]);
            out.message(5, |out| schema(out, &parameter["schema"]));
        });
    }
    // The numbers of the message, of `type` and of `uniqueItems`.
    let [message, type_, unique] = if parameter["in"] == "path" { [4, 5, 19] } else { [3, 6, 20] };
    out.message(2, |out| {
        out.message(message, |out| {
            flag(out, 1, &parameter["required"]);
            text(out, 2, &parameter["in"]);
            text(out, 4, &parameter["name"]);
            text(out, type_, &parameter["type"]);
            flag(out, unique, &parameter["uniqueItems"]);
        });
    });
}

fn schema(out: &mut Writer, value: &Value) {
    for (number, name) in [(1, "$ref"), (2, "format"), (3, "title"), (4, "description")] {
        text(out, number, &value[name]);
    }
    for (number, name) in [(6, "multipleOf"), (7, "maximum"), (9, "minimum")] {
        if let Some(float) = value[name].as_f64() {
            out.float(number, float);
        }
    }
    for (number, name) in [(8, "exclusiveMaximum"), (10, "exclusiveMinimum"), (16, "uniqueItems")] {
        flag(out, number, &value[name]);
    }
    let limits = [
        (11, "maxLength"),
        (12, "minLength"),
        (14, "maxItems"),
        (15, "minItems"),
        (17, "maxProperties"),
        (18, "minProperties"),
    ];
    for (number, name) in limits {
        if let Some(limit) = value[name].as_u64().filter(|limit| *limit > 0) {
            out.number(number, limit);
        }
    }
    text(out, 13, &value["pattern"]);
    texts(out, 19, &value["required"]);
    for allowed in items(&value["enum"]) {
        out.message(20, |out| any(out, allowed));
    }
    match &value["additionalProperties"] {
        Value::Bool(allowed) => out.message(21, |out| out.number(2, u64::from(*allowed))),
        Value::Object(_) => out.message(21, |out| out.message(1, |out| schema(out, &value["additionalProperties"]))),
        _ => {}
    }
    if value["type"].is_string() {
        out.message(22, |out| text(out, 1, &value["type"]));
    }
    if value["items"].is_object() {
        out.message(23, |out| out.message(1, |out| schema(out, &value["items"])));
    }
    if value["properties"].is_object() {
        out.message(25, |out| named(out, 1, &value["properties"], schema));
    }
    if !value["example"].is_null() {
        out.message(30, |out| any(out, &value["example"]));
    }
    extensions(out, 31, value);
}

/// Writes the entries of a map as messages with a name and a value.
fn named(out: &mut Writer, number: u32, entries: &Value, mut write: impl FnMut(&mut Writer, &Value)) {
    for (name, value) in entries.as_object().into_iter().flatten() {
        out.message(number, |entry| {
            entry.bytes(1, name.as_bytes());
            entry.message(2, |out| write(out, value));
        });
    }
}

fn extensions(out: &mut Writer, number: u32, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("x-")) {
        out.message(number, |entry| {
            entry.bytes(1, name.as_bytes());
            entry.message(2, |out| any(out, value));
        });
    }
}

/// Writes any value as YAML.
fn any(out: &mut Writer, value: &Value) {
    out.bytes(2, yaml::write(value).as_bytes());
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(out: &mut Writer, number: u32, value: &Value) {
    if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
        out.bytes(number, text.as_bytes());
    }
}

fn texts(out: &mut Writer, number: u32, values: &Value) {
    items(values).filter_map(Value::as_str).for_each(|text| out.bytes(number, text.as_bytes()));
}

fn flag(out: &mut Writer, number: u32, value: &Value) {
    if value == true {
        out.number(number, 1);
    }
}
