//! Read access to `JSONSchemaProps` and surrounding objects with Go's semantics after decoding: absent, null and zero
//! values of fields other than pointers are equal.

use serde_json::{Map, Value};

/// The types that a schema may have.
pub(crate) const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// A JSON object with Go's zero values for absent fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Props<'d>(pub(super) &'d Value);

/// `items`: a schema, or a list of schemas, which a definition may not have.
#[derive(Clone, Copy)]
pub(super) enum Items<'d> {
    /// A schema.
    One(Props<'d>),
    /// A list of schemas: rejected unless empty.
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

/// The common keywords of a schema, collected in one pass: there are many schemas, and most have no others.
#[derive(Clone, Copy, Default)]
pub(super) struct Parts<'d> {
    pub(super) type_: &'d str,
    pub(super) properties: Option<&'d Map<String, Value>>,
    pub(super) items: Option<Props<'d>>,
    pub(super) has_default: bool,
    pub(super) pattern: &'d str,
    /// Whether the schema has other keywords.
    pub(super) is_uncommon: bool,
}

impl<'d> Parts<'d> {
    /// Returns the child schemas of a schema with common keywords only.
    pub(super) fn children(self) -> impl Iterator<Item = Props<'d>> {
        self.properties.into_iter().flat_map(Map::values).map(Props).chain(self.items)
    }
}

impl<'d> Props<'d> {
    pub(super) fn parts(self) -> Parts<'d> {
        let mut parts = Parts::default();
        for (name, value) in self.0.as_object().into_iter().flatten() {
            match (name.as_str(), value) {
                // Validation ignores these.
                (_, Value::Null)
                | (
                    "description" | "required" | "enum" | "format" | "minimum" | "maximum" | "minLength" | "maxLength"
                    | "minItems" | "maxItems" | "minProperties" | "maxProperties" | "exclusiveMinimum"
                    | "exclusiveMaximum" | "multipleOf" | "title" | "example" | "externalDocs",
                    _,
                ) => {}
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

    /// Returns whether this schema or any schema in it has a default.
    pub(super) fn has_defaults(self) -> bool {
        let parts = self.parts();
        if parts.is_uncommon {
            return self.any(&mut |schema| schema.get("default").is_some());
        }
        parts.has_default || parts.children().any(Props::has_defaults)
    }

    /// Returns a field unless it is null.
    pub(super) fn get(self, name: &str) -> Option<&'d Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, name: &str) -> &'d str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns a pointer to a string: an empty string is not absent.
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

    /// Returns the schema of items, if it is a single schema.
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

    /// Returns the schema of additional properties.
    pub(super) fn value_schema(self) -> Option<Props<'d>> {
        match self.values()? {
            Values::Schema(schema) => Some(schema),
            Values::Allowed(_) => None,
        }
    }

    /// Returns whether this schema or any schema in it satisfies a predicate.
    ///
    /// Source: `SchemaHas`.
    pub(super) fn any(self, predicate: &mut impl FnMut(Props<'d>) -> bool) -> bool {
        if predicate(self) {
            return true;
        }
        let children = |child: Option<Props<'d>>| child.into_iter();
        match self.items() {
            Some(Items::One(schema)) if schema.any(predicate) => return true,
            Some(Items::Many(schemas)) if schemas.iter().any(|schema| Props(schema).any(predicate)) => return true,
            _ => {}
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            if self.schemas(name).any(|schema| schema.any(predicate)) {
                return true;
            }
        }
        if children(self.child("not")).any(|schema| schema.any(predicate)) {
            return true;
        }
        for name in ["properties", "patternProperties", "definitions", "dependencies"] {
            let schemas = self.map(name).into_iter().flat_map(Map::values).filter(|schema| schema.is_object());
            if schemas.map(Props).any(|schema| schema.any(predicate)) {
                return true;
            }
        }
        for name in ["additionalProperties", "additionalItems"] {
            if children(self.child(name).filter(|schema| schema.0.is_object())).any(|schema| schema.any(predicate)) {
                return true;
            }
        }
        false
    }
}
