//! Conversion of schemas to types.

use std::collections::BTreeSet;

use kube_structural_schema::{Additional, Schema, Type};
use serde_json::Value;

use super::{defaults, facts, merge};
use crate::api::{Docs, Enum, Field, Presence, Repr, Shape, Step, Struct, TypeDef, TypeId, TypeRef, Use};
use crate::config::Config;
use crate::fingerprint::{self, Fingerprint};
use crate::well_known;

/// The state of the conversion: types, and entries of the configuration that applied.
pub(super) struct Lowering<'c> {
    pub(super) types: Vec<TypeDef>,
    config: &'c Config,
    pub(super) sensitive_applied: BTreeSet<String>,
    pub(super) types_applied: BTreeSet<String>,
    /// The path of the first value that is nested too deeply for a type.
    pub(super) untyped: Option<String>,
}

/// The maximum length of paths of typed values: the names of deeper types would be unreadable.
const MAX_DEPTH: usize = 128;

/// A type with the fingerprint of its schema.
type Lowered = (TypeRef, u128);

impl<'c> Lowering<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        Lowering {
            types: Vec::new(),
            config,
            sensitive_applied: BTreeSet::new(),
            types_applied: BTreeSet::new(),
            untyped: None,
        }
    }

    /// Returns the type of a value, with the overrides of codegen.toml.
    fn value(&mut self, schema: &Schema, place: &mut Use) -> Lowered {
        if !self.may_have_override(place) {
            return self.plain_value(schema, place);
        }
        let path = place.schema_path();
        if let Some(external) = self.config.types.get(&path) {
            self.types_applied.insert(path);
            let mut print = fingerprint::own(schema);
            print.text("external", external);
            let defaults = defaults::below(schema);
            print.defaults(&defaults);
            return (TypeRef::External(external.clone(), defaults), print.value());
        }
        let (type_, print) = self.plain_value(schema, place);
        if !self.config.sensitive.contains(&path) {
            return (type_, print);
        }
        self.sensitive_applied.insert(path);
        let mut marked = fingerprint::own(schema);
        marked.child("sensitive", print);
        (TypeRef::Sensitive(Box::new(type_)), marked.value())
    }

    /// Returns whether codegen.toml may contain this path. This is cheaper than formatting the path.
    fn may_have_override(&self, place: &Use) -> bool {
        let segment = place.segment();
        let ends = |path: &String| path.trim_end_matches(['[', ']', '{', '}']).ends_with(segment);
        self.config.sensitive.iter().chain(self.config.types.keys()).any(ends)
    }

    /// Returns whether codegen.toml contains a path inside of this value, which requires an emitted type.
    fn has_override_below(&self, place: &Use) -> bool {
        if self.config.sensitive.is_empty() && self.config.types.is_empty() {
            return false;
        }
        let inside = format!("{}.", place.schema_path());
        self.config.sensitive.iter().chain(self.config.types.keys()).any(|path| path.starts_with(&inside))
    }

    fn plain_value(&mut self, schema: &Schema, place: &mut Use) -> Lowered {
        let own = || fingerprint::own(schema).value();
        if schema.int_or_string {
            return (TypeRef::IntOrString, own());
        }
        let Some(type_) = schema.type_ else { return (TypeRef::Json, own()) };
        if place.path.len() >= MAX_DEPTH && matches!(type_, Type::Array | Type::Object) {
            self.untyped.get_or_insert_with(|| place.schema_path());
            return (TypeRef::Json, own());
        }
        match type_ {
            Type::Boolean => (self.enumeration(schema, place, Repr::Boolean).unwrap_or(TypeRef::Boolean), own()),
            Type::Integer => (self.enumeration(schema, place, Repr::Integer).unwrap_or_else(|| integer(schema)), own()),
            Type::Number => (TypeRef::Number, own()),
            Type::String => (self.enumeration(schema, place, Repr::String).unwrap_or_else(|| string(schema)), own()),
            Type::Array => self.list(schema, place),
            Type::Object => self.object(schema, place),
        }
    }

    fn list(&mut self, schema: &Schema, place: &mut Use) -> Lowered {
        let mut print = fingerprint::own(schema);
        let Some(items) = schema.kept_items() else { return (TypeRef::List(Box::new(TypeRef::Json)), print.value()) };
        let (item, item_print) = self.inside(place, Step::Item, |lowering, place| lowering.member(&items, place));
        print.child("items", item_print);
        (TypeRef::List(Box::new(item)), print.value())
    }

    /// Runs `work` with the path extended by `step`.
    fn inside<T>(&mut self, place: &mut Use, step: Step, work: impl FnOnce(&mut Self, &mut Use) -> T) -> T {
        place.path.push(step);
        let result = work(self, place);
        place.path.pop();
        result
    }

    /// Returns the type of a list's items or a map's values, wrapped if they may be null.
    fn member(&mut self, schema: &Schema, place: &mut Use) -> Lowered {
        let (type_, print) = self.value(schema, place);
        let mut member = Fingerprint::new();
        member.child("member", print);
        member.place(schema);
        let nullable = schema.nullable && type_ != TypeRef::Json;
        (if nullable { TypeRef::Nullable(Box::new(type_)) } else { type_ }, member.value())
    }

    fn object(&mut self, schema: &Schema, place: &mut Use) -> Lowered {
        if !schema.properties.is_empty() || schema.embedded_resource {
            let known = well_known::of(schema, place.segment()).filter(|_| !self.has_override_below(place));
            if let Some(known) = known {
                let mut print = fingerprint::own(schema);
                let defaults = defaults::below(schema);
                print.defaults(&defaults);
                return (TypeRef::Known(known, defaults), print.value());
            }
            let (structure, print) = self.structure(schema, place);
            return (self.define(Shape::Struct(structure), schema, place, print), print);
        }
        let mut print = fingerprint::own(schema);
        match &schema.additional_properties {
            Some(Additional::Schema(values)) => {
                let (value, value_print) =
                    self.inside(place, Step::Value, |lowering, place| lowering.member(values, place));
                print.child("values", value_print);
                (TypeRef::Map(Box::new(value)), print.value())
            }
            _ if schema.keeps_unknown() => (TypeRef::Map(Box::new(TypeRef::Json)), print.value()),
            _ => (self.define(Shape::Struct(Struct::default()), schema, place, print.value()), print.value()),
        }
    }

    /// Returns the shape of an object with properties.
    pub(super) fn structure(&mut self, schema: &Schema, place: &mut Use) -> (Struct, u128) {
        let mut print = fingerprint::own(schema);
        let mut fields = Vec::new();
        // apiVersion, kind and metadata of the object are not fields of its schema.
        let is_root = place.path.is_empty();
        let is_own = |name: &str| is_root && matches!(name, "apiVersion" | "kind" | "metadata");
        for (name, property) in schema.properties.iter().filter(|(name, _)| !is_own(name)) {
            place.path.push(Step::Property(name.clone()));
            let required = schema.required.contains(name);
            let field = if schema.embedded_resource && name == "metadata" {
                let open = Schema { preserve_unknown_fields: true, type_: Some(Type::Object), ..property.clone() };
                self.field(name, &open, place, required)
            } else {
                self.field(name, property, place, required)
            };
            place.path.pop();
            print.child(name, field.fingerprint);
            fields.push(field);
        }
        if schema.embedded_resource {
            self.embedded(schema, place, &mut fields);
        }
        let rest = match &schema.additional_properties {
            Some(Additional::Schema(values)) => {
                let (value, value_print) =
                    self.inside(place, Step::Value, |lowering, place| lowering.member(values, place));
                print.child("values", value_print);
                Some(value)
            }
            _ if schema.keeps_unknown() => Some(TypeRef::Json),
            _ => None,
        };
        (Struct { fields, rest }, print.value())
    }

    /// Adds the fields that embedded resources have even if their schema does not contain them.
    fn embedded(&mut self, schema: &Schema, place: &mut Use, fields: &mut Vec<Field>) {
        let text = Schema { type_: Some(Type::String), at: schema.at, ..Schema::default() };
        let object = Schema { type_: Some(Type::Object), preserve_unknown_fields: true, ..text.clone() };
        let implied = [
            ("apiVersion", &text, "The API group and version of the object."),
            ("kind", &text, "The kind of the object."),
            ("metadata", &object, "The metadata of the object."),
        ];
        for (name, schema, description) in implied {
            if fields.iter().all(|field| field.name != name) {
                let described = Schema { description: Some(description.to_owned()), ..schema.clone() };
                place.path.push(Step::Property(name.to_owned()));
                fields.push(self.field(name, &described, place, false));
                place.path.pop();
            }
        }
        fields.sort_by(|one, other| one.name.cmp(&other.name));
    }

    fn field(&mut self, name: &str, schema: &Schema, place: &mut Use, required: bool) -> Field {
        let (type_, print) = self.value(schema, place);
        let mut fingerprint = Fingerprint::new();
        fingerprint.child("value", print);
        fingerprint.flag("required", required);
        fingerprint.place(schema);
        let any = match &type_ {
            TypeRef::Sensitive(inner) => **inner == TypeRef::Json,
            plain => *plain == TypeRef::Json,
        };
        let presence = match (required, schema.nullable) {
            // `Json` itself can be null, but absence must be distinguished from null.
            (true, _) if any => Presence::Required,
            (false, _) if any => Presence::OptionalOrNull,
            (true, true) => Presence::RequiredOrNull,
            (true, false) => Presence::Required,
            (false, true) => Presence::OptionalOrNull,
            (false, false) => Presence::Optional,
        };
        Field {
            name: name.to_owned(),
            docs: field_docs(schema, &type_),
            type_,
            presence,
            boxed: false,
            default: schema.default.clone(),
            merge: merge::of(schema),
            fingerprint: fingerprint.value(),
        }
    }

    fn enumeration(&mut self, schema: &Schema, place: &mut Use, repr: Repr) -> Option<TypeRef> {
        let mut values: Vec<Value> = Vec::new();
        for value in schema.enumeration.iter().filter(|value| !value.is_null()) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        let fits = |value: &Value| match repr {
            Repr::String => value.is_string(),
            Repr::Integer => value.is_i64(),
            Repr::Boolean => value.is_boolean(),
        };
        if values.is_empty() || !values.iter().all(fits) {
            return None;
        }
        let print = fingerprint::own(schema).value();
        Some(self.define(Shape::Enum(Enum { repr, values }), schema, place, print))
    }

    fn define(&mut self, shape: Shape, schema: &Schema, place: &mut Use, fingerprint: u128) -> TypeRef {
        let facts = match &shape {
            Shape::Struct(_) => facts::of(schema),
            Shape::Enum(_) => Vec::new(),
        };
        let description = schema.description.clone().unwrap_or_default();
        let docs = Docs { description, facts };
        self.types.push(TypeDef { uses: vec![place.clone()], docs, shape, fingerprint });
        TypeRef::Type(TypeId(self.types.len() - 1))
    }
}

/// Returns the documentation of a field. Facts about an emitted type are in the documentation of that type.
fn field_docs(schema: &Schema, type_: &TypeRef) -> Docs {
    let mut facts = match type_ {
        TypeRef::Type(_) => Vec::new(),
        _ => facts::of(schema),
    };
    facts.extend(facts::default(schema));
    Docs { description: schema.description.clone().unwrap_or_default(), facts }
}

/// Returns the type of an integer. It has 32 bits only with limits: older API servers removed the format `int32` before
/// validation.
fn integer(schema: &Schema) -> TypeRef {
    let bound = |number: &Option<serde_json::Number>| number.as_ref().and_then(serde_json::Number::as_f64);
    let fits =
        |bound: Option<f64>| bound.is_some_and(|bound| (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&bound));
    let (minimum, maximum) = (bound(&schema.limits.minimum), bound(&schema.limits.maximum));
    if schema.format.as_deref() == Some("int32") && fits(minimum) && fits(maximum) {
        TypeRef::I32
    } else {
        TypeRef::I64
    }
}

/// Returns the type of a string. Like the API server, ignores `-` in formats.
fn string(schema: &Schema) -> TypeRef {
    match schema.format.as_deref().map(|format| format.replace('-', "")).as_deref() {
        Some("datetime") => TypeRef::Timestamp,
        Some("byte") => TypeRef::Bytes,
        _ => TypeRef::String,
    }
}
