//! The tree of modules: groups, their shared types, their versions, a file per kind.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::Uses;
use super::{
    Body, Cfg, Emitter, Item, Module, Types, Versions, conditions, deprecated_gate, docs, enums, foreign, kinds,
    structs,
};
use crate::api::{Kind, Shape, TypeDef};
use crate::name::{KindName, TypeName};
use camino::Utf8PathBuf;

/// All modules of all groups.
pub(super) fn all(emitter: &mut Emitter<'_>) -> Vec<Module> {
    let mut modules = Vec::new();
    for (group, versions) in emitter.groups() {
        modules.push(group_root(emitter, group, &versions));
        let shared = types_of(emitter, group, None);
        modules.extend(shared_types(emitter, group, &shared));
        for ((_, version), kinds) in &versions {
            modules.push(version_root(emitter, group, version, kinds, &shared));
            for (kind, name) in kinds {
                modules.push(match emitter.foreign.and_then(|foreign| foreign.get(kind)) {
                    Some(written) => foreign::file(emitter, kind, name, written),
                    None => kind_file(emitter, kind, name),
                });
            }
        }
    }
    modules
}

/// The types of a group that live in a version, or are shared.
pub(super) fn types_of<'a>(emitter: &Emitter<'a>, group: &str, version: Option<&str>) -> Types<'a> {
    let groups: BTreeSet<&str> =
        emitter.kinds().filter(|(_, name)| name.group == group).map(|(kind, _)| kind.group.as_str()).collect();
    let here = |type_: &TypeDef, name: &TypeName| {
        groups.contains(type_.uses[0].group.as_str()) && name.version.as_deref() == version
    };
    emitter.types().filter(|(type_, name)| here(type_, name)).collect()
}

fn group_root(emitter: &Emitter<'_>, group: &str, versions: &Versions<'_>) -> Module {
    let mut items = Vec::new();
    let full = versions.values().flatten().next().map_or("", |(kind, _)| kind.group.as_str());
    if !types_of(emitter, group, None).is_empty() {
        items.push(Item::line("pub mod types").docs("Types that several kinds or versions share."));
    }
    for ((_, version), kinds) in versions {
        let docs = format!("Version `{}` of `{full}`.", kinds[0].0.version);
        items.push(Item::line(format!("pub mod {version}")).docs(docs).cfg(emitter.gate(kinds.iter().copied())));
    }
    let docs = format!("The API group `{full}`.");
    Module { path: Module::path(&[group, "mod.rs"]), docs, items }
}

fn shared_types(emitter: &Emitter<'_>, group: &str, shared: &Types<'_>) -> Vec<Module> {
    // Types of deprecated versions have separate files, so that a whole file with its imports is behind the feature.
    let mut files: BTreeMap<String, Types<'_>> = BTreeMap::new();
    for (type_, name) in shared {
        files.entry(file_of(type_, name)).or_default().push((type_, name));
    }
    let mut modules = Vec::new();
    let mut root = Vec::new();
    for (file, types) in &files {
        root.push(Item::line(format!("mod {file}")).cfg(types_gate(types)));
    }
    for (file, types) in files {
        root.extend(re_export(&file, &types));
        let docs = file_docs(&types);
        let file_path = Module::path(&[group, "types", &format!("{file}.rs")]);
        modules.push(types_file(emitter, file_path, docs, &types, Vec::new(), Uses::default()));
    }
    if !root.is_empty() {
        let docs = "Types that several kinds or versions of this group share.\n\nThe modules of the versions re-export those that they use.".to_owned();
        modules.push(Module { path: Module::path(&[group, "types", "mod.rs"]), docs, items: root });
    }
    modules
}

/// The file of a shared type.
pub(super) fn file_of(type_: &TypeDef, name: &TypeName) -> String {
    if is_deprecated(type_) { format!("{}_deprecated", name.file.trim_start_matches("r#")) } else { name.file.clone() }
}

/// The gate of a file of shared types.
pub(super) fn types_gate(types: &Types<'_>) -> Cfg {
    deprecated_gate(types.iter().all(|(type_, _)| is_deprecated(type_)))
}

/// Whether only deprecated versions use a type.
fn is_deprecated(type_: &TypeDef) -> bool {
    type_.uses.iter().all(|place| place.deprecated)
}

/// `pub use file::{…}`, types that only deprecated versions use behind their feature.
fn re_export(from: &str, types: &Types<'_>) -> Vec<Item> {
    re_export_as(from, types, &str::to_owned)
}

/// The same for items that are named after the types.
pub(super) fn re_export_as(from: &str, types: &Types<'_>, ident: &dyn Fn(&str) -> String) -> Vec<Item> {
    let mut items = Vec::new();
    for deprecated in [false, true] {
        let names = types.iter().filter(|(type_, _)| is_deprecated(type_) == deprecated);
        let names: BTreeSet<String> = names.map(|(_, name)| ident(&name.ident)).collect();
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        if !names.is_empty() {
            items.push(public_use(from, &names).cfg(deprecated_gate(deprecated)));
        }
    }
    items
}

pub(super) fn public_use(from: &str, names: &BTreeSet<&str>) -> Item {
    let names: Vec<&str> = names.iter().copied().collect();
    Item::line(match names.as_slice() {
        [one] => format!("pub use {from}::{one}"),
        several => format!("pub use {from}::{{{}}}", several.join(", ")),
    })
}

fn file_docs(types: &Types<'_>) -> String {
    let outermost = types.iter().min_by_key(|(type_, _)| type_.uses[0].path.len());
    outermost.map_or_else(String::new, |(type_, name)| match docs::summary(&type_.docs.description) {
        summary if summary.is_empty() => format!("`{}`.", name.ident),
        summary => format!("`{}`: {summary}", name.ident),
    })
}

fn version_root(
    emitter: &Emitter<'_>,
    group: &str,
    version: &str,
    kinds: &[(&Kind, &KindName)],
    shared: &Types<'_>,
) -> Module {
    let first = kinds[0].0;
    let mut items = own_kinds(emitter, kinds);
    items.extend(foreign_kinds(emitter, kinds));
    let used = |type_: &TypeDef| type_.uses.iter().any(|place| place.version == first.version);
    let used: Types<'_> = shared.iter().filter(|(type_, _)| used(type_)).copied().collect();
    items.extend(re_export("super::types", &used));
    for (name, value, doc) in [
        ("GROUP", first.group.clone(), "The API group."),
        ("VERSION", first.version.clone(), "The version."),
        ("API_VERSION", format!("{}/{}", first.group, first.version), "The group and version, as in `apiVersion`."),
    ] {
        items.push(Item::line(format!("pub const {name}: &str = {}", super::literal(&value))).docs(doc));
    }
    Module { path: Module::path(&[group, version, "mod.rs"]), docs: version_docs(kinds), items }
}

/// The modules of kinds, and their types.
fn own_kinds(emitter: &Emitter<'_>, kinds: &[(&Kind, &KindName)]) -> Vec<Item> {
    let mut items = Vec::new();
    let foreign = emitter.foreign;
    let ours = || kinds.iter().filter(|(kind, _)| foreign.and_then(|foreign| foreign.get(kind)).is_none());
    for (kind, name) in ours() {
        items.push(Item::line(format!("mod {}", name.file)).cfg(kind_gate(kind, kinds)));
    }
    for (kind, name) in ours() {
        let mut names: BTreeSet<&str> = emitter.types_of(kind).iter().map(|(_, name)| name.ident.as_str()).collect();
        names.extend([name.ident.as_str(), name.list.as_str()]);
        items.push(public_use(&name.file, &names).cfg(kind_gate(kind, kinds)));
    }
    items
}

/// The modules of kinds whose types kopium wrote.
fn foreign_kinds(emitter: &Emitter<'_>, kinds: &[(&Kind, &KindName)]) -> Vec<Item> {
    let mut items = Vec::new();
    for (kind, name) in kinds {
        if let Some(written) = emitter.foreign.and_then(|foreign| foreign.get(kind)) {
            items.extend(foreign::in_version(name, written, kind_gate(kind, kinds).is_some()));
        }
    }
    items
}

fn version_docs(kinds: &[(&Kind, &KindName)]) -> String {
    let first = kinds[0].0;
    let mut docs = format!("Version `{}` of `{}`.\n", first.version, first.group);
    for (kind, name) in kinds {
        let summary = docs::summary(&kind.docs.description);
        let note =
            if kind.deprecated.is_some() && kind_gate(kind, kinds).is_some() { " (feature `deprecated`)" } else { "" };
        docs.push_str(&format!("\n- `{}`{note}{}{summary}", name.ident, if summary.is_empty() { "" } else { ": " }));
    }
    docs
}

/// A deprecated kind is gated in its version, unless the whole version is.
pub(super) fn kind_gate(kind: &Kind, kinds: &[(&Kind, &KindName)]) -> Cfg {
    let all = kinds.iter().all(|(kind, _)| kind.deprecated.is_some());
    deprecated_gate(kind.deprecated.is_some() && !all)
}

fn kind_file<'a>(emitter: &mut Emitter<'a>, kind: &Kind, name: &'a KindName) -> Module {
    let mut uses = Uses::default();
    // In this file alone, the kind shadows every other item of its name.
    emitter.shadowed = [name.ident.as_str(), name.list.as_str()].into();
    let items = kinds::items(emitter, kind, name, &mut uses);
    let summary = docs::summary(&kind.docs.description);
    let docs = if summary.is_empty() { format!("`{}`.", name.ident) } else { format!("`{}`: {summary}", name.ident) };
    let path = Module::path(&[&name.group, &name.version, &format!("{}.rs", name.file)]);
    let file = types_file(emitter, path, docs, emitter.types_of(kind), items, uses);
    emitter.shadowed.clear();
    file
}

/// A file of types: its imports, then these items, then the types in path order.
fn types_file(
    emitter: &Emitter<'_>,
    path: Utf8PathBuf,
    docs: String,
    types: &[(&TypeDef, &TypeName)],
    mut items: Vec<Item>,
    mut uses: Uses,
) -> Module {
    for (type_, name) in types {
        match &type_.shape {
            Shape::Struct(structure) => {
                for derive in structs::serde_derives(structure).iter().filter(|name| !emitter.shadowed.contains(**name))
                {
                    uses.add("serde", derive);
                }
                items.extend(structs::items(emitter, type_, structure, name, &mut uses));
                items.extend(conditions::of_type(emitter, type_, structure, name));
            }
            Shape::Enum(of) => items.extend(enums::items(emitter, type_, of, name)),
        }
    }
    for item in &items {
        if let Body::Macro { name, .. } = item.body {
            uses.add("kube_client_runtime", name);
        }
    }
    let here: BTreeSet<&str> = types.iter().map(|(_, name)| name.ident.as_str()).collect();
    uses.retain("super", |name| !here.contains(name));
    let mut file = uses.items();
    file.extend(items);
    Module { path, docs, items: file }
}
