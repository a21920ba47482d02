//! A kind: the object, its list, and the implementation of kube's traits.

use super::typeref::is_json;
use super::uses::Uses;
use super::{Emitter, Item, Member, conditions, docs, literal, structs};
use crate::api::{Field, Kind, Presence, TypeRef};
use crate::name::{KindName, condition, selectable};
use crate::well_known::PATH as TYPES;

/// All items of a kind but the types below it.
pub(super) fn items(emitter: &Emitter<'_>, kind: &Kind, name: &KindName, uses: &mut Uses) -> Vec<Item> {
    let mut items = Vec::new();
    items.push(root(emitter, kind, name, uses));
    items.push(Item::call("resource", &name.ident, entries(emitter, kind, name, uses)));
    items.push(constructor(emitter, kind, name, uses));
    items.extend(structs::defaults(emitter, &kind.root, &name.ident));
    items.extend(selectable_fields(kind, &name.ident));
    items.extend(condition_names(kind, &name.ident));
    items.extend(conditions::of_kind(emitter, kind, name));
    items.push(list(emitter, kind, name, uses));
    items
}

/// The constants of selectable fields.
pub(super) fn selectable_fields(kind: &Kind, type_: &str) -> Option<Item> {
    let constants = selectable::constants(&kind.selectable_fields).into_iter();
    let entries: Vec<String> = constants.map(|(name, path)| format!("{name} = {}", literal(path))).collect();
    (!entries.is_empty()).then(|| Item::call("selectable_fields", type_, entries))
}

/// The constants of types and reasons of conditions.
pub(super) fn condition_names(kind: &Kind, type_: &str) -> Option<Item> {
    let constants = condition::constants(kind).into_iter();
    let entries: Vec<String> = constants.map(|(name, value)| format!("{name} = {}", literal(value))).collect();
    (!entries.is_empty()).then(|| Item::call("condition_names", type_, entries))
}

/// The identifier of a top-level property.
fn member<'n>(field: &Field, name: &'n KindName) -> &'n str {
    &name.members[&field.name]
}

fn root(emitter: &Emitter<'_>, kind: &Kind, name: &KindName, uses: &mut Uses) -> Item {
    let mut members: Vec<Member> = Vec::new();
    for field in &kind.root.fields {
        members.push(Member {
            docs: emitter.docs(&field.docs, || format!("{}.", crate::markdown::code(&field.name))),
            serde: String::new(),
            code: format!("pub {}: {}", member(field, name), emitter.field_type(field, uses)),
        });
    }
    members.extend(kind.root.rest.as_ref().map(|rest| structs::rest_member(emitter, rest, &name.other, uses)));
    Item::type_(format!("struct {}", name.ident), members)
        .docs(docs_text(emitter, kind))
        .attribute("derive(Clone, Debug, Default, PartialEq)")
}

/// The description of a kind, its scope and versions.
fn docs_text(emitter: &Emitter<'_>, kind: &Kind) -> String {
    let mut text = emitter.docs(&kind.docs, || format!("`{}` of {}/{}.", kind.kind, kind.group, kind.version));
    let scope = if kind.namespaced { "Namespaced" } else { "Cluster-scoped" };
    let stored = if kind.storage { ", storage version" } else { "" };
    text.push_str(&format!("\n\n{scope}, `{}`{stored}.", kind.plural));
    if kind.status_subresource {
        text.push_str(" Status is a subresource.");
    }
    if let Some(warning) = &kind.deprecated {
        text.push_str(&format!("\n\nDeprecated: {}.", escape(warning.trim_end_matches('.'))));
    }
    if let Some(lost) = docs::lost_fields(kind) {
        text.push_str("\n\n");
        text.push_str(&lost);
    }
    text
}

fn escape(text: &str) -> String {
    crate::markdown::escape(text)
}

/// The entries of `custom_kind!`: the facts of the CRD about a kind.
pub(super) fn info(emitter: &Emitter<'_>, kind: &Kind, name: &KindName) -> Vec<String> {
    let texts =
        |texts: &[String]| format!("[{}]", texts.iter().map(|text| literal(text)).collect::<Vec<_>>().join(", "));
    let mut subresources = Vec::new();
    subresources.extend(kind.status_subresource.then(|| "\"status\"".to_owned()));
    subresources.extend(kind.scale_subresource.then(|| "\"scale\"".to_owned()));
    vec![
        format!("group: {}", literal(&kind.group)),
        format!("version: {}", literal(&kind.version)),
        format!("kind: {}", literal(&kind.kind)),
        format!("list_kind: {}", literal(&kind.list_kind)),
        format!("plural: {}", literal(&kind.plural)),
        format!("singular: {}", literal(&kind.singular)),
        format!("short_names: {}", texts(&kind.short_names)),
        format!("categories: {}", texts(&kind.categories)),
        format!("scope: {}", if kind.namespaced { "Namespaced" } else { "Cluster" }),
        format!("storage: {}", kind.storage),
        format!(
            "deprecated: {}",
            kind.deprecated.as_ref().map_or_else(|| "None".to_owned(), |warning| format!("Some({})", literal(warning)))
        ),
        format!("subresources: [{}]", subresources.join(", ")),
        format!("selectable_fields: {}", texts(&kind.selectable_fields)),
        format!("crd: super::super::super::crds::{}", super::crds::constant(emitter, kind, name)),
    ]
}

/// The entries of `resource!`.
fn entries(emitter: &Emitter<'_>, kind: &Kind, name: &KindName, uses: &mut Uses) -> Vec<String> {
    let mut entries = info(emitter, kind, name);
    let fields: Vec<String> = kind
        .root
        .fields
        .iter()
        .map(|field| format!("{} = {}: {}", member(field, name), literal(&field.name), presence(field)))
        .collect();
    entries.push(format!("fields: {{\n    {}\n}}", fields.join(",\n    ")));
    entries.extend(kind.root.rest.as_ref().map(|_| format!("rest: {}", name.other)));
    for field in &kind.root.fields {
        let type_ = emitter.type_text(&field.type_, uses);
        entries.extend(match (field.name.as_str(), field.presence) {
            ("spec", Presence::Required) => Some(format!("spec: required({type_})")),
            ("spec", Presence::OptionalOrNull) if !is_json(&field.type_) => Some(format!("spec: nullable({type_})")),
            ("spec", _) => Some(format!("spec: optional({type_})")),
            ("status", Presence::Optional) => {
                Some(format!("status: {}({type_})", if kind.status_subresource { "subresource" } else { "field" }))
            }
            _ => None,
        });
    }
    if kind.status_subresource
        && !kind.root.fields.iter().any(|field| field.name == "status" && field.presence == Presence::Optional)
    {
        entries.push("status: untyped_subresource()".to_owned());
    }
    entries
}

fn presence(field: &Field) -> &'static str {
    match (field.name.as_str(), field.presence) {
        ("metadata", _) | (_, Presence::RequiredOrNull) => "defaulted",
        (_, Presence::Required) => "required",
        (_, Presence::Optional) => "optional",
        (_, Presence::OptionalOrNull) => "nullable",
    }
}

/// `new` with the name and the required fields.
fn constructor(emitter: &Emitter<'_>, kind: &Kind, name: &KindName, uses: &mut Uses) -> Item {
    let (string, into) = (emitter.std("String"), emitter.std("Into"));
    let mut first = "name".to_owned();
    while name.members.values().any(|member| *member == first) {
        first.insert_str(0, "object_");
    }
    uses.add(TYPES, "self");
    let mut parameters = vec![format!("{first}: impl {into}<{string}>")];
    let mut values = vec![format!("metadata: types::object_meta({first})")];
    let mut others = kind.root.rest.is_some();
    for field in kind.root.fields.iter().skip(1) {
        let member = member(field, name);
        let is_spec = field.name == "spec" && field.presence == Presence::Optional;
        if is_spec && matches!(field.type_, TypeRef::Type(_)) {
            let type_ = emitter.type_text(&field.type_, uses);
            parameters.push(format!("{member}: impl {into}<{type_}>"));
            values.push(format!("{member}: Some({member}.into())"));
        } else if matches!(field.presence, Presence::Required | Presence::RequiredOrNull) {
            let (type_, value) = structs::parameter(emitter, field, member, uses);
            parameters.push(format!("{member}: {type_}"));
            values.push(value);
        } else {
            others = true;
        }
    }
    let docs = format!("Creates {} `{}` with this name.", docs::article(&name.ident), name.ident);
    structs::new(emitter, &name.ident, docs, &parameters, values, others)
}

fn list(emitter: &Emitter<'_>, kind: &Kind, name: &KindName, uses: &mut Uses) -> Item {
    let list = if emitter.shadowed.contains("List") {
        "kube_client_runtime::List"
    } else {
        uses.add("kube_client_runtime", "List");
        "List"
    };
    Item::line(format!("pub type {} = {list}<{}>", name.list, name.ident))
        .docs(format!("A list of `{}`, as the API server returns it.", kind.kind))
}
