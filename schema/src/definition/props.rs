//! Read access to `JSONSchemaProps` and to the objects around it, as Go sees them after decoding: absent, null and zero values
//! of plain fields are the same.

use serde_json::{Map, Value};

/// A JSON object with Go's zero values for what it lacks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Props<'d>(pub(super) &'d Value);

/// `items`: a schema, or a list of them, which a definition may not have.
#[derive(Clone, Copy)]
pub(super) enum Items<'d> {
    /// One schema.
    One(Props<'d>),
    /// Several, which is refused, or none.
    Many(&'d [Value]),
}

/// `additionalProperties`.
#[derive(Clone, Copy)]
pub(super) enum Values<'d> {
    /// `true` or `false`.
    Allowed(bool),
    /// The schema of each value.
    Schema(Props<'d>),
}

/// What a schema says, found in one pass over its fields: most schemas say little, and there are many.
#[derive(Clone, Copy, Default)]
pub(super) struct Parts<'d> {
    pub(super) type_: &'d str,
    pub(super) properties: Option<&'d Map<String, Value>>,
    pub(super) items: Option<Props<'d>>,
    pub(super) has_default: bool,
    pub(super) pattern: &'d str,
    /// Whether it says anything that few schemas say.
    pub(super) is_uncommon: bool,
}

/// What validation does not look at.
const COMMON: [&str; 18] = [
    "description",
    "required",
    "enum",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "title",
    "example",
    "externalDocs",
];

impl<'d> Parts<'d> {
    /// The schemas below this one, where it is not uncommon.
    pub(super) fn below(self) -> impl Iterator<Item = Props<'d>> {
        self.properties.into_iter().flat_map(Map::values).map(Props).chain(self.items)
    }
}

impl<'d> Props<'d> {
    pub(super) fn parts(self) -> Parts<'d> {
        let mut parts = Parts::default();
        for (name, value) in self.0.as_object().into_iter().flatten() {
            match (name.as_str(), value) {
                (name, value) if value.is_null() || COMMON.contains(&name) => {}
                ("type", Value::String(text)) => parts.type_ = text,
                ("pattern", Value::String(text)) => parts.pattern = text,
                ("default", _) => parts.has_default = true,
                ("properties", Value::Object(properties)) => parts.properties = Some(properties),
                ("items", Value::Object(_)) => parts.items = Some(Props(value)),
                _ => parts.is_uncommon = true,
            }
        }
        parts
    }

    /// Whether this schema or any below it has a default.
    pub(super) fn has_defaults(self) -> bool {
        let parts = self.parts();
        if parts.is_uncommon {
            return self.any(&mut |schema| schema.get("default").is_some());
        }
        parts.has_default || parts.below().any(Props::has_defaults)
    }

    /// A field that is not null.
    pub(super) fn get(self, name: &str) -> Option<&'d Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, name: &str) -> &'d str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A pointer to a string: an empty one is not absent.
    pub(super) fn pointer(self, name: &str) -> Option<&'d str> {
        self.get(name).and_then(Value::as_str)
    }

    pub(super) fn flag(self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    pub(super) fn list(self, name: &str) -> &'d [Value] {
        self.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn texts(self, name: &str) -> impl Iterator<Item = &'d str> {
        self.list(name).iter().map(|item| item.as_str().unwrap_or_default())
    }

    pub(super) fn map(self, name: &str) -> Option<&'d Map<String, Value>> {
        self.get(name).and_then(Value::as_object).filter(|fields| !fields.is_empty())
    }

    pub(super) fn child(self, name: &str) -> Option<Props<'d>> {
        self.get(name).map(Props)
    }

    pub(super) fn schemas(self, name: &str) -> impl Iterator<Item = Props<'d>> {
        self.list(name).iter().map(Props)
    }

    pub(super) fn properties(self) -> impl Iterator<Item = (&'d String, Props<'d>)> {
        self.map("properties").into_iter().flatten().map(|(name, schema)| (name, Props(schema)))
    }

    pub(super) fn property(self, name: &str) -> Option<Props<'d>> {
        self.map("properties")?.get(name).map(Props)
    }

    pub(super) fn type_(self) -> &'d str {
        self.text("type")
    }

    pub(super) fn items(self) -> Option<Items<'d>> {
        match self.get("items")? {
            Value::Array(items) => Some(Items::Many(items)),
            schema => Some(Items::One(Props(schema))),
        }
    }

    /// The one schema of items.
    pub(super) fn item(self) -> Option<Props<'d>> {
        match self.items()? {
            Items::One(schema) => Some(schema),
            Items::Many(_) => None,
        }
    }

    pub(super) fn values(self) -> Option<Values<'d>> {
        match self.get("additionalProperties")? {
            Value::Bool(allowed) => Some(Values::Allowed(*allowed)),
            schema => Some(Values::Schema(Props(schema))),
        }
    }

    /// The schema of values that no property describes.
    pub(super) fn value_schema(self) -> Option<Props<'d>> {
        match self.values()? {
            Values::Schema(schema) => Some(schema),
            Values::Allowed(_) => None,
        }
    }

    /// Whether `holds` is true of this schema or of any schema below it.
    ///
    /// Source: `SchemaHas`.
    pub(super) fn any(self, holds: &mut impl FnMut(Props<'d>) -> bool) -> bool {
        if holds(self) {
            return true;
        }
        let below = |found: Option<Props<'d>>| found.into_iter();
        match self.items() {
            Some(Items::One(schema)) if schema.any(holds) => return true,
            Some(Items::Many(schemas)) if schemas.iter().any(|schema| Props(schema).any(holds)) => return true,
            _ => {}
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            if self.schemas(name).any(|schema| schema.any(holds)) {
                return true;
            }
        }
        if below(self.child("not")).any(|schema| schema.any(holds)) {
            return true;
        }
        for name in ["properties", "patternProperties", "definitions", "dependencies"] {
            let schemas = self.map(name).into_iter().flat_map(Map::values).filter(|schema| schema.is_object());
            if schemas.map(Props).any(|schema| schema.any(holds)) {
                return true;
            }
        }
        for name in ["additionalProperties", "additionalItems"] {
            if below(self.child(name).filter(|schema| schema.0.is_object())).any(|schema| schema.any(holds)) {
                return true;
            }
        }
        false
    }
}
