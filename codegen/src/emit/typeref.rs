//! The text of a type in Rust.

use super::Emitter;
use super::uses::Uses;
use crate::api::{Field, Presence, TypeId, TypeRef};
use crate::well_known::{self, PATH as TYPES};

impl Emitter<'_> {
    /// Returns the text of a type and imports the names in it.
    pub(super) fn type_text(&self, type_: &TypeRef, uses: &mut Uses) -> String {
        let mut text = String::new();
        self.write_type(&mut text, type_, uses);
        text
    }

    /// Writes the text of a type and imports the names in it.
    pub(super) fn write_type(&self, out: &mut String, type_: &TypeRef, uses: &mut Uses) {
        match type_ {
            TypeRef::Boolean => out.push_str("bool"),
            TypeRef::I32 => out.push_str("i32"),
            TypeRef::I64 => out.push_str("i64"),
            TypeRef::Number => self.write_runtime(out, well_known::NUMBER.name, uses),
            TypeRef::String => out.push_str(self.std("String")),
            TypeRef::Timestamp => self.write_runtime(out, well_known::TIMESTAMP.name, uses),
            TypeRef::Bytes => self.write_runtime(out, well_known::BYTES.name, uses),
            TypeRef::IntOrString => self.write_runtime(out, well_known::INT_OR_STRING.name, uses),
            TypeRef::Json => self.write_runtime(out, well_known::JSON.name, uses),
            TypeRef::Map(values) => {
                self.write_runtime(out, well_known::MAP.name, uses);
                out.extend(["<", self.std("String"), ", "]);
                self.write_type(out, values, uses);
                out.push('>');
            }
            TypeRef::List(items) => {
                out.push_str(self.std("Vec"));
                self.write_argument(out, items, uses);
            }
            TypeRef::Nullable(inner) => {
                out.push_str(self.std("Option"));
                self.write_argument(out, inner, uses);
            }
            TypeRef::Sensitive(inner) => {
                self.write_runtime(out, well_known::SENSITIVE.name, uses);
                self.write_argument(out, inner, uses);
            }
            TypeRef::Nested(inner) => {
                self.write_runtime(out, well_known::NESTED.name, uses);
                self.write_argument(out, inner, uses);
            }
            TypeRef::Known(known, _) => self.write_runtime(out, known.name(), uses),
            TypeRef::External(path, _) => out.push_str(path),
            TypeRef::Type(TypeId(id)) => {
                let ident = &self.names.types[*id].ident;
                uses.add("super", ident);
                out.push_str(ident);
            }
        }
    }

    fn write_argument(&self, out: &mut String, type_: &TypeRef, uses: &mut Uses) {
        out.push('<');
        self.write_type(out, type_, uses);
        out.push('>');
    }

    /// Writes the name of a type of the runtime, or its path where a kind shadows the name.
    fn write_runtime(&self, out: &mut String, name: &'static str, uses: &mut Uses) {
        if self.shadowed.contains(name) {
            out.extend([TYPES, "::"]);
        } else {
            uses.add(TYPES, name);
        }
        out.push_str(name);
    }

    /// Returns the text of a field's type, wrapped as its presence requires.
    pub(super) fn field_type(&self, field: &Field, uses: &mut Uses) -> String {
        let mut text = String::new();
        self.write_field_type(&mut text, field, uses);
        text
    }

    /// Writes the text of a field's type, wrapped as its presence requires.
    pub(super) fn write_field_type(&self, out: &mut String, field: &Field, uses: &mut Uses) {
        let options = match field.presence {
            Presence::Required => 0,
            Presence::RequiredOrNull | Presence::Optional => 1,
            Presence::OptionalOrNull if is_json(&field.type_) => 1,
            Presence::OptionalOrNull => 2,
        };
        (0..options).for_each(|_| out.extend([self.std("Option"), "<"]));
        if field.boxed {
            out.push_str(self.std("Box"));
            self.write_argument(out, &field.type_, uses);
        } else {
            self.write_type(out, &field.type_, uses);
        }
        (0..options).for_each(|_| out.push('>'));
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
