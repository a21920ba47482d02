//! The apply configuration of a type: the methods of each field, and how the API server merges it.

use super::typeref::is_json;
use super::uses::Uses;
use super::{Emitter, Item, literal};
use crate::api::{Field, Kind, Merge, Presence, Shape, Struct, TypeId, TypeRef};
use crate::name::{KindName, TypeName};
use crate::well_known::{self, Known, PATH as TYPES};

/// The name under which a file imports the module of the types.
pub(super) const TYPES_ALIAS: &str = "api";

/// The identifier of a type's apply configuration.
pub(super) fn ident(type_: &str) -> String {
    format!("{type_}ApplyConfiguration")
}

/// `apply_fields!` for a struct.
pub(super) fn nested(emitter: &Emitter<'_>, structure: &Struct, name: &TypeName, uses: &mut Uses) -> Item {
    let fields = structure.fields.iter();
    let entries = fields.map(|field| entry(emitter, field, &name.members[&field.name], uses)).collect();
    Item::call("apply_fields", format!("{}: {TYPES_ALIAS}::{}", ident(&name.ident), name.ident), entries)
}

/// `apply_object!` for a kind. A kind with types of kopium has no methods for its fields.
pub(super) fn object(emitter: &Emitter<'_>, kind: &Kind, name: &KindName, uses: &mut Uses) -> Item {
    let fields = kind.root.fields.iter().filter(|field| field.name != "metadata");
    let fields = fields.filter(|_| emitter.foreign.and_then(|foreign| foreign.get(kind)).is_none());
    let entries = fields.map(|field| entry(emitter, field, &name.members[&field.name], uses)).collect();
    let scope = if kind.namespaced { "Namespaced" } else { "Cluster" };
    let status = if kind.status_subresource { " status" } else { "" };
    let head = format!("{}: {TYPES_ALIAS}::{}, {scope}{status}", ident(&name.ident), name.ident);
    Item::call("apply_object", head, entries)
}

fn entry(emitter: &Emitter<'_>, field: &Field, member: &str, uses: &mut Uses) -> String {
    let (mode, is_nested) = mode(emitter, field, uses);
    let mut entry = methods(member, is_nested);
    entry.push_str(&format!(": {mode} = {}", literal(&field.name)));
    entry.push_str(&match &field.merge {
        Merge::Granular => String::new(),
        Merge::Atomic => " as atomic".to_owned(),
        Merge::Set => " as set".to_owned(),
        Merge::Map(keys) => {
            let key = |(name, default): &(String, Option<serde_json::Value>)| match default {
                Some(default) => format!("{} = {}", literal(name), literal(&default.to_string())),
                None => literal(name),
            };
            format!(" as map[{}]", keys.iter().map(key).collect::<Vec<_>>().join(", "))
        }
    });
    if is_sensitive(&field.type_) {
        entry.push_str(" + secret");
    }
    entry
}

/// Names of associated functions and of methods of the traits that emitted configurations implement.
const METHODS: [&str; 12] = [
    "clone",
    "default",
    "eq",
    "extract",
    "extract_status",
    "extract_subresource",
    "fmt",
    "from",
    "into",
    "ne",
    "new",
    "serialize",
];

/// Prefixes of methods: a getter must not look like the setter of another field.
const PREFIXES: [&str; 4] = ["get_", "mut_", "unset_", "with_"];

/// The names of a field's methods. They depend on the field alone, so that a new field does not change another's methods.
fn methods(member: &str, is_nested: bool) -> String {
    let plain = member.trim_start_matches("r#");
    let is_special =
        METHODS.contains(&plain) || plain.ends_with("_mut") || PREFIXES.iter().any(|prefix| plain.starts_with(prefix));
    let (get, change) = if is_special {
        (format!("get_{plain}"), format!("mut_{plain}"))
    } else {
        (member.to_owned(), format!("{plain}_mut"))
    };
    let change = if is_nested { format!(" {change}") } else { String::new() };
    format!("with_{plain} {get} unset_{plain}{change}")
}

/// The mode of a field, and whether its value can be changed in place.
fn mode(emitter: &Emitter<'_>, field: &Field, uses: &mut Uses) -> (String, bool) {
    let mut part = |type_: &TypeRef, nested: &str, plain: &str| match configuration(emitter, type_, uses) {
        Some(name) => (format!("{nested}({name})"), true),
        None => (format!("{plain}({})", text(emitter, type_, uses)), false),
    };
    let may_be_null = matches!(field.presence, Presence::RequiredOrNull | Presence::OptionalOrNull);
    match without_nested(&field.type_) {
        TypeRef::List(items) => part(items, "list", "values"),
        TypeRef::Map(values) => part(values, "map", "entries"),
        TypeRef::String if !may_be_null => ("text()".to_owned(), false),
        type_ => match part(type_, "nested", "value") {
            (_, false) if may_be_null && !is_json(type_) => {
                (format!("value(Option<{}>)", text(emitter, type_, uses)), false)
            }
            mode => mode,
        },
    }
}

/// Configurations contain JSON, so that no chain of types is too long.
fn without_nested(type_: &TypeRef) -> &TypeRef {
    if let TypeRef::Nested(inner) = type_ { without_nested(inner) } else { type_ }
}

fn is_sensitive(type_: &TypeRef) -> bool {
    match type_ {
        TypeRef::Sensitive(_) => true,
        TypeRef::Map(inner) | TypeRef::List(inner) | TypeRef::Nullable(inner) | TypeRef::Nested(inner) => {
            is_sensitive(inner)
        }
        _ => false,
    }
}

/// Returns the apply configuration of a type, if it has one, and imports it.
fn configuration(emitter: &Emitter<'_>, type_: &TypeRef, uses: &mut Uses) -> Option<String> {
    match without_nested(type_) {
        TypeRef::Type(TypeId(id)) if matches!(emitter.api.types[*id].shape, Shape::Struct(_)) => {
            let name = ident(&emitter.names.types[*id].ident);
            uses.add("super", &name);
            Some(name)
        }
        TypeRef::Known(Known::Condition, _) => {
            let name = ident(Known::Condition.name());
            uses.add("kube_client_runtime::apply", &name);
            Some(name)
        }
        _ => None,
    }
}

/// Returns the text of a type, with apply configurations in place of structs.
fn text(emitter: &Emitter<'_>, type_: &TypeRef, uses: &mut Uses) -> String {
    if let Some(name) = configuration(emitter, type_, uses) {
        return name;
    }
    let mut wrapped = |around: &'static str, inner: &TypeRef| {
        let inner = text(emitter, inner, uses);
        uses.add(TYPES, around);
        format!("{around}<{inner}>")
    };
    match type_ {
        TypeRef::Nested(inner) => text(emitter, inner, uses),
        TypeRef::Sensitive(inner) => wrapped(well_known::SENSITIVE.name, inner),
        TypeRef::Map(values) => {
            let values = text(emitter, values, uses);
            uses.add(TYPES, well_known::MAP.name);
            format!("{}<String, {values}>", well_known::MAP.name)
        }
        TypeRef::List(items) => format!("Vec<{}>", text(emitter, items, uses)),
        TypeRef::Nullable(inner) => format!("Option<{}>", text(emitter, inner, uses)),
        TypeRef::Type(TypeId(id)) => format!("{TYPES_ALIAS}::{}", emitter.names.types[*id].ident),
        other => emitter.type_text(other, uses),
    }
}
