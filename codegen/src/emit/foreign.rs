//! Kinds whose types another program has written: a file of them, which ends with what connects them with the crate.

use quote::quote;

use super::{Emitter, Item, Module, deprecated_gate, docs, ident, kinds};
use crate::api::Kind;
use crate::kopium::Written;
use crate::name::KindName;

/// The file of a kind.
pub(super) fn file(emitter: &mut Emitter<'_>, kind: &Kind, name: &KindName, written: &Written) -> Module {
    let summary = docs::summary(&kind.docs.description);
    let colon = if summary.is_empty() { "." } else { ": " };
    let docs = format!("`{}`{colon}{summary}\n\nThe types are kopium's.", name.ident);
    let mut items = Vec::new();
    items.extend(emitter.item(
        &name.file,
        quote!(
            use kube_client_runtime::custom_kind;
        ),
    ));
    items.extend(written.items.iter().cloned().map(|item| Item::Rust(Box::new(item))));
    items.push(Item::Macro {
        name: "custom_kind",
        head: written.root.clone(),
        entries: kinds::info(emitter, kind, name),
    });
    if kind.status_subresource {
        let root = ident(&written.root);
        items.extend(
            emitter.item(&name.file, quote!(impl kube_client_runtime::resource::HasStatusSubresource for #root {})),
        );
    }
    let path = super::modules::path(&[&name.group, &name.version, &format!("{}.rs", name.file)]);
    Module { path, docs, items }
}

/// The module of a kind, its type by the name that it will have when the types are ours, and the list of it.
pub(super) fn in_version(
    emitter: &mut Emitter<'_>,
    name: &KindName,
    written: &Written,
    is_deprecated: bool,
) -> Vec<Item> {
    let gate = deprecated_gate(is_deprecated);
    let (module, root) = (ident(&name.file), ident(&written.root));
    let (type_, list) = (ident(&name.ident), ident(&name.list));
    let module_docs = format!(" The types of `{}` as kopium writes them.", name.ident);
    let list_docs = format!(" A list of `{}`, as the API server returns it.", name.ident);
    let path = if root == type_ { quote!(#module::#root) } else { quote!(#module::#root as #type_) };
    let tokens = [
        quote!(#[doc = #module_docs] #gate #[allow(missing_docs)] pub mod #module;),
        quote!(#gate pub use #path;),
        quote!(#[doc = #list_docs] #gate pub type #list = kube_client_runtime::List<#type_>;),
    ];
    tokens.into_iter().filter_map(|tokens| emitter.item(&name.file, tokens)).collect()
}
