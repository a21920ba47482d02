//! The model of a client: the kinds of some CRDs, and the shapes of their objects.
//!
//! `lower` creates it with one type per use, `share` merges equal types. It contains no Rust syntax and no identifiers.

use std::fmt;

use serde_json::Value;

use crate::well_known::Known;

/// Kinds and types of some CRDs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Api {
    /// All kinds in all served versions, sorted by group, version (newest first) and kind.
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
    /// The rank of the version in the CRD, newest 0.
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
    /// Whether objects are namespaced.
    pub(crate) namespaced: bool,
    /// Whether objects are stored in this version.
    pub(crate) storage: bool,
    /// The API server's warning, if the version is deprecated.
    pub(crate) deprecated: Option<String>,
    /// Whether the kind has the subresource `/status`.
    pub(crate) status_subresource: bool,
    /// Whether the kind has the subresource `/scale`.
    pub(crate) scale_subresource: bool,
    /// Fields that field selectors support.
    pub(crate) selectable_fields: Vec<String>,
    /// The names in conditions that have constants.
    pub(crate) condition_names: ConditionNames,
    /// Fields (`.spec.x`) that a change through this version deletes, because only the storage version has them.
    pub(crate) lost_fields: Vec<String>,
    /// Whether a webhook converts objects between versions.
    pub(crate) conversion_webhook: bool,
    /// The object.
    pub(crate) root: Struct,
    /// The documentation.
    pub(crate) docs: Docs,
}

/// Types and reasons of conditions, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConditionNames {
    pub(crate) types: Vec<String>,
    pub(crate) reasons: Vec<String>,
}

/// An index into [`Api::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(crate) usize);

/// An emitted type with its uses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeDef {
    /// The uses, in path order: one after `lower`, one or more after `share`.
    pub(crate) uses: Vec<Use>,
    /// The documentation, from the first use.
    pub(crate) docs: Docs,
    /// The shape.
    pub(crate) shape: Shape,
    /// The fingerprint of the schema, see `fingerprint`.
    pub(crate) fingerprint: u128,
}

/// A use of a type: a path in a kind's schema.
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

/// A step of a path.
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
    /// Returns the path without the version, as in codegen.toml: `AIGatewayRoute.spec.rules[]`.
    pub(crate) fn schema_path(&self) -> String {
        let length = |step: &Step| if let Step::Property(name) = step { name.len() + 1 } else { 2 };
        let mut text = String::with_capacity(self.kind.len() + self.path.iter().map(length).sum::<usize>());
        text.push_str(&self.kind);
        for step in &self.path {
            match step {
                Step::Property(name) => text.extend([".", name]),
                Step::Item => text.push_str("[]"),
                Step::Value => text.push_str("{}"),
            }
        }
        text
    }

    /// Returns the last property of the path.
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
    /// An object with properties.
    Struct(Struct),
    /// One of several values.
    Enum(Enum),
}

/// An object with properties.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Struct {
    /// The properties, by name.
    pub(crate) fields: Vec<Field>,
    /// The type of unknown properties, if they are preserved.
    pub(crate) rest: Option<TypeRef>,
}

/// A property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// The name in JSON.
    pub(crate) name: String,
    /// The type of its value.
    pub(crate) type_: TypeRef,
    /// Whether it is required.
    pub(crate) presence: Presence,
    /// Whether the value is boxed.
    pub(crate) boxed: bool,
    /// The default that the API server sets.
    pub(crate) default: Option<Value>,
    /// How server-side apply merges the value.
    pub(crate) merge: Merge,
    /// The documentation.
    pub(crate) docs: Docs,
    /// The fingerprint of the schema, see `fingerprint`.
    pub(crate) fingerprint: u128,
}

/// How server-side apply merges a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Merge {
    /// Each part has its own managers.
    #[default]
    Granular,
    /// An apply replaces the value as a whole.
    Atomic,
    /// A list of unique items.
    Set,
    /// A list of items with these keys, and their defaults.
    Map(Vec<(String, Option<Value>)>),
}

/// Whether a property is required, and whether null is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Presence {
    /// Required.
    Required,
    /// Required, may be null.
    RequiredOrNull,
    /// Optional.
    Optional,
    /// Optional, may be null: the API server distinguishes null from absence.
    OptionalOrNull,
}

/// One of several values; newer servers may send others.
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
    /// An integer that the schema limits to 32 bits.
    I32,
    /// Any other integer.
    I64,
    /// `number`: integer or float, with all digits.
    Number,
    /// `string`
    String,
    /// `date-time`, as text.
    Timestamp,
    /// `byte`: base64, as text.
    Bytes,
    /// `x-kubernetes-int-or-string`
    IntOrString,
    /// Any JSON.
    Json,
    /// A map from strings.
    Map(Box<TypeRef>),
    /// A list.
    List(Box<TypeRef>),
    /// A list's item or a map's value that may be null.
    Nullable(Box<TypeRef>),
    /// A value that `Debug` does not print.
    Sensitive(Box<TypeRef>),
    /// A value that ends a chain of types, see `nesting`.
    Nested(Box<TypeRef>),
    /// A type of the runtime or of k8s-openapi.
    Known(Known, Defaults),
    /// A Rust path from codegen.toml.
    External(String, Defaults),
    /// A type of this API.
    Type(TypeId),
}

/// The defaults that the API server sets in a value whose type is not emitted, and so does not contain them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Defaults {
    /// None.
    #[default]
    Nothing,
    /// In an object.
    Object(Vec<DefaultOf>),
    /// In each item of a list.
    Items(Box<Defaults>),
    /// In each value of a map.
    Values(Box<Defaults>),
}

/// The default of a property.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DefaultOf {
    /// The property; `None` for all unknown properties.
    pub(crate) name: Option<String>,
    /// The default as JSON.
    pub(crate) value: Option<String>,
    /// The defaults in its value.
    pub(crate) below: Defaults,
}

/// The documentation of a type or field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Docs {
    /// The description of the schema, unchanged.
    pub(crate) description: String,
    /// The API server's checks and defaults, each a sentence.
    pub(crate) facts: Vec<String>,
}

impl TypeRef {
    /// Returns the type inside of all lists, maps and wrappers.
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

    /// Returns whether the type contains [`TypeRef::Nested`].
    pub(crate) fn is_nested(&self) -> bool {
        match self {
            TypeRef::Nested(_) => true,
            TypeRef::Map(inner) | TypeRef::List(inner) | TypeRef::Nullable(inner) | TypeRef::Sensitive(inner) => {
                inner.is_nested()
            }
            _ => false,
        }
    }

    /// Replaces each emitted type.
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
    /// Returns the types of all fields and of unknown properties.
    pub(crate) fn type_refs_mut(&mut self) -> impl Iterator<Item = &mut TypeRef> {
        self.fields.iter_mut().map(|field| &mut field.type_).chain(&mut self.rest)
    }

    /// Returns the types of all fields and of unknown properties.
    pub(crate) fn type_refs(&self) -> impl Iterator<Item = &TypeRef> {
        self.fields.iter().map(|field| &field.type_).chain(&self.rest)
    }
}
