//! Types that a schema declares for expressions, with the sizes of their values.
//!
//! Source: `apiserver/pkg/cel/common/schemas.go`, `apiserver/pkg/cel/types.go`,
//! `apiextensions-apiserver/pkg/apiserver/schema/cel/model/schemas.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::types::{Object, Type};
use crate::cel::names::{escape, is_keyword};

/// The maximum size of a request in bytes.
pub(super) const MAX_REQUEST: i64 = 3 * 1024 * 1024;
/// The maximum length of a name, and of a prefix to which at least one character is appended.
const MAX_NAME: i64 = 253;
const MAX_GENERATE_NAME: i64 = MAX_NAME - 1;
/// The sizes of durations, dates and times in JSON, with quotation marks.
const DURATION: (i64, i64) = (3, 32);
const DATE: i64 = 12;
const DATE_TIME: (i64, i64) = (21, 32);
/// The maximum number of bytes of a character.
const MAX_CHARACTER: i64 = 4;

/// A type that a schema declares.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(super) shape: Shape,
    /// The maximum number of items, entries or bytes.
    pub(super) max_elements: i64,
    /// The minimum size in JSON.
    pub(super) min_size: i64,
}

#[derive(Debug)]
pub(super) enum Shape {
    Scalar(Type),
    List(Arc<Declared>),
    Map(Arc<Declared>),
    /// The fields by their escaped names.
    Object(BTreeMap<String, Arc<Declared>>),
}

/// A schema that declares a type, as JSON.
#[derive(Clone, Copy)]
struct Schema<'d>(&'d Value);

impl<'d> Schema<'d> {
    fn get(self, name: &str) -> Option<&'d Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(self, name: &str) -> &'d str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn flag(self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    /// Returns a limit; a negative one is zero.
    fn limit(self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64).map(|limit| limit.max(0))
    }

    fn child(self, name: &str) -> Option<Schema<'d>> {
        self.get(name).filter(|value| value.is_object()).map(Schema)
    }

    fn property(self, name: &str) -> Option<Schema<'d>> {
        self.child("properties")?.child(name)
    }

    fn is_embedded(self) -> bool {
        self.flag("x-kubernetes-embedded-resource")
    }

    fn has_type(self, path: &[&str], type_: &str) -> bool {
        path.iter()
            .try_fold(self, |schema, name| schema.property(name))
            .is_some_and(|found| found.text("type") == type_)
    }
}

impl Declared {
    /// Returns the type that a schema declares; `None` if expressions cannot use its values.
    pub(crate) fn of(schema: &Value, is_resource: bool) -> Option<Arc<Declared>> {
        declared(Schema(schema), is_resource)
    }

    fn scalar(type_: Type, min_size: i64, max_elements: i64) -> Arc<Declared> {
        Arc::new(Declared { shape: Shape::Scalar(type_), max_elements, min_size })
    }

    /// Returns the type of the keys of maps.
    pub(super) fn key() -> Arc<Declared> {
        Declared::scalar(Type::Text, 2, 0)
    }

    /// Returns the type of a field by its unescaped name.
    pub(crate) fn field_named(&self, name: &str) -> Option<&Arc<Declared>> {
        self.field(&escape(name)?)
    }

    /// Returns the type of a field by its escaped name.
    pub(super) fn field(&self, name: &str) -> Option<&Arc<Declared>> {
        if let Shape::Object(fields) = &self.shape { fields.get(name) } else { None }
    }

    /// Returns the type of a field by its escaped name, or by a keyword that is not escaped; also returns the escaped name.
    pub(super) fn field_or_keyword(&self, name: &str) -> Option<(String, &Arc<Declared>)> {
        let escaped = if is_keyword(name) { format!("__{name}__") } else { name.to_owned() };
        [name.to_owned(), escaped].into_iter().find_map(|name| Some((name.clone(), self.field(&name)?)))
    }

    /// Returns the type of items or values.
    pub(crate) fn element(&self) -> Option<&Arc<Declared>> {
        match &self.shape {
            Shape::List(of) | Shape::Map(of) => Some(of),
            _ => None,
        }
    }

    /// Returns the type of expressions; objects are named after their path, which starts with `name`.
    pub(super) fn type_named(self: &Arc<Self>, name: &str) -> Type {
        match &self.shape {
            Shape::Scalar(type_) => type_.clone(),
            Shape::List(of) => Type::list(of.type_named(&format!("{name}.@idx"))),
            Shape::Map(of) => Type::map(Type::Text, of.type_named(&format!("{name}.@elem"))),
            Shape::Object(_) => Type::Object(Arc::new(Object { name: name.to_owned(), declared: Arc::clone(self) })),
        }
    }

    /// Returns the maximum number of values of this type in an object.
    pub(super) fn max_cardinality(&self) -> u64 {
        u64::try_from(MAX_REQUEST / (self.min_size + 1)).unwrap_or_default()
    }
}

fn declared(schema: Schema<'_>, is_resource: bool) -> Option<Arc<Declared>> {
    if schema.flag("x-kubernetes-int-or-string") {
        let max = schema.limit("maxLength").map_or(MAX_REQUEST - 2, |max| max.wrapping_mul(MAX_CHARACTER));
        return Some(Declared::scalar(Type::Dyn, 1, max));
    }
    match schema.text("type") {
        "array" => {
            let items = schema.child("items")?;
            let items = declared(items, items.is_embedded())?;
            let max_elements = schema.limit("maxItems").unwrap_or((MAX_REQUEST - 2) / (items.min_size + 1));
            Some(Arc::new(Declared { shape: Shape::List(items), max_elements, min_size: 2 }))
        }
        "object" => match schema.child("additionalProperties") {
            Some(values) => {
                let values = declared(values, values.is_embedded())?;
                // Each entry has at least an empty key, a colon and a comma.
                let max_elements = schema.limit("maxProperties").unwrap_or((MAX_REQUEST - 2) / (values.min_size + 6));
                Some(Arc::new(Declared { shape: Shape::Map(values), max_elements, min_size: 2 }))
            }
            None => Some(object(schema, is_resource)),
        },
        "string" => Some(string(schema)),
        "boolean" => Some(Declared::scalar(Type::Bool, 4, 0)),
        "number" => Some(Declared::scalar(Type::Double, 1, 0)),
        "integer" => Some(Declared::scalar(Type::Int, 1, 0)),
        _ => None,
    }
}

fn object(schema: Schema<'_>, is_resource: bool) -> Arc<Declared> {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fields = BTreeMap::new();
    let mut min_size = 2;
    let mut add = |name: &str, type_: Arc<Declared>, has_default: bool| {
        if required.contains(&name) && !has_default {
            min_size += i64::try_from(name.len()).unwrap_or(MAX_REQUEST) + type_.min_size + 4;
        }
        if let Some(name) = escape(name) {
            fields.insert(name, type_);
        }
    };
    let with_meta = is_resource && !has_type_and_meta(schema);
    for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if with_meta && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        if let Some(type_) = declared(Schema(inner), Schema(inner).is_embedded()) {
            add(name, type_, Schema(inner).get("default").is_some());
        }
    }
    if with_meta {
        for name in ["apiVersion", "kind"] {
            add(name, Declared::scalar(Type::Text, 2, MAX_REQUEST - 2), false);
        }
        add("metadata", metadata(schema.property("metadata")), false);
    }
    Arc::new(Declared { shape: Shape::Object(fields), max_elements: 0, min_size })
}

/// Returns whether a schema specifies all fields of resources that expressions can use.
fn has_type_and_meta(schema: Schema<'_>) -> bool {
    ["kind", "apiVersion"].iter().all(|name| schema.has_type(&[name], "string"))
        && schema.has_type(&["metadata"], "object")
        && ["name", "generateName"].iter().all(|name| schema.has_type(&["metadata", name], "string"))
}

fn metadata(schema: Option<Schema<'_>>) -> Arc<Declared> {
    let field = |name: &str, limit: i64| {
        let specified = schema.and_then(|schema| schema.property(name)?.get("maxLength")?.as_i64());
        let length = specified.map_or(limit, |length| length.min(limit)).max(0);
        (name.to_owned(), Declared::scalar(Type::Text, 2, length * MAX_CHARACTER))
    };
    let fields = BTreeMap::from([field("name", MAX_NAME), field("generateName", MAX_GENERATE_NAME)]);
    Arc::new(Declared { shape: Shape::Object(fields), max_elements: 0, min_size: 2 })
}

fn string(schema: Schema<'_>) -> Arc<Declared> {
    let max_length = schema.limit("maxLength");
    match schema.text("format") {
        "byte" => Declared::scalar(Type::Bytes, 2, max_length.unwrap_or(MAX_REQUEST - 2)),
        "duration" => Declared::scalar(Type::Duration, DURATION.0, DURATION.1),
        "date" => Declared::scalar(Type::Timestamp, DATE, DATE),
        "date-time" => Declared::scalar(Type::Timestamp, DATE_TIME.0, DATE_TIME.1),
        _ => {
            let values = schema.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty());
            let max = match (max_length, values) {
                (Some(max), _) => max.wrapping_mul(MAX_CHARACTER),
                (None, Some(values)) => {
                    let longest = values.iter().filter_map(Value::as_str).map(str::len).max().unwrap_or_default();
                    i64::try_from(longest).unwrap_or(MAX_REQUEST)
                }
                (None, None) => MAX_REQUEST - 2,
            };
            Declared::scalar(Type::Text, 2, max)
        }
    }
}
