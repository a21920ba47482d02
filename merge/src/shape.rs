//! How values of a schema are merged: which are atomic, and which are granular.
//!
//! Source: `kube-openapi/pkg/schemaconv`, `structured-merge-diff/typed/helpers.go`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kube_structural_schema::{Additional, ListType, Schema, Type};
use serde_json::Value;

use crate::path::PathElement;

/// The schema of a value, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'s> {
    /// A value with a schema.
    Schema(&'s Schema, Context),
    /// A value without schema: maps are granular, lists are atomic.
    Deduced,
    /// An atomic value without schema.
    Atomic,
}

/// The properties of a schema that its parents define.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Context {
    /// Whether the value is an object with `apiVersion`, `kind` and `metadata`.
    object: bool,
    /// Whether a parent preserves unknown fields.
    preserving: bool,
}

/// The kind of a value, as in structured-merge-diff.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Atom<'s> {
    Scalar(Scalar),
    List(List<'s>),
    Map(Shape<'s>, bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Numeric,
    String,
    Boolean,
    Untyped,
}

/// A list: its items, and their identity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'s> {
    pub(crate) items: Shape<'s>,
    pub(crate) identity: Identity<'s>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Identity<'s> {
    /// None: the list is atomic.
    None,
    /// The item itself (a set).
    Value,
    /// Some of the item's fields (a map).
    Keys(&'s [String]),
}

impl Atom<'_> {
    /// Returns whether two values of one shape are merged in the same way.
    pub(crate) fn is_same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Returns whether the value is atomic.
    pub(crate) fn is_atomic(&self) -> bool {
        match self {
            Atom::Scalar(_) => true,
            Atom::List(list) => matches!(list.identity, Identity::None),
            Atom::Map(_, atomic) => *atomic,
        }
    }
}

impl<'s> Shape<'s> {
    /// Returns the shape of an object of a kind.
    pub(crate) fn root(schema: &'s Schema) -> Self {
        Shape::Schema(schema, Context { object: true, preserving: schema.preserve_unknown_fields })
    }

    fn below(schema: &'s Schema, above: Context) -> Self {
        let preserving = above.preserving || schema.preserve_unknown_fields;
        Shape::Schema(schema, Context { object: schema.embedded_resource, preserving })
    }

    /// Returns the kind of a value of this shape; null gives no hint where the schema is open.
    pub(crate) fn atom(self, value: Option<&Value>) -> Atom<'s> {
        match self {
            Shape::Schema(schema, context) => schema_atom(self, schema, context, value),
            Shape::Deduced | Shape::Atomic => {
                let atomic = matches!(self, Shape::Atomic);
                match value {
                    Some(Value::Array(_)) => Atom::List(List { items: Shape::Atomic, identity: Identity::None }),
                    Some(Value::Object(_) | Value::Null) | None => Atom::Map(self, atomic),
                    Some(_) => Atom::Scalar(Scalar::Untyped),
                }
            }
        }
    }

    /// Returns whether the schema names a field.
    pub(crate) fn names(self, name: &str) -> bool {
        match self {
            Shape::Schema(schema, context) => {
                schema.properties.contains_key(name) || (context.object && META.properties.contains_key(name))
            }
            Shape::Deduced | Shape::Atomic => false,
        }
    }

    /// Returns the shape of a field; `None` if a field of this name is not allowed.
    pub(crate) fn field(self, name: &str) -> Option<Shape<'s>> {
        let Shape::Schema(schema, context) = self else { return Some(self) };
        if context.object
            && let Some(meta) = META.properties.get(name)
        {
            return Some(Shape::Schema(meta, Context::default()));
        }
        match (schema.properties.get(name), &schema.additional_properties) {
            (Some(property), _) => Some(Shape::below(property, context)),
            (None, Some(Additional::Schema(values))) => Some(Shape::below(values, context)),
            (None, Some(Additional::Any)) => Some(Shape::Deduced),
            (None, Some(Additional::None)) => None,
            (None, None) => allows_unknown_fields(schema, context).then_some(Shape::Deduced),
        }
    }

    /// Returns whether any field with any value is allowed.
    pub(crate) fn is_free(self) -> bool {
        match self {
            Shape::Deduced | Shape::Atomic => true,
            Shape::Schema(schema, context) => {
                !context.object
                    && schema.properties.is_empty()
                    && matches!(schema.additional_properties, None | Some(Additional::Any))
            }
        }
    }

    /// Returns the default of a field.
    fn default_of(self, name: &str) -> Option<&'s Value> {
        let Shape::Schema(schema, _) = self else { return None };
        schema.properties.get(name)?.default.as_ref().filter(|default| !default.is_null())
    }
}

/// Returns whether an object may have fields that the schema does not name.
fn allows_unknown_fields(schema: &Schema, context: Context) -> bool {
    context.preserving || (schema.properties.is_empty() && !context.object)
}

fn schema_atom<'s>(shape: Shape<'s>, schema: &'s Schema, context: Context, value: Option<&Value>) -> Atom<'s> {
    let map = Atom::Map(shape, schema.atomic_map);
    match schema.type_ {
        None if schema.int_or_string => Shape::Deduced.atom(value),
        Some(Type::Boolean) => Atom::Scalar(Scalar::Boolean),
        Some(Type::Integer | Type::Number) => Atom::Scalar(Scalar::Numeric),
        // A string with a format may be stored as any scalar.
        Some(Type::String) => match schema.format.as_deref() {
            None | Some("byte") => Atom::Scalar(Scalar::String),
            Some(_) => Atom::Scalar(Scalar::Untyped),
        },
        Some(Type::Object) => map,
        Some(Type::Array) => {
            let identity = match schema.list_type {
                Some(ListType::Set) => Identity::Value,
                Some(ListType::Map) => Identity::Keys(&schema.list_map_keys),
                Some(ListType::Atomic) | None => Identity::None,
            };
            let items = schema.items.as_deref().map_or(Shape::Atomic, |items| Shape::below(items, context));
            Atom::List(List { items, identity })
        }
        None => match Shape::Deduced.atom(value) {
            Atom::Map(..) => map,
            other => other,
        },
    }
}

impl List<'_> {
    /// Returns the path element of an item.
    pub(crate) fn element(&self, item: &Value) -> Result<PathElement, &'static str> {
        match self.identity {
            Identity::None => Err("invalid indexing of non-associative list"),
            Identity::Value => match item {
                Value::Object(_) => Err("associative list without keys has an element that's a map type"),
                Value::Array(_) => Err("not supported: associative list with lists as elements"),
                Value::Null => Err("associative list without keys has an element that's an explicit null"),
                item => Ok(PathElement::Value(item.clone())),
            },
            Identity::Keys(names) => {
                let fields = match item {
                    Value::Object(fields) => fields,
                    Value::Null => return Err("associative list with keys may not have a null element"),
                    _ => return Err("associative list with keys may not have non-map elements"),
                };
                let value = |name: &String| fields.get(name).or_else(|| self.items.default_of(name));
                let keys: Vec<_> = names.iter().filter_map(|name| Some((name.clone(), value(name)?.clone()))).collect();
                if keys.is_empty() && !names.is_empty() {
                    return Err("associative list with keys has an element that omits all key fields");
                }
                Ok(PathElement::key(keys))
            }
        }
    }
}

/// The fields of every object: `apiVersion`, `kind` and `metadata`.
static META: LazyLock<Schema> = LazyLock::new(|| {
    let text = || Schema { type_: Some(Type::String), ..Schema::default() };
    let integer = || Schema { type_: Some(Type::Integer), ..Schema::default() };
    let boolean = || Schema { type_: Some(Type::Boolean), ..Schema::default() };
    let object = |fields: &[(&str, Schema)]| Schema {
        type_: Some(Type::Object),
        properties: fields
            .iter()
            .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
            .collect::<BTreeMap<_, _>>(),
        ..Schema::default()
    };
    let texts = || Schema {
        type_: Some(Type::Object),
        additional_properties: Some(Additional::Schema(Box::new(text()))),
        ..Schema::default()
    };
    let list = |items: Schema, list_type: ListType, keys: &[&str]| Schema {
        type_: Some(Type::Array),
        items: Some(Box::new(items)),
        list_type: Some(list_type),
        list_map_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        ..Schema::default()
    };
    let owner = object(&[
        ("apiVersion", text()),
        ("kind", text()),
        ("name", text()),
        // As in Go, where an absent uid is the empty string.
        ("uid", Schema { default: Some("".into()), ..text() }),
        ("controller", boolean()),
        ("blockOwnerDeletion", boolean()),
    ]);
    let entry = object(&[
        ("manager", text()),
        ("operation", text()),
        ("apiVersion", text()),
        ("time", text()),
        ("fieldsType", text()),
        ("fieldsV1", Schema { type_: Some(Type::Object), preserve_unknown_fields: true, ..Schema::default() }),
        ("subresource", text()),
    ]);
    let metadata = object(&[
        ("name", text()),
        ("generateName", text()),
        ("namespace", text()),
        ("selfLink", text()),
        ("uid", text()),
        ("resourceVersion", text()),
        ("generation", integer()),
        ("creationTimestamp", text()),
        ("deletionTimestamp", text()),
        ("deletionGracePeriodSeconds", integer()),
        ("labels", texts()),
        ("annotations", texts()),
        ("ownerReferences", list(Schema { atomic_map: true, ..owner }, ListType::Map, &["uid"])),
        ("finalizers", list(text(), ListType::Set, &[])),
        ("managedFields", list(entry, ListType::Atomic, &[])),
    ]);
    object(&[("apiVersion", text()), ("kind", text()), ("metadata", metadata)])
});
