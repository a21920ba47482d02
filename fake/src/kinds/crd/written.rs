//! Definitions in the form in which Go's structs are written: what is empty is left out.
//!
//! Source: the tags of `apiextensions/v1/types.go` and `types_jsonschema.go`.

use serde_json::{Map, Value};

use crate::kinds::is_empty;

/// Takes away what Go leaves out of a definition.
pub(crate) fn as_written(definition: &mut Map<String, Value>) {
    let Some(Value::Object(spec)) = definition.get_mut("spec") else { return };
    retain(spec, &["preserveUnknownFields"]);
    if let Some(Value::Object(names)) = spec.get_mut("names") {
        retain(names, &["singular", "listKind", "shortNames", "categories"]);
    }
    for version in objects(spec.get_mut("versions")) {
        retain(version, &["deprecated", "additionalPrinterColumns", "selectableFields"]);
        for column in objects(version.get_mut("additionalPrinterColumns")) {
            retain(column, &["format", "description", "priority"]);
        }
        if let Some(schema) = version.get_mut("schema").and_then(|schema| schema.get_mut("openAPIV3Schema")) {
            of_schema(schema);
        }
    }
}

fn of_schema(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    // These are pointers, which are written where they are set.
    let kept = |name: &str, value: &Value| {
        (!value.is_null() && matches!(name, "default" | "example" | "x-kubernetes-preserve-unknown-fields"))
            || value.is_number()
            || (value.is_object()
                && !matches!(name, "properties" | "patternProperties" | "dependencies" | "definitions"))
            || (value.is_boolean() && matches!(name, "additionalProperties" | "additionalItems"))
            || !is_empty(value)
    };
    fields.retain(|name, value| kept(name, value));
    for name in ["items", "additionalProperties", "additionalItems", "not"] {
        if let Some(inner) = fields.get_mut(name) {
            of_schema(inner);
        }
    }
    for name in ["allOf", "oneOf", "anyOf"] {
        fields.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten().for_each(of_schema);
    }
    for name in ["properties", "patternProperties", "definitions"] {
        let inner = fields.get_mut(name).and_then(Value::as_object_mut);
        inner.into_iter().flat_map(|inner| inner.values_mut()).for_each(of_schema);
    }
    for rule in objects(fields.get_mut("x-kubernetes-validations")) {
        retain(rule, &["message", "messageExpression", "fieldPath"]);
    }
}

fn objects(list: Option<&mut Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    list.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Takes away what is null, and of what may be left out what is empty.
fn retain(fields: &mut Map<String, Value>, left_out: &[&str]) {
    let goes = |name: &str, value: &Value| value.is_null() || (left_out.contains(&name) && is_empty(value));
    fields.retain(|name, value| !goes(name, value));
}
