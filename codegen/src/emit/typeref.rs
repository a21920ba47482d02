//! The text of a type in Rust.

use super::Emitter;
use super::uses::Uses;
use crate::api::{Field, Presence, TypeId, TypeRef};
use crate::well_known::{self, PATH as TYPES};

impl Emitter<'_> {
    /// Returns the text of a type and imports the names in it.
    pub(super) fn type_text(&self, type_: &TypeRef, uses: &mut Uses) -> String {
        let mut runtime = |name: &'static str| {
            if self.shadowed.contains(name) {
                return format!("{TYPES}::{name}");
            }
            uses.add(TYPES, name);
            name.to_owned()
        };
        match type_ {
            TypeRef::Boolean => "bool".to_owned(),
            TypeRef::I32 => "i32".to_owned(),
            TypeRef::I64 => "i64".to_owned(),
            TypeRef::Number => runtime(well_known::NUMBER.name),
            TypeRef::String => self.std("String").to_owned(),
            TypeRef::Timestamp => runtime(well_known::TIMESTAMP.name),
            TypeRef::Bytes => runtime(well_known::BYTES.name),
            TypeRef::IntOrString => runtime(well_known::INT_OR_STRING.name),
            TypeRef::Json => runtime(well_known::JSON.name),
            TypeRef::Map(values) => {
                let map = runtime(well_known::MAP.name);
                format!("{map}<{}, {}>", self.std("String"), self.type_text(values, uses))
            }
            TypeRef::List(items) => format!("{}<{}>", self.std("Vec"), self.type_text(items, uses)),
            TypeRef::Nullable(inner) => format!("{}<{}>", self.std("Option"), self.type_text(inner, uses)),
            TypeRef::Sensitive(inner) => {
                let sensitive = runtime(well_known::SENSITIVE.name);
                format!("{sensitive}<{}>", self.type_text(inner, uses))
            }
            TypeRef::Nested(inner) => {
                let nested = runtime(well_known::NESTED.name);
                format!("{nested}<{}>", self.type_text(inner, uses))
            }
            TypeRef::Known(known, _) => runtime(known.name()),
            TypeRef::External(path, _) => path.clone(),
            TypeRef::Type(TypeId(id)) => {
                let ident = &self.names.types[*id].ident;
                uses.add("super", ident);
                ident.clone()
            }
        }
    }

    /// Returns the text of a field's type, wrapped as its presence requires.
    pub(super) fn field_type(&self, field: &Field, uses: &mut Uses) -> String {
        let mut type_ = self.type_text(&field.type_, uses);
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

    /// Returns the name of a derive of serde, or its path where a kind shadows the name.
    pub(super) fn serde(&self, name: &str) -> String {
        if self.shadowed.contains(name) { format!("::serde::{name}") } else { name.to_owned() }
    }

    /// Returns a name of Rust's prelude, or its path where a kind shadows the name.
    pub(super) fn std(&self, name: &'static str) -> &'static str {
        match (self.shadowed.contains(name), name) {
            (true, "Option") => "::std::option::Option",
            (true, "Vec") => "::std::vec::Vec",
            (true, "String") => "::std::string::String",
            (true, "Box") => "::std::boxed::Box",
            (true, "Default") => "::core::default::Default",
            (true, "Into") => "::core::convert::Into",
            (true, "IntoIterator") => "::core::iter::IntoIterator",
            _ => name,
        }
    }
}

/// Whether a type represents null itself.
pub(super) fn is_json(type_: &TypeRef) -> bool {
    match type_ {
        TypeRef::Json => true,
        TypeRef::Sensitive(inner) => is_json(inner),
        _ => false,
    }
}
