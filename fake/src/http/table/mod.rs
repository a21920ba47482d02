//! Tables, which `kubectl get` prints.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresource/tableconvertor`.

mod builtin;

use std::borrow::Cow;

use jiff::Timestamp;
use kube_structural_schema::columns;
use serde_json::{Value, json};

use super::partial::partial;
use super::view::{Include, View};
use crate::kinds::Rules;
use crate::metadata::{self, text};
use crate::registry::Target;

/// A column of a table.
struct Column {
    name: String,
    type_: String,
    format: String,
    description: String,
    priority: i64,
    cell: Cell,
}

/// The source of a cell's value.
enum Cell {
    /// The value at a path of a custom resource.
    Path(columns::Column),
    /// A function of a built-in kind.
    Function(fn(&Value, Timestamp) -> Value),
}

/// Returns the columns after the name: those of the kind or of the CRD, or else the age.
fn columns(target: &Target) -> Vec<Column> {
    let declared = &target.version().printer_columns;
    if !target.kind.is_custom() {
        let group = target.kind.object_group.unwrap_or(&target.kind.resource.group);
        return builtin::columns(group, &target.kind.names.kind);
    }
    if declared.is_empty() {
        return vec![Column {
            description: "The time of creation.".to_owned(),
            cell: Cell::Path(columns::Column::age()),
            ..Column::of("Age", "date", 0)
        }];
    }
    let column = |column: &kube_structural_schema::PrinterColumn| {
        let fallback = || format!("Custom resource definition column (in JSONPath format): {}", column.json_path);
        Column {
            format: column.format.clone().unwrap_or_default(),
            description: column.description.clone().filter(|text| !text.is_empty()).unwrap_or_else(fallback),
            cell: Cell::Path(column.into()),
            ..Column::of(&column.name, &column.type_, column.priority)
        }
    };
    declared.iter().map(column).collect()
}

impl Column {
    fn of(name: &str, type_: &str, priority: i64) -> Self {
        Column {
            name: name.to_owned(),
            type_: type_.to_owned(),
            format: String::new(),
            description: String::new(),
            priority,
            cell: Cell::Function(|_, _| Value::Null),
        }
    }

    fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.type_,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        })
    }

    fn cell(&self, object: &Value, now: Timestamp) -> Value {
        match &self.cell {
            Cell::Function(function) => function(object, now),
            Cell::Path(column) => column.cell(object, now),
        }
    }
}

pub(super) fn of_objects(objects: &[Value], target: &Target, view: View, metadata: Option<Value>) -> Value {
    let metadata = metadata.unwrap_or_else(|| {
        json!({"resourceVersion": objects.first().map(|object| text(object, "resourceVersion")).unwrap_or_default()})
    });
    table(objects, target, view, true, &metadata)
}

/// Returns the table of a watch event; only the first event has column definitions.
pub(super) fn of_event(object: &Value, target: &Target, view: View, has_header: bool) -> Value {
    let metadata = json!({"resourceVersion": text(object, "resourceVersion")});
    table(std::slice::from_ref(object), target, view, has_header, &metadata)
}

/// Returns the rows. For definitions, Go encodes an empty list as null.
fn rows_of(rows: Vec<Value>, target: &Target) -> Value {
    if rows.is_empty() && target.kind.rules == Rules::Definition { Value::Null } else { rows.into() }
}

/// Returns an object in the version that cells are read from. Those of autoscalers are fields of the newest version.
fn shown<'o>(object: &'o Value, target: &Target) -> Cow<'o, Value> {
    let kind = &target.kind;
    if kind.is_autoscaler() {
        Cow::Owned(kind.convert_to(object.clone(), kind.storage_version()))
    } else {
        Cow::Borrowed(object)
    }
}

fn table(objects: &[Value], target: &Target, view: View, has_header: bool, list: &Value) -> Value {
    let name = Column {
        format: "name".to_owned(),
        description: "The name of the object.".to_owned(),
        cell: Cell::Function(|object, _| text(object, "name").into()),
        ..Column::of("Name", "string", 0)
    };
    let mut columns = columns(target);
    if !columns.iter().any(|column| column.name == "Name") {
        columns.insert(0, name);
    }
    let row = |object: &Value| {
        let shown = shown(object, target);
        let cells: Vec<Value> = columns.iter().map(|column| column.cell(&shown, view.rows.now)).collect();
        let is_pod = target.kind.coded() == Some(("", "Pod"));
        let conditions = is_pod.then(|| builtin::row_conditions(object)).flatten();
        let object = match view.rows.include {
            // Clients recognize the bookmark that ends the initial events by its annotation.
            Include::None if metadata::ends_initial_events(object) => partial(object, view.version),
            Include::None => Value::Null,
            Include::Metadata => partial(object, view.version),
            Include::Object => object.clone(),
        };
        let mut row = json!({ "cells": cells, "object": object });
        if let Some(conditions) = conditions {
            row["conditions"] = conditions;
        }
        row
    };
    let definitions = has_header.then(|| columns.iter().map(Column::definition).collect::<Vec<_>>());
    json!({
        "kind": "Table",
        "apiVersion": view.version.api_version(),
        "metadata": list,
        "columnDefinitions": definitions,
        "rows": rows_of(objects.iter().map(row).collect(), target),
    })
}
