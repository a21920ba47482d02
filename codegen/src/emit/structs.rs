//! A struct, its constructor, its setters and its defaults.

use std::borrow::Cow;

use super::typeref::is_json;
use super::uses::Uses;
use super::{Code, Emitter, Item, Member, docs, literal};
use crate::api::{Defaults, Field, Presence, Shape, Struct, TypeDef, TypeId, TypeRef};
use crate::name::TypeName;
use crate::name::words::serde_camel;
use crate::well_known::PATH as TYPES;

/// Methods that a setter must not shadow.
const METHODS: [&str; 6] = ["clone", "default", "new", "with_defaults", "into", "eq"];

/// The number of fields up to which `Deserialize` is derived: the derived code needs stack for each field.
const MAX_DERIVED_FIELDS: usize = 128;

/// All items of a struct type.
pub(super) fn items(
    emitter: &Emitter<'_>,
    type_: &TypeDef,
    structure: &Struct,
    name: &TypeName,
    uses: &mut Uses,
) -> Vec<Item> {
    let camel = structure
        .fields
        .iter()
        .any(|field| renames(field, name) && serde_camel(&name.members[&field.name]) == field.name);
    let is_large = is_large(structure);
    let mut members: Vec<Member> =
        structure.fields.iter().map(|field| member(emitter, field, name, camel, !is_large, uses)).collect();
    members.extend(rest(emitter, structure, name, uses));
    let serde: Vec<String> = serde_derives(structure).iter().map(|name| emitter.serde(name)).collect();
    let mut definition = Item::type_(format!("struct {}", name.ident), members)
        .docs(emitter.docs(&type_.docs, || format!("`{}`.", type_.uses[0].schema_path())))
        .attribute(format!("derive(Clone, Debug, Default, PartialEq, {})", serde.join(", ")));
    if camel {
        definition = definition.attribute("serde(rename_all = \"camelCase\")");
    }
    let mut items = vec![definition];
    items.extend(is_large.then(|| large(emitter, structure, name, uses)));
    items.extend(constructor(emitter, structure, name, uses));
    items.extend(setters(emitter, structure, name, uses));
    items.extend(defaults(emitter, structure, &name.ident));
    items
}

fn is_large(structure: &Struct) -> bool {
    structure.fields.len() > MAX_DERIVED_FIELDS
}

/// The derives of serde that a struct has.
pub(super) fn serde_derives(structure: &Struct) -> &'static [&'static str] {
    if is_large(structure) { &["Serialize"] } else { &["Serialize", "Deserialize"] }
}

/// `Deserialize` of a struct with many fields.
fn large(emitter: &Emitter<'_>, structure: &Struct, name: &TypeName, uses: &mut Uses) -> Item {
    let entry = |field: &Field, uses: &mut Uses| {
        let presence = match field.presence {
            Presence::Required => "required",
            Presence::Optional | Presence::RequiredOrNull => "optional",
            Presence::OptionalOrNull => "nullable",
        };
        let (member, type_) = (&name.members[&field.name], emitter.field_type(field, uses));
        format!("{member} = {}: {presence}({type_})", literal(&field.name))
    };
    let mut entries: Vec<String> = structure.fields.iter().map(|field| entry(field, uses)).collect();
    entries.extend(structure.rest.as_ref().map(|_| format!("..{}", name.other)));
    Item::call("large_struct", &name.ident, entries)
}

/// Whether the identifier and the JSON name differ.
fn renames(field: &Field, name: &TypeName) -> bool {
    name.members[&field.name].trim_start_matches("r#") != field.name
}

/// A field with its documentation and its serde attributes.
fn member(
    emitter: &Emitter<'_>,
    field: &Field,
    name: &TypeName,
    camel: bool,
    derived: bool,
    uses: &mut Uses,
) -> Member {
    let member = &name.members[&field.name];
    let by_rule = if camel { Cow::Owned(serde_camel(member)) } else { Cow::Borrowed(member.trim_start_matches("r#")) };
    let mut serde = String::new();
    if by_rule != field.name {
        serde.extend(["rename = ", &literal(&field.name)]);
    }
    let mut add = |argument: &[&str]| {
        serde.push_str(if serde.is_empty() { "" } else { ", " });
        serde.extend(argument.iter().copied());
    };
    if field.presence == Presence::OptionalOrNull && derived {
        uses.add(TYPES, "deserialize_some");
        add(&["default, deserialize_with = \"deserialize_some\""]);
    }
    if matches!(field.presence, Presence::Optional | Presence::OptionalOrNull) {
        add(&["skip_serializing_if = \"", emitter.std("Option"), "::is_none\""]);
    }
    let docs = emitter.docs(&field.docs, || format!("{}.", crate::markdown::code(&field.name)));
    let mut code = String::new();
    code.extend(["pub ", member, ": "]);
    emitter.write_field_type(&mut code, field, uses);
    Member { docs, serde, code }
}

/// The field for properties that the schema does not name.
fn rest(emitter: &Emitter<'_>, structure: &Struct, name: &TypeName, uses: &mut Uses) -> Option<Member> {
    let rest = structure.rest.as_ref()?;
    let with = if *rest == TypeRef::Json { String::new() } else { format!(", with = \"{TYPES}::rest\"") };
    Some(Member { serde: format!("flatten{with}"), ..rest_member(emitter, rest, &name.other, uses) })
}

/// The same without serde attributes, which the root of a kind does not use.
pub(super) fn rest_member(emitter: &Emitter<'_>, rest: &TypeRef, other: &str, uses: &mut Uses) -> Member {
    let map = emitter.type_text(&TypeRef::Map(Box::new(rest.clone())), uses);
    Member {
        docs: "Properties that the schema does not name.".to_owned(),
        serde: String::new(),
        code: format!("pub {other}: {map}"),
    }
}

/// `new` with a parameter for each required field.
fn constructor(emitter: &Emitter<'_>, structure: &Struct, name: &TypeName, uses: &mut Uses) -> Option<Item> {
    let mut parameters = Vec::new();
    let mut values = Vec::new();
    for field in &structure.fields {
        if matches!(field.presence, Presence::Required | Presence::RequiredOrNull) {
            let member = &name.members[&field.name];
            let (type_, value) = parameter(emitter, field, member, uses);
            parameters.push(format!("{member}: {type_}"));
            values.push(value);
        }
    }
    let others = structure.fields.len() > values.len() || structure.rest.is_some();
    let docs = format!("Creates {} `{}` from its required fields.", docs::article(&name.ident), name.ident);
    (!values.is_empty()).then(|| new(emitter, &name.ident, docs, &parameters, values, others))
}

/// The `impl` with `new`; `others`: whether there are more fields than `values`.
pub(super) fn new(
    emitter: &Emitter<'_>,
    of: &str,
    docs: String,
    parameters: &[String],
    values: Vec<String>,
    others: bool,
) -> Item {
    let rest =
        if emitter.shadowed.contains("Default") { "::core::default::Default::default()" } else { "Default::default()" };
    let code = Code::Struct { of: "Self".to_owned(), values, rest: others.then_some(rest) };
    let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
    Item::methods(of, vec![Item::function("pub fn new", &parameters, "Self", code).docs(docs)])
}

/// A constructor's parameter, and the field's value from it.
pub(super) fn parameter(emitter: &Emitter<'_>, field: &Field, member: &str, uses: &mut Uses) -> (String, String) {
    let nullable = field.presence == Presence::RequiredOrNull;
    match &field.type_ {
        TypeRef::List(items) if !nullable => {
            let item = emitter.type_text(items, uses);
            (
                format!("impl {}<Item = impl {}<{item}>>", emitter.std("IntoIterator"), emitter.std("Into")),
                format!("{member}: {member}.into_iter().map({}::into).collect()", emitter.std("Into")),
            )
        }
        TypeRef::Boolean | TypeRef::I32 | TypeRef::I64 | TypeRef::Map(_) if !nullable => {
            (emitter.type_text(&field.type_, uses), member.to_owned())
        }
        _ => (
            format!("impl {}<{}>", emitter.std("Into"), emitter.field_type(field, uses)),
            format!("{member}: {member}.into()"),
        ),
    }
}

/// One setter per optional field.
fn setters(emitter: &Emitter<'_>, structure: &Struct, name: &TypeName, uses: &mut Uses) -> Option<Item> {
    let mut entries = Vec::new();
    for field in
        structure.fields.iter().filter(|field| matches!(field.presence, Presence::Optional | Presence::OptionalOrNull))
    {
        let member = name.members[&field.name].as_str();
        let (mode, of) = match (&field.type_, field.presence) {
            (type_, Presence::OptionalOrNull) if field.boxed => ("nullable_box", type_),
            (type_, _) if field.boxed => ("boxed", type_),
            (type_, Presence::OptionalOrNull) if !is_json(type_) => ("nullable", type_),
            (TypeRef::List(items), _) => ("list", &**items),
            (TypeRef::Map(values), _) => ("map", &**values),
            (type_, _) => ("value", type_),
        };
        let mut entry = member.to_owned();
        if METHODS.contains(&member) {
            entry.extend([" as set_", member]);
        }
        entry.extend([": ", mode, "("]);
        emitter.write_type(&mut entry, of, uses);
        entry.push(')');
        entries.push(entry);
    }
    (!entries.is_empty()).then(|| Item::call("setters", &name.ident, entries))
}

/// The defaults that the API server sets, for structs that have any at some depth.
pub(super) fn defaults(emitter: &Emitter<'_>, structure: &Struct, ident: &str) -> Option<Item> {
    let mut entries = Vec::new();
    for field in &structure.fields {
        let default =
            field.default.as_ref().filter(|default| !default.is_null()).map(|default| literal(&default.to_string()));
        let below = emitter.defaulted(&field.type_).then(|| emitter.below(&field.type_));
        entries.extend(entry(&literal(&field.name), default, below));
    }
    let rest = structure.rest.as_ref().filter(|rest| emitter.defaulted(rest));
    entries.extend(rest.and_then(|rest| entry("_", None, Some(emitter.below(rest)))));
    (!entries.is_empty()).then(|| Item::call("defaults", ident, entries))
}

/// A property in `defaults!`, if the API server sets a default in it.
fn entry(name: &str, default: Option<String>, below: Option<String>) -> Option<String> {
    match (default, below) {
        (Some(default), Some(below)) => Some(format!("{name}: {default}, {below}")),
        (Some(default), None) => Some(format!("{name}: {default}")),
        (None, Some(below)) => Some(format!("{name}: _, {below}")),
        (None, None) => None,
    }
}

/// Defaults below a foreign type, in parentheses.
fn spelled_out(defaults: &Defaults) -> String {
    match defaults {
        Defaults::Nothing => "()".to_owned(),
        Defaults::Items(below) => format!("[{}]", spelled_out(below)),
        Defaults::Values(below) => format!("{{{}}}", spelled_out(below)),
        Defaults::Object(defaults) => {
            let entries = defaults.iter().filter_map(|default| {
                let name = default.name.as_deref().map_or_else(|| "_".to_owned(), literal);
                let below = (default.below != Defaults::Nothing).then(|| spelled_out(&default.below));
                entry(&name, default.value.as_deref().map(literal), below)
            });
            format!("({})", entries.map(|entry| format!("{entry};")).collect::<Vec<_>>().join(" "))
        }
    }
}

impl Emitter<'_> {
    /// Whether the API server sets a default inside of a value.
    pub(super) fn defaulted(&self, type_: &TypeRef) -> bool {
        match type_.innermost() {
            TypeRef::Type(TypeId(id)) => match &self.api.types[*id].shape {
                Shape::Struct(structure) => self.has_defaults(structure),
                Shape::Enum(_) => false,
            },
            TypeRef::Known(_, defaults) | TypeRef::External(_, defaults) => *defaults != Defaults::Nothing,
            _ => false,
        }
    }

    /// The types in which there are more defaults, in the syntax of `defaults!`: `T`, `[T]` for a list, `{T}` for a map.
    fn below(&self, type_: &TypeRef) -> String {
        match type_ {
            TypeRef::List(items) => format!("[{}]", self.below(items)),
            TypeRef::Map(values) => format!("{{{}}}", self.below(values)),
            TypeRef::Nullable(inner) | TypeRef::Sensitive(inner) | TypeRef::Nested(inner) => self.below(inner),
            TypeRef::Type(TypeId(id)) => self.names.types[*id].ident.clone(),
            TypeRef::Known(_, defaults) | TypeRef::External(_, defaults) => spelled_out(defaults),
            _ => "_".to_owned(),
        }
    }

    pub(super) fn has_defaults(&self, structure: &Struct) -> bool {
        structure.fields.iter().any(|field| field.default.as_ref().is_some_and(|default| !default.is_null()))
            || structure.type_refs().any(|type_| self.defaulted(type_))
    }
}
