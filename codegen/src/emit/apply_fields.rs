//! The apply configuration of a type: the methods of each field, and how the API server merges it.

use super::typeref::is_json;
use super::uses::Uses;
use super::{Emitter, Item, literal};
use crate::api::{Field, Kind, Merge, Presence, Shape, Struct, TypeId, TypeRef};
use crate::name::{KindName, TypeName};
use crate::well_known::{self, Known, PATH as TYPES};

/// The name under which a file imports the module of the types.
pub(super) const TYPES_ALIAS: &str = "api";

/// The end of the identifier of a type's apply configuration.
const SUFFIX: &str = "ApplyConfiguration";

/// The identifier of a type's apply configuration.
pub(super) fn ident(type_: &str) -> String {
    format!("{type_}{SUFFIX}")
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
    let mut entry = String::with_capacity(4 * member.len() + mode.len() + field.name.len() + 40);
    methods(&mut entry, member, is_nested);
    entry.extend([": ", &mode, " = ", &literal(&field.name)]);
    match &field.merge {
        Merge::Granular => {}
        Merge::Atomic => entry.push_str(" as atomic"),
        Merge::Set => entry.push_str(" as set"),
        Merge::Map(keys) => {
            let key = |(name, default): &(String, Option<serde_json::Value>)| match default {
                Some(default) => format!("{} = {}", literal(name), literal(&default.to_string())),
                None => literal(name),
            };
            entry.extend([" as map[", &keys.iter().map(key).collect::<Vec<_>>().join(", "), "]"]);
        }
    }
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

/// Writes the names of a field's methods. They depend on the field alone, so that a new field does not change another's
/// methods.
fn methods(out: &mut String, member: &str, is_nested: bool) {
    let plain = member.trim_start_matches("r#");
    let is_special =
        METHODS.contains(&plain) || plain.ends_with("_mut") || PREFIXES.iter().any(|prefix| plain.starts_with(prefix));
    let (get, change): ([&str; 2], [&str; 2]) =
        if is_special { (["get_", plain], ["mut_", plain]) } else { (["", member], [plain, "_mut"]) };
    out.extend(["with_", plain, " ", get[0], get[1], " unset_", plain]);
    if is_nested {
        out.extend([" ", change[0], change[1]]);
    }
}

/// The mode of a field, and whether its value can be changed in place.
fn mode(emitter: &Emitter<'_>, field: &Field, uses: &mut Uses) -> (String, bool) {
    let may_be_null = matches!(field.presence, Presence::RequiredOrNull | Presence::OptionalOrNull);
    let type_ = without_nested(&field.type_);
    let (part, nested, plain) = match type_ {
        TypeRef::List(items) => (&**items, "list", "values"),
        TypeRef::Map(values) => (&**values, "map", "entries"),
        TypeRef::String if !may_be_null => return ("text()".to_owned(), false),
        type_ => (type_, "nested", "value"),
    };
    let mut mode = String::new();
    if let Some(name) = configuration(emitter, part) {
        mode.extend([nested, "("]);
        write_configuration(&mut mode, name, uses);
        mode.push(')');
        return (mode, true);
    }
    let is_optional = plain == "value" && may_be_null && !is_json(type_);
    mode.extend([plain, if is_optional { "(Option<" } else { "(" }]);
    write_type(&mut mode, emitter, part, uses);
    mode.push_str(if is_optional { ">)" } else { ")" });
    (mode, false)
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

/// The type of an apply configuration.
#[derive(Clone, Copy)]
enum Configuration<'a> {
    Emitted(&'a str),
    OfRuntime(&'a str),
}

/// Returns the type whose apply configuration a type has, if any.
fn configuration<'a>(emitter: &Emitter<'a>, type_: &TypeRef) -> Option<Configuration<'a>> {
    match without_nested(type_) {
        TypeRef::Type(TypeId(id)) if matches!(emitter.api.types[*id].shape, Shape::Struct(_)) => {
            Some(Configuration::Emitted(&emitter.names.types[*id].ident))
        }
        TypeRef::Known(Known::Condition, _) => Some(Configuration::OfRuntime(Known::Condition.name())),
        _ => None,
    }
}

/// Writes the name of an apply configuration and imports it.
fn write_configuration(out: &mut String, of: Configuration<'_>, uses: &mut Uses) {
    let start = out.len();
    let (path, type_) = match of {
        Configuration::Emitted(type_) => ("super", type_),
        Configuration::OfRuntime(type_) => ("kube_client_runtime::apply", type_),
    };
    out.extend([type_, SUFFIX]);
    uses.add(path, &out[start..]);
}

/// Writes the text of a type, with apply configurations in place of structs.
fn write_type(out: &mut String, emitter: &Emitter<'_>, type_: &TypeRef, uses: &mut Uses) {
    if let Some(name) = configuration(emitter, type_) {
        return write_configuration(out, name, uses);
    }
    let (around, inner) = match type_ {
        TypeRef::Nested(inner) => return write_type(out, emitter, inner, uses),
        TypeRef::Type(TypeId(id)) => return out.extend([TYPES_ALIAS, "::", &emitter.names.types[*id].ident]),
        TypeRef::Sensitive(inner) => ([well_known::SENSITIVE.name, "<"], inner),
        TypeRef::Map(values) => ([well_known::MAP.name, "<String, "], values),
        TypeRef::List(items) => (["Vec", "<"], items),
        TypeRef::Nullable(inner) => (["Option", "<"], inner),
        other => return emitter.write_type(out, other, uses),
    };
    if matches!(type_, TypeRef::Sensitive(_) | TypeRef::Map(_)) {
        uses.add(TYPES, around[0]);
    }
    out.extend(around);
    write_type(out, emitter, inner, uses);
    out.push('>');
}
