//! `clientset.rs`: one accessor per group and version, one method per kind.

use quote::quote;

use super::{Emitter, Item, Module, deprecated_gate, docs, ident};
use crate::api::Kind;
use crate::name::KindName;
use crate::name::words::pascal;

/// `clientset.rs`
pub(super) fn module(emitter: &mut Emitter<'_>) -> Module {
    let mut accessors = Vec::new();
    let mut clients: Vec<Item> = Vec::new();
    for (group, versions) in emitter.groups() {
        for ((_, version), kinds) in &versions {
            let first = kinds[0].0;
            let all_deprecated = kinds.iter().all(|(kind, _)| kind.deprecated.is_some());
            let gate = emitter.gate(kinds.iter().copied());
            let method = ident(&format!("{}_{version}", group.trim_start_matches("r#").trim_end_matches('_')));
            let client = ident(&format!("{}{}", pascal(group), pascal(version)));
            let doc = format!(" Clients for the kinds of `{}/{}`.", first.group, first.version);
            accessors.push(quote! {
                #[doc = #doc]
                #gate
                pub fn #method(&self) -> #client { #client { client: self.client.clone() } }
            });
            clients.extend(emitter.item(
                "clientset",
                quote! {
                    #[doc = #doc]
                    #gate
                    #[derive(Clone, Debug)]
                    pub struct #client { client: Client }
                },
            ));
            let methods: Vec<_> =
                kinds.iter().map(|(kind, name)| methods(group, version, kind, name, !all_deprecated)).collect();
            clients.extend(emitter.item("clientset", quote!(#gate impl #client { #(#methods)* })));
        }
    }
    let mut items = imports(emitter);
    items.extend(emitter.item(
        "clientset",
        quote! {
            #[doc = " Typed clients for every kind of this crate, over one connection."]
            #[doc = ""]
            #[doc = " Cheap to clone. Make it with [`Clientset::try_default`], or from a `kube::Client`."]
            #[derive(Clone, Debug)]
            pub struct Clientset { client: Client }
        },
    ));
    items.push(Item::Macro {
        name: "kube_client_runtime::clientset",
        head: String::new(),
        entries: vec!["Clientset".to_owned()],
    });
    items.extend(emitter.item("clientset", quote!(impl Clientset { #(#accessors)* })));
    items.extend(clients);
    Module { path: "src/clientset.rs".into(), docs: "Typed clients for every kind.".to_owned(), items }
}

/// Imports the scopes that kinds have, each when a kind that has it is compiled.
fn imports(emitter: &mut Emitter<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    items.extend(emitter.item(
        "clientset",
        quote!(
            use kube_client_runtime::client::Client;
        ),
    ));
    for (namespaced, names) in [(true, ["AllNamespaces", "Namespaced"].as_slice()), (false, ["Cluster"].as_slice())] {
        let kinds: Vec<_> = emitter.kinds().filter(|(kind, _)| kind.namespaced == namespaced).collect();
        if !kinds.is_empty() {
            let (gate, names) = (emitter.gate(kinds), names.iter().copied().map(ident));
            items.extend(emitter.item("clientset", quote!(#gate use kube_client_runtime::client::{#(#names),*};)));
        }
    }
    items
}

fn methods(group: &str, version: &str, kind: &Kind, name: &KindName, gate: bool) -> proc_macro2::TokenStream {
    let gate = deprecated_gate(gate && kind.deprecated.is_some());
    let (method, group, version, type_) = (ident(&name.accessor), ident(group), ident(version), ident(&name.ident));
    let type_ = quote!(super::#group::#version::#type_);
    let summary = docs::summary(&kind.docs.description);
    let summary = if summary.is_empty() { format!("`{}` objects.", kind.kind) } else { summary };
    let loses: Vec<String> = kind.loses.iter().map(|path| format!("`{path}`")).collect();
    let caution = if loses.is_empty() {
        String::new()
    } else {
        format!("\n\nAn update through this version deletes what only other versions know: {}.", loses.join(", "))
    };
    if kind.namespaced {
        let all = ident(&name.all_accessor);
        let here = docs::attributes(&format!("{summary}\n\nThose of one namespace.{caution}"));
        let everywhere = docs::attributes(&format!("{summary}\n\nThose of all namespaces, to list and to watch."));
        quote! {
            #here
            #gate
            pub fn #method(&self, namespace: &str) -> Namespaced<#type_> { self.client.namespaced(namespace) }
            #everywhere
            #gate
            pub fn #all(&self) -> AllNamespaces<#type_> { self.client.all_namespaces() }
        }
    } else {
        let docs = docs::attributes(&format!("{summary}{caution}"));
        quote! {
            #docs
            #gate
            pub fn #method(&self) -> Cluster<#type_> { self.client.cluster() }
        }
    }
}
