//! The module `applyconfigurations`: the tree of its files, which follows that of the types.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::modules;
use super::uses::Uses;
use super::{Emitter, Item, Module, Types, Versions, apply_fields};
use crate::api::{Kind, Shape, TypeDef};
use crate::name::{KindName, TypeName};

/// The folder and the module.
pub(super) const MODULE: &str = "applyconfigurations";

/// All files.
pub(super) fn all(emitter: &Emitter<'_>) -> Vec<Module> {
    let mut root = Uses::default();
    for name in ["ApplyConfiguration", "Configuration", "DynamicApplyConfiguration", "ObjectConfiguration"] {
        root.add("kube_client_runtime::apply", name);
    }
    let mut items: Vec<Item> = root.items().into_iter().map(public).collect();
    let mut modules = Vec::new();
    for (group, versions) in emitter.groups() {
        let full = versions.values().flatten().next().map_or("", |(kind, _)| kind.group.as_str());
        let gate = emitter.gate(versions.values().flatten().copied());
        items.push(Item::line(format!("pub mod {group}")).docs(format!("The API group `{full}`.")).cfg(gate));
        modules.extend(of_group(emitter, group, full, &versions));
    }
    let docs = "Apply configurations of every kind: the fields that a field manager applies.\n\n\
        The traits have the methods that all of them share."
        .to_owned();
    modules.push(Module { path: file(&["mod.rs"]), docs, items });
    modules
}

/// An import as a re-export.
fn public(item: Item) -> Item {
    match item.body {
        super::Body::Use { path, names } => Item::line(format!("pub use {path}::{{{}}}", names.join(", "))),
        _ => item,
    }
}

fn file(parts: &[&str]) -> Utf8PathBuf {
    let mut all = vec![MODULE];
    all.extend(parts);
    Module::path(&all)
}

/// The types with fields: others have no apply configuration.
fn structs<'a>(types: &[(&'a TypeDef, &'a TypeName)]) -> Types<'a> {
    types.iter().filter(|(type_, _)| matches!(type_.shape, Shape::Struct(_))).copied().collect()
}

fn of_group(emitter: &Emitter<'_>, group: &str, full: &str, versions: &Versions<'_>) -> Vec<Module> {
    let mut items = Vec::new();
    let shared = structs(&modules::types_of(emitter, group, None));
    let mut files = shared_types(emitter, group, &shared);
    if !shared.is_empty() {
        items.push(
            Item::line("pub mod types").docs("Apply configurations of types that several kinds or versions share."),
        );
    }
    for ((_, version), kinds) in versions {
        let docs = format!("Version `{}` of `{full}`.", kinds[0].0.version);
        items.push(Item::line(format!("pub mod {version}")).docs(docs).cfg(emitter.gate(kinds.iter().copied())));
        files.push(version_root(emitter, group, version, kinds, &shared));
        files.extend(kinds.iter().map(|(kind, name)| kind_file(emitter, kind, name)));
    }
    files.push(Module { path: file(&[group, "mod.rs"]), docs: format!("Apply configurations of `{full}`."), items });
    files
}

fn shared_types(emitter: &Emitter<'_>, group: &str, shared: &Types<'_>) -> Vec<Module> {
    let mut files: BTreeMap<String, Types<'_>> = BTreeMap::new();
    for (type_, name) in shared {
        files.entry(modules::file_of(type_, name)).or_default().push((type_, name));
    }
    let mut root = Vec::new();
    for (file, types) in &files {
        root.push(Item::line(format!("mod {file}")).cfg(modules::types_gate(types)));
    }
    for (file, types) in &files {
        root.extend(re_export(file, types));
    }
    let mut modules: Vec<Module> = Vec::new();
    for (name, types) in files {
        let path = file(&[group, "types", &format!("{name}.rs")]);
        modules.push(types_file(emitter, path, (group, "types"), &types, Vec::new(), Uses::default()));
    }
    if !root.is_empty() {
        let docs = "Apply configurations of types that several kinds or versions of this group share.".to_owned();
        modules.push(Module { path: file(&[group, "types", "mod.rs"]), docs, items: root });
    }
    modules
}

/// `pub use file::{…}`, types that only deprecated versions use behind their feature.
fn re_export(from: &str, types: &Types<'_>) -> Vec<Item> {
    modules::re_export_as(from, types, &apply_fields::ident)
}

fn version_root(
    emitter: &Emitter<'_>,
    group: &str,
    version: &str,
    kinds: &[(&Kind, &KindName)],
    shared: &Types<'_>,
) -> Module {
    let first = kinds[0].0;
    // With `use …::v1::*`, the methods of the traits can be called.
    let mut items = vec![Item::line("pub use super::super::{Configuration, ObjectConfiguration}")];
    for (kind, name) in kinds {
        items.push(Item::line(format!("mod {}", name.file)).cfg(modules::kind_gate(kind, kinds)));
    }
    for (kind, name) in kinds {
        let own = structs(emitter.types_of(kind));
        let mut names: BTreeSet<String> = own.iter().map(|(_, name)| apply_fields::ident(&name.ident)).collect();
        names.insert(apply_fields::ident(&name.ident));
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        items.push(modules::public_use(&name.file, &names).cfg(modules::kind_gate(kind, kinds)));
    }
    let used: Types<'_> = shared
        .iter()
        .filter(|(type_, _)| type_.uses.iter().any(|place| place.version == first.version))
        .copied()
        .collect();
    items.extend(re_export("super::types", &used));
    let docs = format!("Apply configurations of `{}/{}`.", first.group, first.version);
    Module { path: file(&[group, version, "mod.rs"]), docs, items }
}

fn kind_file(emitter: &Emitter<'_>, kind: &Kind, name: &KindName) -> Module {
    let mut uses = Uses::default();
    let items = vec![apply_fields::object(emitter, kind, name, &mut uses)];
    let types = structs(emitter.types_of(kind));
    let path = file(&[&name.group, &name.version, &format!("{}.rs", name.file)]);
    types_file(emitter, path, (&name.group, &name.version), &types, items, uses)
}

/// A file: its imports, these items, then the types in path order.
fn types_file(
    emitter: &Emitter<'_>,
    path: Utf8PathBuf,
    (group, module): (&str, &str),
    types: &Types<'_>,
    mut items: Vec<Item>,
    mut uses: Uses,
) -> Module {
    for (type_, name) in types {
        if let Shape::Struct(structure) = &type_.shape {
            items.push(apply_fields::nested(emitter, structure, name, &mut uses));
        }
    }
    for item in &items {
        if let super::Body::Macro { name, .. } = item.body {
            uses.add("kube_client_runtime", name);
        }
    }
    // The module of the types themselves: four levels up, from the file to the root of the crate.
    let alias = format!("{module} as {}", apply_fields::TYPES_ALIAS);
    uses.add(&format!("super::super::super::super::{group}"), &alias);
    let here: BTreeSet<String> = types.iter().map(|(_, name)| apply_fields::ident(&name.ident)).collect();
    uses.retain("super", |name| !here.contains(name));
    let stem = path.file_stem().unwrap_or_default().to_owned();
    let mut all = uses.items();
    all.extend(items);
    Module { path, docs: format!("Apply configurations of the types in `{module}::{stem}`."), items: all }
}
