//! How values of a schema are merged: what is one piece, and what has parts of its own.
//!
//! Source: `kube-openapi/pkg/schemaconv`, `structured-merge-diff/typed/helpers.go`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kube_structural_schema::{Additional, ListType, Schema, Type};
use serde_json::Value;

use crate::path::PathElement;

/// The type of a value, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'s> {
    /// What the schema says.
    Of(&'s Schema, Surroundings),
    /// Whatever the value is: maps have parts, lists have none.
    Deduced,
    /// Whatever the value is, in one piece.
    Piece,
}

/// What a schema does not say of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Surroundings {
    /// Whether the value is an object with `apiVersion`, `kind` and `metadata`.
    object: bool,
    /// Whether something above keeps what schemas do not name.
    preserving: bool,
}

/// What is to be done with a value.
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

/// A list: its items, and what tells them apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'s> {
    pub(crate) items: Shape<'s>,
    pub(crate) identity: Identity<'s>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Identity<'s> {
    /// Nothing: the list is one piece.
    None,
    /// The item itself.
    Value,
    /// Some of its fields.
    Keys(&'s [String]),
}

impl Atom<'_> {
    /// Whether two values of one shape are to be treated alike.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Whether the value is one piece.
    pub(crate) fn is_atomic(&self) -> bool {
        match self {
            Atom::Scalar(_) => true,
            Atom::List(list) => matches!(list.identity, Identity::None),
            Atom::Map(_, atomic) => *atomic,
        }
    }
}

impl<'s> Shape<'s> {
    /// The shape of an object of a kind.
    pub(crate) fn root(schema: &'s Schema) -> Self {
        Shape::Of(schema, Surroundings { object: true, preserving: schema.preserve_unknown_fields })
    }

    fn below(schema: &'s Schema, above: Surroundings) -> Self {
        let preserving = above.preserving || schema.preserve_unknown_fields;
        Shape::Of(schema, Surroundings { object: schema.embedded_resource, preserving })
    }

    /// What is to be done with a value of this shape; a null says nothing of itself.
    pub(crate) fn atom(self, value: Option<&Value>) -> Atom<'s> {
        match self {
            Shape::Of(schema, around) => of_schema(self, schema, around, value),
            Shape::Deduced | Shape::Piece => {
                let atomic = matches!(self, Shape::Piece);
                match value {
                    Some(Value::Array(_)) => Atom::List(List { items: Shape::Piece, identity: Identity::None }),
                    Some(Value::Object(_) | Value::Null) | None => Atom::Map(self, atomic),
                    Some(_) => Atom::Scalar(Scalar::Untyped),
                }
            }
        }
    }

    /// Whether a field is one that the schema names.
    pub(crate) fn names(self, name: &str) -> bool {
        match self {
            Shape::Of(schema, around) => {
                schema.properties.contains_key(name) || (around.object && META.properties.contains_key(name))
            }
            Shape::Deduced | Shape::Piece => false,
        }
    }

    /// The shape of a field; `None` where there may be none of this name.
    pub(crate) fn field(self, name: &str) -> Option<Shape<'s>> {
        let Shape::Of(schema, around) = self else { return Some(self) };
        if around.object
            && let Some(meta) = META.properties.get(name)
        {
            return Some(Shape::Of(meta, Surroundings::default()));
        }
        match (schema.properties.get(name), &schema.additional_properties) {
            (Some(property), _) => Some(Shape::below(property, around)),
            (None, Some(Additional::Schema(values))) => Some(Shape::below(values, around)),
            (None, Some(Additional::Any)) => Some(Shape::Deduced),
            (None, Some(Additional::None)) => None,
            (None, None) => keeps_others(schema, around).then_some(Shape::Deduced),
        }
    }

    /// Whether any field may be there, with anything in it.
    pub(crate) fn is_free(self) -> bool {
        match self {
            Shape::Deduced | Shape::Piece => true,
            Shape::Of(schema, around) => {
                !around.object
                    && schema.properties.is_empty()
                    && matches!(schema.additional_properties, None | Some(Additional::Any))
            }
        }
    }

    /// The default of a field.
    fn default_of(self, name: &str) -> Option<&'s Value> {
        let Shape::Of(schema, _) = self else { return None };
        schema.properties.get(name)?.default.as_ref().filter(|default| !default.is_null())
    }
}

/// Whether an object may have fields that nothing names.
fn keeps_others(schema: &Schema, around: Surroundings) -> bool {
    around.preserving || (schema.properties.is_empty() && !around.object)
}

fn of_schema<'s>(shape: Shape<'s>, schema: &'s Schema, around: Surroundings, value: Option<&Value>) -> Atom<'s> {
    let map = Atom::Map(shape, schema.atomic_map);
    match schema.type_ {
        None if schema.int_or_string => Shape::Deduced.atom(value),
        Some(Type::Boolean) => Atom::Scalar(Scalar::Boolean),
        Some(Type::Integer | Type::Number) => Atom::Scalar(Scalar::Numeric),
        // Text of a format may be anything.
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
            let items = schema.items.as_deref().map_or(Shape::Piece, |items| Shape::below(items, around));
            Atom::List(List { items, identity })
        }
        None => match Shape::Deduced.atom(value) {
            Atom::Map(..) => map,
            other => other,
        },
    }
}

impl List<'_> {
    /// What tells an item from others.
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

/// What every object has: `apiVersion`, `kind` and `metadata`.
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
        // Go writes that it has one; an owner without is the one whose uid is empty.
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
