//! Kinds whose types kopium wrote: the file of each, ending with the code that registers the kind.

use super::uses::Uses;
use super::{Body, Emitter, Item, Module, deprecated_gate, docs, kinds};
use crate::api::Kind;
use crate::kopium::KopiumTypes;
use crate::name::KindName;

/// The file of a kind.
pub(super) fn file(emitter: &Emitter<'_>, kind: &Kind, name: &KindName, types: &KopiumTypes) -> Module {
    let summary = docs::summary(&kind.docs.description);
    let colon = if summary.is_empty() { "." } else { ": " };
    let docs = format!("`{}`{colon}{summary}\n\nThe types are kopium's.", name.ident);
    let mut uses = Uses::default();
    uses.add("kube_client_runtime", "custom_kind");
    if !kind.selectable_fields.is_empty() {
        uses.add("kube_client_runtime", "selectable_fields");
    }
    let condition_names = kinds::condition_names(kind, &types.root);
    if condition_names.is_some() {
        uses.add("kube_client_runtime", "condition_names");
    }
    let mut items = uses.items();
    items.extend(types.items.iter().cloned().map(|item| Item::new(Body::Foreign(Box::new(item)))));
    items.push(Item::call("custom_kind", &types.root, kinds::info(emitter, kind, name)));
    items.extend(kinds::selectable_fields(kind, &types.root));
    items.extend(condition_names);
    if kind.status_subresource {
        let of = format!("kube_client_runtime::resource::HasStatusSubresource for {}", types.root);
        items.push(Item::methods(of, Vec::new()));
    }
    let path = Module::path(&[&name.group, &name.version, &format!("{}.rs", name.file)]);
    Module { path, docs, items }
}

/// The module of a kind, its type by the name that it will have when the types are ours, and the list of it.
pub(super) fn in_version(name: &KindName, types: &KopiumTypes, is_deprecated: bool) -> Vec<Item> {
    let gate = deprecated_gate(is_deprecated);
    let (module, root, type_, list) = (&name.file, &types.root, &name.ident, &name.list);
    let rename = if root == type_ { String::new() } else { format!(" as {type_}") };
    let items = [
        Item::line(format!("pub mod {module}"))
            .docs(format!("The types of `{type_}` as kopium writes them."))
            .attribute("allow(missing_docs)"),
        Item::line(format!("pub use {module}::{root}{rename}")),
        Item::line(format!("pub type {list} = kube_client_runtime::List<{type_}>"))
            .docs(format!("A list of `{type_}`, as the API server returns it.")),
    ];
    items.into_iter().map(|item| item.cfg(gate.clone())).collect()
}
