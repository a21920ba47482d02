//! The tree of modules: groups, their shared types, their versions, a file per kind.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use quote::quote;

use super::typeref::{Imports, TYPES};
use super::{Emitter, Item, Module, Versions, deprecated_gate, docs, enums, foreign, ident, kinds, structs};
use crate::api::{Kind, Shape, TypeDef};
use crate::name::{KindName, TypeName};

type Types<'a> = Vec<(&'a TypeDef, &'a TypeName)>;

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
fn types_of<'a>(emitter: &Emitter<'a>, group: &str, version: Option<&str>) -> Types<'a> {
    let groups: BTreeSet<&str> =
        emitter.kinds().filter(|(_, name)| name.group == group).map(|(kind, _)| kind.group.as_str()).collect();
    let here = |type_: &TypeDef, name: &TypeName| {
        groups.contains(type_.uses[0].group.as_str()) && name.version.as_deref() == version
    };
    emitter.types().filter(|(type_, name)| here(type_, name)).collect()
}

pub(super) fn path(parts: &[&str]) -> Utf8PathBuf {
    let mut path = Utf8PathBuf::from("src");
    path.extend(parts.iter().map(|part| part.trim_start_matches("r#")));
    path
}

fn group_root(emitter: &mut Emitter<'_>, group: &str, versions: &Versions<'_>) -> Module {
    let mut items = Vec::new();
    let full = versions.values().flatten().next().map_or("", |(kind, _)| kind.group.as_str());
    if !types_of(emitter, group, None).is_empty() {
        items.extend(emitter.item(
            group,
            quote!(
                #[doc = " Types that several kinds or versions share."]
                pub mod types;
            ),
        ));
    }
    for ((_, version), kinds) in versions {
        let gate = emitter.gate(kinds.iter().copied());
        let doc = format!(" Version `{}` of `{full}`.", kinds[0].0.version);
        let module = ident(version);
        items.extend(emitter.item(group, quote!(#[doc = #doc] #gate pub mod #module;)));
    }
    let docs = format!("The API group `{full}`.");
    Module { path: path(&[group, "mod.rs"]), docs, items }
}

fn shared_types(emitter: &mut Emitter<'_>, group: &str, shared: &Types<'_>) -> Vec<Module> {
    // What only deprecated versions use has files of its own, so that a whole file, its imports too, is behind the feature.
    let mut files: BTreeMap<String, Types<'_>> = BTreeMap::new();
    for (type_, name) in shared {
        let file = if is_deprecated(type_) {
            format!("{}_deprecated", name.file.trim_start_matches("r#"))
        } else {
            name.file.clone()
        };
        files.entry(file).or_default().push((type_, name));
    }
    let mut modules = Vec::new();
    let mut root = Vec::new();
    for (file, types) in &files {
        let (gate, module) = (deprecated_gate(types.iter().all(|(type_, _)| is_deprecated(type_))), ident(file));
        root.extend(emitter.item(file, quote!(#gate mod #module;)));
    }
    for (file, types) in files {
        root.extend(re_export(emitter, &file, &types));
        let docs = file_docs(&types);
        let file_path = path(&[group, "types", &format!("{file}.rs")]);
        modules.push(types_file(emitter, file_path, docs, &types, Vec::new(), Imports::default()));
    }
    if !root.is_empty() {
        let docs = "Types that several kinds or versions of this group share.\n\nThe modules of the versions re-export those that they use.".to_owned();
        modules.push(Module { path: path(&[group, "types", "mod.rs"]), docs, items: root });
    }
    modules
}

/// Whether only deprecated versions use a type.
fn is_deprecated(type_: &TypeDef) -> bool {
    type_.uses.iter().all(|place| place.deprecated)
}

/// `pub use file::{…}`, what only deprecated versions use behind their feature.
fn re_export(emitter: &mut Emitter<'_>, from: &str, types: &Types<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for deprecated in [false, true] {
        let names = types.iter().filter(|(type_, _)| is_deprecated(type_) == deprecated);
        let names: BTreeSet<&str> = names.map(|(_, name)| name.ident.as_str()).collect();
        if !names.is_empty() {
            let gate = deprecated_gate(deprecated);
            let names = names.into_iter().map(ident);
            let from: Vec<_> = from.split("::").map(ident).collect();
            items.extend(emitter.item("re-export", quote!(#gate pub use #(#from)::*::{#(#names),*};)));
        }
    }
    items
}

fn file_docs(types: &Types<'_>) -> String {
    let outermost = types.iter().min_by_key(|(type_, _)| type_.uses[0].path.len());
    outermost.map_or_else(String::new, |(type_, name)| match docs::summary(&type_.docs.description) {
        summary if summary.is_empty() => format!("`{}`.", name.ident),
        summary => format!("`{}`: {summary}", name.ident),
    })
}

fn version_root(
    emitter: &mut Emitter<'_>,
    group: &str,
    version: &str,
    kinds: &[(&Kind, &KindName)],
    shared: &Types<'_>,
) -> Module {
    let first = kinds[0].0;
    let mut items = own_kinds(emitter, version, kinds);
    items.extend(foreign_kinds(emitter, kinds));
    let used = |type_: &TypeDef| type_.uses.iter().any(|place| place.version == first.version);
    let used: Types<'_> = shared.iter().filter(|(type_, _)| used(type_)).copied().collect();
    items.extend(re_export(emitter, "super::types", &used));
    for (name, value, doc) in [
        ("GROUP", first.group.clone(), "The API group."),
        ("VERSION", first.version.clone(), "The version."),
        ("API_VERSION", format!("{}/{}", first.group, first.version), "Group and version, as `apiVersion` holds them."),
    ] {
        let (name, doc) = (ident(name), format!(" {doc}"));
        items.extend(emitter.item(version, quote!(#[doc = #doc] pub const #name: &str = #value;)));
    }
    Module { path: path(&[group, version, "mod.rs"]), docs: version_docs(kinds), items }
}

/// The modules of kinds, and their types.
fn own_kinds(emitter: &mut Emitter<'_>, version: &str, kinds: &[(&Kind, &KindName)]) -> Vec<Item> {
    let mut items = Vec::new();
    let foreign = emitter.foreign;
    let ours = || kinds.iter().filter(|(kind, _)| foreign.and_then(|foreign| foreign.get(kind)).is_none());
    for (kind, name) in ours() {
        let gate = kind_gate(kind, kinds);
        let module = ident(&name.file);
        items.extend(emitter.item(version, quote!(#gate mod #module;)));
    }
    for (kind, name) in ours() {
        let gate = kind_gate(kind, kinds);
        let own = kind_types(emitter, kind);
        let mut names: BTreeSet<&str> = own.iter().map(|(_, name)| name.ident.as_str()).collect();
        names.extend([name.ident.as_str(), name.list.as_str()]);
        let (module, names) = (ident(&name.file), names.into_iter().map(ident));
        items.extend(emitter.item(version, quote!(#gate pub use #module::{#(#names),*};)));
    }
    items
}

/// The modules of kinds whose types another program has written.
fn foreign_kinds(emitter: &mut Emitter<'_>, kinds: &[(&Kind, &KindName)]) -> Vec<Item> {
    let mut items = Vec::new();
    for (kind, name) in kinds {
        if let Some(written) = emitter.foreign.and_then(|foreign| foreign.get(kind)) {
            items.extend(foreign::in_version(emitter, name, written, kind_gate(kind, kinds).is_some()));
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
fn kind_gate(kind: &Kind, kinds: &[(&Kind, &KindName)]) -> Option<proc_macro2::TokenStream> {
    let all = kinds.iter().all(|(kind, _)| kind.deprecated.is_some());
    deprecated_gate(kind.deprecated.is_some() && !all)
}

/// The types that only this kind in this version uses.
fn kind_types<'a>(emitter: &Emitter<'a>, kind: &Kind) -> Types<'a> {
    let here = |type_: &TypeDef, name: &TypeName| {
        let first = &type_.uses[0];
        name.version.is_some()
            && (&first.group, &first.version, &first.kind) == (&kind.group, &kind.version, &kind.kind)
    };
    emitter.types().filter(|(type_, name)| here(type_, name)).collect()
}

fn kind_file<'a>(emitter: &mut Emitter<'a>, kind: &Kind, name: &'a KindName) -> Module {
    let mut imports = Imports::default();
    // In this file, and in no other, the kind hides what else has its name.
    emitter.shadowed = [name.ident.as_str(), name.list.as_str()].into();
    let items = kinds::items(emitter, kind, name, &mut imports);
    let types = kind_types(emitter, kind);
    let summary = docs::summary(&kind.docs.description);
    let docs = if summary.is_empty() { format!("`{}`.", name.ident) } else { format!("`{}`: {summary}", name.ident) };
    let path = path(&[&name.group, &name.version, &format!("{}.rs", name.file)]);
    let file = types_file(emitter, path, docs, &types, items, imports);
    emitter.shadowed.clear();
    file
}

/// A file of types: what it imports, then the items given, then the types in path order.
fn types_file(
    emitter: &mut Emitter<'_>,
    path: Utf8PathBuf,
    docs: String,
    types: &Types<'_>,
    mut items: Vec<Item>,
    mut imports: Imports,
) -> Module {
    let mut derives = BTreeSet::new();
    let mut macros: BTreeSet<&'static str> = BTreeSet::new();
    for (type_, name) in types {
        match &type_.shape {
            Shape::Struct(structure) => {
                derives.extend(structs::serde_derives(structure));
                items.extend(structs::items(emitter, type_, structure, name, &mut imports));
            }
            Shape::Enum(of) => items.extend(enums::items(emitter, type_, of, name)),
        }
    }
    for item in &items {
        if let Item::Macro { name, .. } = item {
            macros.insert(name);
        }
    }
    let here: BTreeSet<&str> = types.iter().map(|(_, name)| name.ident.as_str()).collect();
    imports.own.retain(|name| !here.contains(name.as_str()));
    let mut uses = Vec::new();
    derives.retain(|name| !emitter.shadowed.contains(name));
    for (from, names) in [
        (TYPES, imports.runtime.iter().copied().collect::<Vec<_>>()),
        ("kube_client_runtime", macros.into_iter().collect()),
        ("serde", derives.into_iter().collect()),
        ("super", imports.own.iter().map(String::as_str).collect()),
    ] {
        if !names.is_empty() {
            let from: Vec<_> = from.split("::").map(ident).collect();
            let names = names.into_iter().map(ident);
            uses.extend(emitter.item("use", quote!(use #(#from)::*::{#(#names),*};)));
        }
    }
    uses.extend(items);
    Module { path, docs, items: uses }
}
