//! How a type reads in Rust.

use std::collections::BTreeSet;

use super::Emitter;
use crate::api::{Field, Presence, TypeId, TypeRef};

/// The path of runtime's types.
pub(super) const TYPES: &str = "kube_client_runtime::types";

/// What a file must import for the types that it names.
#[derive(Default)]
pub(super) struct Imports {
    /// From runtime's types.
    pub(super) runtime: BTreeSet<&'static str>,
    /// From the module above.
    pub(super) own: BTreeSet<String>,
}

impl Emitter<'_> {
    /// The type as text; what it needs goes into the imports.
    pub(super) fn type_text(&self, type_: &TypeRef, imports: &mut Imports) -> String {
        let mut runtime = |name: &'static str| {
            if self.shadowed.contains(name) {
                return format!("{TYPES}::{name}");
            }
            imports.runtime.insert(name);
            name.to_owned()
        };
        match type_ {
            TypeRef::Boolean => "bool".to_owned(),
            TypeRef::I32 => "i32".to_owned(),
            TypeRef::I64 => "i64".to_owned(),
            TypeRef::Number => runtime("Number"),
            TypeRef::String => self.std("String").to_owned(),
            TypeRef::Timestamp => runtime("Timestamp"),
            TypeRef::Bytes => runtime("Bytes"),
            TypeRef::IntOrString => runtime("IntOrString"),
            TypeRef::Json => runtime("Json"),
            TypeRef::Map(values) => {
                let map = runtime("BTreeMap");
                format!("{map}<{}, {}>", self.std("String"), self.type_text(values, imports))
            }
            TypeRef::List(items) => format!("{}<{}>", self.std("Vec"), self.type_text(items, imports)),
            TypeRef::Nullable(inner) => format!("{}<{}>", self.std("Option"), self.type_text(inner, imports)),
            TypeRef::Sensitive(inner) => {
                let sensitive = runtime("Sensitive");
                format!("{sensitive}<{}>", self.type_text(inner, imports))
            }
            TypeRef::Nested(inner) => {
                let nested = runtime("Nested");
                format!("{nested}<{}>", self.type_text(inner, imports))
            }
            TypeRef::Known(known, _) => runtime(known.name()),
            TypeRef::External(path, _) => path.clone(),
            TypeRef::Type(TypeId(id)) => {
                let ident = &self.names.types[*id].ident;
                imports.own.insert(ident.clone());
                ident.clone()
            }
        }
    }

    /// The type of a field, with what its presence wraps around it.
    pub(super) fn field_type(&self, field: &Field, imports: &mut Imports) -> String {
        let mut type_ = self.type_text(&field.type_, imports);
        let option = self.std("Option");
        if field.boxed {
            type_ = format!("{}<{type_}>", self.std("Box"));
        }
        match field.presence {
            Presence::Required => type_,
            Presence::RequiredOrNull | Presence::Optional => format!("{option}<{type_}>"),
            Presence::OptionalOrNull if is_json(&field.type_) => format!("{option}<{type_}>"),
            Presence::OptionalOrNull => format!("{option}<{option}<{type_}>>"),
        }
    }

    /// A derive of serde's: imported, or spelled out where a kind has taken the name.
    pub(super) fn serde(&self, name: &str) -> String {
        if self.shadowed.contains(name) { format!("::serde::{name}") } else { name.to_owned() }
    }

    /// A name of Rust's prelude, spelled out where a kind has taken it.
    pub(super) fn std(&self, name: &'static str) -> &'static str {
        match (self.shadowed.contains(name), name) {
            (true, "Option") => "::std::option::Option",
            (true, "Vec") => "::std::vec::Vec",
            (true, "String") => "::std::string::String",
            (true, "Box") => "::std::boxed::Box",
            (true, "Into") => "::core::convert::Into",
            (true, "IntoIterator") => "::core::iter::IntoIterator",
            _ => name,
        }
    }
}

/// Any JSON has a null of its own.
pub(super) fn is_json(type_: &TypeRef) -> bool {
    match type_ {
        TypeRef::Json => true,
        TypeRef::Sensitive(inner) => is_json(inner),
        _ => false,
    }
}
