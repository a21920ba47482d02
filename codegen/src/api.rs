//! The model of a client in the terms of Kubernetes: kinds, and the shapes of their objects.
//!
//! `lower` makes it with a type for every place that needs one, `share` leaves each shape once. Nothing here knows Rust's
//! syntax or any identifier.

use std::fmt;

use serde_json::Value;

use crate::well_known::Known;

/// Kinds and types of some CRDs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Api {
    /// All kinds in all their served versions, by group, version (newest first) and kind.
    pub(crate) kinds: Vec<Kind>,
    /// All types; a [`TypeId`] is an index into it.
    pub(crate) types: Vec<TypeDef>,
}

/// One kind in one version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kind {
    /// The API group.
    pub(crate) group: String,
    /// The version.
    pub(crate) version: String,
    /// The rank of the version among those of the CRD; the newest is 0.
    pub(crate) rank: usize,
    /// The kind, `AIGatewayRoute`.
    pub(crate) kind: String,
    /// The kind of lists.
    pub(crate) list_kind: String,
    /// The plural in URLs.
    pub(crate) plural: String,
    /// The singular.
    pub(crate) singular: String,
    /// Short names for kubectl.
    pub(crate) short_names: Vec<String>,
    /// Categories for kubectl.
    pub(crate) categories: Vec<String>,
    /// Whether objects live in namespaces.
    pub(crate) namespaced: bool,
    /// Whether objects are stored in this version.
    pub(crate) storage: bool,
    /// The server's warning, where this version is deprecated.
    pub(crate) deprecated: Option<String>,
    /// Whether status is written apart.
    pub(crate) status_subresource: bool,
    /// Whether replicas can be scaled.
    pub(crate) scale_subresource: bool,
    /// Fields that field selectors may name.
    pub(crate) selectable_fields: Vec<String>,
    /// Fields (`.spec.x`) that an update through this version deletes, because only other versions know them.
    pub(crate) loses: Vec<String>,
    /// The object's own fields.
    pub(crate) root: Struct,
    /// The description.
    pub(crate) docs: Docs,
}

/// A place in [`Api::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(crate) usize);

/// A generated type and its uses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeDef {
    /// The places that use it, in path order; one after `lower`, one or more after `share`.
    pub(crate) uses: Vec<Use>,
    /// The documentation, from the first use.
    pub(crate) docs: Docs,
    /// Its shape.
    pub(crate) shape: Shape,
    /// A number that is the same for equal schemas, descriptions aside.
    pub(crate) fingerprint: u128,
}

/// A place in a kind's schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Use {
    /// The API group.
    pub(crate) group: String,
    /// The rank of the version, newest 0: the first sort key after the group.
    pub(crate) rank: usize,
    /// The version.
    pub(crate) version: String,
    /// The kind.
    pub(crate) kind: String,
    /// The path from the object.
    pub(crate) path: Vec<Step>,
    /// Whether the version is deprecated.
    pub(crate) deprecated: bool,
}

/// One step down a schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Into a property.
    Property(String),
    /// Into the items of a list.
    Item,
    /// Into the values of a map.
    Value,
}

impl Use {
    /// The path without the version, as codegen.toml writes it: `AIGatewayRoute.spec.rules[]`.
    pub(crate) fn schema_path(&self) -> String {
        let mut text = self.kind.clone();
        for step in &self.path {
            match step {
                Step::Property(name) => text.extend([".", name]),
                Step::Item => text.push_str("[]"),
                Step::Value => text.push_str("{}"),
            }
        }
        text
    }

    /// The last property of the path.
    pub(crate) fn segment(&self) -> &str {
        let last = self.path.iter().rev().find_map(|step| match step {
            Step::Property(name) => Some(name.as_str()),
            Step::Item | Step::Value => None,
        });
        last.unwrap_or_default()
    }
}

impl fmt::Display for Use {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.version, self.schema_path())
    }
}

/// The shape of a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// An object with named properties.
    Struct(Struct),
    /// A value out of a list.
    Enum(Enum),
}

/// An object with properties.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Struct {
    /// The properties, by name.
    pub(crate) fields: Vec<Field>,
    /// The type of unnamed properties, if they are kept.
    pub(crate) rest: Option<TypeRef>,
}

/// A property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// The name in JSON.
    pub(crate) name: String,
    /// The type of its value.
    pub(crate) type_: TypeRef,
    /// Whether it must be there.
    pub(crate) presence: Presence,
    /// Whether the value is boxed.
    pub(crate) boxed: bool,
    /// The default that the API server sets.
    pub(crate) default: Option<Value>,
    /// The documentation.
    pub(crate) docs: Docs,
    /// The same for equal schemas, descriptions aside.
    pub(crate) fingerprint: u128,
}

/// Whether a property must be there, and whether null is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Presence {
    /// Always there.
    Required,
    /// Always there, maybe null.
    RequiredOrNull,
    /// There or not.
    Optional,
    /// Present, null and absent are three different states for the API server.
    OptionalOrNull,
}

/// A value out of a list; newer servers may know more.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Enum {
    /// The type of the values.
    pub(crate) repr: Repr,
    /// The values, in the schema's order.
    pub(crate) values: Vec<Value>,
}

/// The type of an enum's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Repr {
    /// Strings.
    String,
    /// Integers.
    Integer,
    /// Booleans.
    Boolean,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TypeRef {
    /// `boolean`
    Boolean,
    /// An integer that fits 32 bits, because the schema bounds it.
    I32,
    /// Any other integer.
    I64,
    /// `number`: integer or float, every digit kept.
    Number,
    /// `string`
    String,
    /// `date-time`, text kept.
    Timestamp,
    /// `byte`: base64, text kept.
    Bytes,
    /// `x-kubernetes-int-or-string`
    IntOrString,
    /// Any JSON.
    Json,
    /// Names to values.
    Map(Box<TypeRef>),
    /// A list.
    List(Box<TypeRef>),
    /// A list's item or a map's value that may be null.
    Nullable(Box<TypeRef>),
    /// A value that must not be shown.
    Sensitive(Box<TypeRef>),
    /// A value that the compiler's auto traits do not look into.
    Nested(Box<TypeRef>),
    /// A type that runtime or k8s-openapi has.
    Known(Known, Defaults),
    /// A type whose path is set in codegen.toml.
    External(String, Defaults),
    /// A type of this API.
    Type(TypeId),
}

/// Defaults that the API server sets below a value of a foreign type, which does not declare them itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Defaults {
    /// Nothing.
    #[default]
    Nothing,
    /// These, in an object.
    Object(Vec<DefaultOf>),
    /// In each item of a list.
    Items(Box<Defaults>),
    /// In each value of a map.
    Values(Box<Defaults>),
}

/// The default of one property.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DefaultOf {
    /// The property; `None` for all that the schema does not name.
    pub(crate) name: Option<String>,
    /// The default as JSON.
    pub(crate) value: Option<String>,
    /// The defaults below it.
    pub(crate) below: Defaults,
}

/// The documentation of a type or field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Docs {
    /// The unchanged description of the schema.
    pub(crate) description: String,
    /// The validations and defaults of the API server, one sentence or list item each.
    pub(crate) facts: Vec<String>,
}

impl TypeRef {
    /// The type below all lists, maps and wrappers.
    pub(crate) fn innermost(&self) -> &TypeRef {
        match self {
            TypeRef::Map(inner)
            | TypeRef::List(inner)
            | TypeRef::Nullable(inner)
            | TypeRef::Sensitive(inner)
            | TypeRef::Nested(inner) => inner.innermost(),
            other => other,
        }
    }

    /// Whether the type below all lists and maps is cut off.
    pub(crate) fn is_nested(&self) -> bool {
        match self {
            TypeRef::Nested(_) => true,
            TypeRef::Map(inner) | TypeRef::List(inner) | TypeRef::Nullable(inner) | TypeRef::Sensitive(inner) => {
                inner.is_nested()
            }
            _ => false,
        }
    }

    /// Replaces each type of this API.
    pub(crate) fn map_types(&mut self, replace: &impl Fn(TypeId) -> TypeId) {
        match self {
            TypeRef::Map(inner)
            | TypeRef::List(inner)
            | TypeRef::Nullable(inner)
            | TypeRef::Sensitive(inner)
            | TypeRef::Nested(inner) => {
                inner.map_types(replace);
            }
            TypeRef::Type(id) => *id = replace(*id),
            _ => {}
        }
    }
}

impl Struct {
    /// The types of all fields, unnamed properties included.
    pub(crate) fn type_refs_mut(&mut self) -> impl Iterator<Item = &mut TypeRef> {
        self.fields.iter_mut().map(|field| &mut field.type_).chain(&mut self.rest)
    }

    /// The types of all fields, unnamed properties included.
    pub(crate) fn type_refs(&self) -> impl Iterator<Item = &TypeRef> {
        self.fields.iter().map(|field| &field.type_).chain(&self.rest)
    }
}
