//! Objects as rows: what `kubectl get` shows.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresource/tableconvertor`.

use jiff::Timestamp;
use kube_structural_schema::PrinterColumn;
use kube_structural_schema::object::go;
use serde_json::{Value, json};

use super::answer::partial;
use super::negotiate::Include;
use crate::registry::Target;
use crate::registry::metadata::text;

const NAME: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const AGE: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// Columns besides the name: those that the kind declares, else the age.
fn columns(target: &Target) -> Vec<PrinterColumn> {
    let declared = &target.version().printer_columns;
    if !declared.is_empty() {
        return declared.clone();
    }
    vec![PrinterColumn {
        name: if target.kind.is_custom() { "Age" } else { "Created At" }.to_owned(),
        type_: "date".to_owned(),
        json_path: ".metadata.creationTimestamp".to_owned(),
        description: Some(AGE.to_owned()),
    }]
}

pub(super) fn of_objects(objects: &[Value], target: &Target, include: Include, metadata: Option<Value>) -> Value {
    let metadata = metadata.unwrap_or_else(|| {
        json!({"resourceVersion": objects.first().map(|object| text(object, "resourceVersion")).unwrap_or_default()})
    });
    table(objects, target, include, true, &metadata)
}

/// One event's object; only the first tells the columns.
pub(super) fn of_event(object: &Value, target: &Target, include: Include, headed: bool) -> Value {
    let metadata = json!({"resourceVersion": text(object, "resourceVersion")});
    table(std::slice::from_ref(object), target, include, headed, &metadata)
}

fn table(objects: &[Value], target: &Target, include: Include, headed: bool, metadata: &Value) -> Value {
    let columns = columns(target);
    let mut definitions = vec![json!({
        "name": "Name", "type": "string", "format": "name", "description": NAME, "priority": 0,
    })];
    for column in &columns {
        let fallback = format!("Custom resource definition column (in JSONPath format): {}", column.json_path);
        let description = column.description.clone().filter(|text| !text.is_empty()).unwrap_or(fallback);
        definitions.push(json!({
            "name": column.name, "type": column.type_, "format": "", "description": description, "priority": 0,
        }));
    }
    let row = |object: &Value| {
        let mut cells = vec![json!(text(object, "name"))];
        cells.extend(columns.iter().map(|column| cell(object, column)));
        let mut row = json!({ "cells": cells });
        match include {
            Include::None => row["object"] = Value::Null,
            Include::Metadata => row["object"] = partial(object),
            Include::Object => row["object"] = object.clone(),
        }
        row
    };
    let rows: Vec<Value> = objects.iter().map(row).collect();
    let definitions = if headed { Value::Array(definitions) } else { Value::Null };
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

fn cell(object: &Value, column: &PrinterColumn) -> Value {
    let Some(value) = found(object, &column.json_path) else { return Value::Null };
    match column.type_.as_str() {
        "integer" => value.as_i64().or_else(|| value.as_f64().map(whole)).map_or(Value::Null, Value::from),
        "number" => value.as_f64().map_or(Value::Null, |_| value.clone()),
        "boolean" => value.as_bool().map_or(Value::Null, Value::from),
        "date" => match value.as_str() {
            Some(text) => age(text).into(),
            None => Value::Null,
        },
        _ => match value {
            Value::String(_) => value.clone(),
            Value::Array(_) | Value::Object(_) => go::json(value).into(),
            other => go::plain(other).into(),
        },
    }
}

#[allow(clippy::cast_possible_truncation)]
fn whole(float: f64) -> i64 {
    float as i64
}

/// The value at a JSON path: names, quoted names, indexes, and conditions such as `[?(@.type=="Ready")]`.
fn found<'o>(object: &'o Value, path: &str) -> Option<&'o Value> {
    let mut value = object;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (inner, after) = after.split_once(']')?;
            rest = after;
            value = if let Some(condition) = inner.strip_prefix("?(@.").and_then(|inner| inner.strip_suffix(')')) {
                let (name, wanted) = condition.split_once("==")?;
                let wanted = wanted.trim().trim_matches(['"', '\'']);
                let is = |item: &&Value| item.get(name.trim()).is_some_and(|found| go::plain(found) == wanted);
                value.as_array()?.iter().find(is)?
            } else if let Ok(index) = inner.parse::<usize>() {
                value.get(index)?
            } else {
                value.get(inner.trim_matches(['"', '\'']))?
            };
        } else {
            rest = rest.trim_start_matches('.');
            let mut end = rest.len();
            let mut escaped = false;
            for (place, c) in rest.char_indices() {
                if !escaped && (c == '.' || c == '[') {
                    end = place;
                    break;
                }
                escaped = c == '\\';
            }
            let (name, after) = rest.split_at(end);
            rest = after;
            if !name.is_empty() {
                value = value.get(name.replace('\\', ""))?;
            }
        }
    }
    Some(value)
}

/// How long ago a time was, in kubectl's short form.
///
/// Source: `apimachinery/pkg/util/duration`, `HumanDuration`.
fn age(text: &str) -> String {
    let Ok(then) = text.parse::<Timestamp>() else { return "<invalid>".to_owned() };
    let seconds = Timestamp::now().duration_since(then).as_secs();
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let seconds = seconds.max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let two = |great: i64, unit: char, small: i64, small_unit: char| {
        if small == 0 { format!("{great}{unit}") } else { format!("{great}{unit}{small}{small_unit}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => two(days, 'd', hours % 24, 'h'),
        () if days < 730 => format!("{days}d"),
        () if days < 8 * 365 => two(years, 'y', days % 365, 'd'),
        () => format!("{years}y"),
    }
}
