//! The identifiers that are decided.

use std::collections::BTreeMap;

/// The identifiers of an [`Api`](crate::api::Api).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Names {
    /// By [`crate::api::TypeId`].
    pub(crate) types: Vec<TypeName>,
    /// By index into [`Api::kinds`](crate::api::Api::kinds).
    pub(crate) kinds: Vec<KindName>,
}

/// How a type is called, and in which file it lives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TypeName {
    pub(crate) ident: String,
    /// Where it lives: a version's module, or `None` for the group's shared types.
    pub(crate) version: Option<String>,
    /// The file in that module.
    pub(crate) file: String,
    /// Identifiers of fields or variants, by property or value.
    pub(crate) members: BTreeMap<String, String>,
    /// The identifier for properties or values that the schema does not name.
    pub(crate) other: String,
}

/// How a kind is called.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KindName {
    pub(crate) ident: String,
    /// The alias for a list of them.
    pub(crate) list: String,
    /// The group's module.
    pub(crate) group: String,
    /// The version's module.
    pub(crate) version: String,
    /// The kind's file, and its name in snake case.
    pub(crate) file: String,
    /// The clientset's method.
    pub(crate) accessor: String,
    /// The clientset's method for all namespaces.
    pub(crate) all_accessor: String,
    /// Identifiers of top-level fields, by property.
    pub(crate) members: BTreeMap<String, String>,
    /// The identifier for properties that the schema does not name.
    pub(crate) other: String,
}
