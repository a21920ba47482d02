//! `lib.rs` and `crds.rs`: the crate as a whole, and the CRDs inside it.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emitter, Item, Module, ident};
use crate::api::Kind;
use crate::features;
use crate::name::KindName;

/// The contract between emitted code and runtime that this generator writes for.
const CONTRACT: u32 = 2;

/// `lib.rs`
pub(super) fn module(emitter: &mut Emitter<'_>) -> Module {
    let mut items: Vec<Item> = Vec::new();
    for (module, versions) in emitter.groups() {
        let kinds = || versions.values().flatten().copied();
        let group = kinds().next().map_or("", |(kind, _)| kind.group.as_str());
        let (module, doc, gate) = (ident(module), format!(" The API group `{group}`."), emitter.gate(kinds()));
        items.extend(emitter.item("lib", quote!(#[doc = #doc] #gate pub mod #module;)));
    }
    for tokens in parts(emitter).into_iter().filter(|tokens| !tokens.is_empty()) {
        items.extend(emitter.item("lib", tokens));
    }
    Module { path: "src/lib.rs".into(), docs: docs(emitter), items }
}

/// The modules that every crate has, and what of them stands at its root.
fn parts(emitter: &Emitter<'_>) -> Vec<TokenStream> {
    let contract = proc_macro2::Literal::u32_unsuffixed(CONTRACT);
    let json_schema = if emitter.config.json_schema {
        quote!(
            #[cfg(feature = "schemars")]
            mod json_schema;
        )
    } else {
        TokenStream::new()
    };
    vec![
        quote!(
            #[cfg(feature = "client")]
            #[doc = " Typed clients for all groups."]
            pub mod clientset;
        ),
        quote!(
            #[doc = " The CRDs that this crate was generated from."]
            pub mod crds;
        ),
        quote!(
            #[cfg(feature = "informers")]
            #[doc = " Informers and listers for every kind."]
            pub mod informers;
        ),
        json_schema,
        quote!(
            #[doc = " What kinds there are, and how to read any of them."]
            pub mod scheme;
        ),
        quote!(
            #[cfg(feature = "client")]
            pub use clientset::Clientset;
        ),
        quote!(
            #[cfg(feature = "crds")]
            pub use crds::crds;
        ),
        quote!(
            #[cfg(feature = "informers")]
            pub use informers::SharedInformerFactory;
        ),
        quote!(
            #[doc = " What this crate stands on: clients, field types and what of kube they show."]
            pub use kube_client_runtime as runtime;
        ),
        quote!(
            pub use scheme::scheme;
        ),
        quote!(const _: () = kube_client_runtime::contract(#contract);),
    ]
}

fn docs(emitter: &Emitter<'_>) -> String {
    let package = emitter.config.package.as_deref().unwrap_or("Kubernetes");
    let mut docs = format!("{package}: typed Rust clients for Kubernetes custom resources.\n\n");
    docs.push_str("Generated from CRDs. The features are\n\n");
    docs.push_str(&features::list(&features::of(emitter.config, emitter.kinds())));
    docs.push('\n');
    docs.push_str("| kind | plural | versions |\n|---|---|---|\n");
    let mut kinds: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for (kind, name) in emitter.kinds() {
        let deprecated = if kind.deprecated.is_some() { " (deprecated)" } else { "" };
        kinds.entry((&name.ident, &kind.plural)).or_default().push(format!("`{}`{deprecated}", kind.version));
    }
    for ((kind, plural), versions) in kinds {
        docs.push_str(&format!("| `{kind}` | `{plural}` | {} |\n", versions.join(", ")));
    }
    docs
}

/// The constant of a kind's CRD: `AI_GATEWAY_ROUTES`, with the group before it where another group has the same.
pub(super) fn crd_const(emitter: &Emitter<'_>, kind: &Kind, name: &KindName) -> String {
    let constant = |name: &KindName| name.accessor.trim_start_matches("r#").to_ascii_uppercase();
    let plain = constant(name);
    let clash = emitter
        .kinds()
        .any(|(other, named)| (&other.group, &other.kind) != (&kind.group, &kind.kind) && constant(named) == plain);
    if !clash {
        return plain;
    }
    format!("{}_{plain}", name.group.trim_start_matches("r#").to_ascii_uppercase())
}

/// The file of a kind's CRD in the emitted crate.
pub(crate) fn crd_file(plural: &str, group: &str) -> String {
    format!("crds/{group}_{plural}.yaml")
}

/// `crds.rs`
pub(super) fn crds(emitter: &mut Emitter<'_>) -> Module {
    let mut items = Vec::new();
    let mut crds: BTreeMap<String, &Kind> = BTreeMap::new();
    for (kind, name) in emitter.kinds() {
        crds.entry(crd_const(emitter, kind, name)).or_insert(kind);
    }
    for (name, kind) in &crds {
        let (name, file) = (ident(name), format!("../{}", crd_file(&kind.plural, &kind.group)));
        let doc = format!(" The CRD `{}.{}`: a comment line, then JSON.", kind.plural, kind.group);
        items.extend(emitter.item("crds", quote!(#[doc = #doc] pub const #name: &str = include_str!(#file);)));
    }
    let names = crds.keys().map(|name| ident(name));
    items.extend(emitter.item(
        "crds",
        quote! {
            #[doc = " All CRDs, by name. What they hold is known to be well-formed, so that nothing can fail here."]
            #[cfg(feature = "crds")]
            pub fn crds() -> Vec<kube_client_runtime::CustomResourceDefinition> {
                [#(#names),*].into_iter().map(kube_client_runtime::crd).collect()
            }
        },
    ));
    items.extend(emitter.item(
        "crds",
        quote!(
            #[cfg(all(feature = "crds", feature = "client"))]
            pub use kube_client_runtime::install::{InstallError, InstallOptions, Installed, install};
        ),
    ));
    Module { path: "src/crds.rs".into(), docs: "The CRDs that this crate was generated from.".to_owned(), items }
}
