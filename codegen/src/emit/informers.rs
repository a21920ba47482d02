//! `informers.rs`: the factory, and an accessor for each group, version and kind.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emitter, Item, Module, Versions, deprecated_gate, docs, ident};
use crate::api::Kind;
use crate::name::KindName;
use crate::name::words::pascal;

/// `informers.rs`
pub(super) fn module(emitter: &mut Emitter<'_>) -> Module {
    let mut accessors = Vec::new();
    let mut groups: Vec<Item> = Vec::new();
    for (group, versions) in emitter.groups() {
        accessors.push(group_accessor(emitter, group, &versions));
        groups.extend(of_group(emitter, group, &versions));
    }
    let mut items: Vec<Item> = Vec::new();
    items.extend(emitter.item(
        "informers",
        quote!(
            use kube_client_runtime::informer::{GenericInformer, GenericOf, InformerFactory, NoSuchResource};
        ),
    ));
    let gate = emitter.gate(emitter.kinds());
    items.extend(emitter.item(
        "informers",
        quote!(
            #gate
            use kube_client_runtime::informer::ResourceInformer;
        ),
    ));
    items.extend(emitter.item(
        "informers",
        quote!(
            use kube_client_runtime::kube::core::GroupVersionResource;
        ),
    ));
    items.extend(emitter.item(
        "informers",
        quote! {
            #[doc = " One informer for each kind, started and stopped together."]
            #[doc = ""]
            #[doc = " What it can do besides is [`InformerFactory`]'s."]
            #[derive(Clone, Debug)]
            pub struct SharedInformerFactory { factory: InformerFactory }
        },
    ));
    items.push(Item::Macro {
        name: "kube_client_runtime::informer_factory",
        head: String::new(),
        entries: vec!["SharedInformerFactory".to_owned()],
    });
    let for_resource = for_resource(emitter);
    items.extend(emitter.item("informers", quote!(impl SharedInformerFactory { #(#accessors)* #for_resource })));
    items.extend(groups);
    Module { path: "src/informers.rs".into(), docs: "Informers and listers for every kind.".to_owned(), items }
}

fn group_type(group: &str) -> proc_macro2::Ident {
    ident(&format!("{}Informers", pascal(group)))
}

fn group_accessor(emitter: &Emitter<'_>, group: &str, versions: &Versions<'_>) -> TokenStream {
    let full = versions.values().flatten().next().map_or("", |(kind, _)| kind.group.as_str());
    let gate = emitter.gate(versions.values().flatten().copied());
    let (method, type_, doc) = (ident(group), group_type(group), format!(" Informers for the API group `{full}`."));
    quote! {
        #[doc = #doc]
        #gate
        pub fn #method(&self) -> #type_ { #type_ { factory: self.factory.clone() } }
    }
}

/// The types of a group and of its versions.
fn of_group(emitter: &mut Emitter<'_>, group: &str, versions: &Versions<'_>) -> Vec<Item> {
    let mut methods = Vec::new();
    let mut below = Vec::new();
    for ((_, version), kinds) in versions {
        let first = kinds[0].0;
        let gate = emitter.gate(kinds.iter().copied());
        let all_deprecated = kinds.iter().all(|(kind, _)| kind.deprecated.is_some());
        let type_ = ident(&format!("{}{}Informers", pascal(group), pascal(version)));
        let (method, doc) =
            (ident(version), format!(" Informers for the kinds of `{}/{}`.", first.group, first.version));
        methods.push(quote! {
            #[doc = #doc]
            #gate
            pub fn #method(&self) -> #type_ { #type_ { factory: self.factory.clone() } }
        });
        below.extend(holder(emitter, &type_, &doc, gate.as_ref()));
        let kinds = kinds.iter().map(|(kind, name)| of_kind(group, version, kind, name, !all_deprecated));
        below.extend(emitter.item("informers", quote!(#gate impl #type_ { #(#kinds)* })));
    }
    let gate = emitter.gate(versions.values().flatten().copied());
    let full = versions.values().flatten().next().map_or("", |(kind, _)| kind.group.as_str());
    let type_ = group_type(group);
    let mut items = holder(emitter, &type_, &format!(" Informers for the API group `{full}`."), gate.as_ref());
    items.extend(emitter.item("informers", quote!(#gate impl #type_ { #(#methods)* })));
    items.extend(below);
    items
}

/// A struct that hands out what the factory has.
fn holder(emitter: &mut Emitter<'_>, type_: &proc_macro2::Ident, doc: &str, gate: Option<&TokenStream>) -> Vec<Item> {
    let tokens = quote! {
        #[doc = #doc]
        #gate
        #[derive(Clone, Debug)]
        pub struct #type_ { factory: InformerFactory }
    };
    emitter.item("informers", tokens).into_iter().collect()
}

fn type_of(group: &str, version: &str, name: &KindName) -> TokenStream {
    let (group, version, type_) = (ident(group), ident(version), ident(&name.ident));
    quote!(super::#group::#version::#type_)
}

fn of_kind(group: &str, version: &str, kind: &Kind, name: &KindName, gate: bool) -> TokenStream {
    let gate = deprecated_gate(gate && kind.deprecated.is_some());
    let (method, type_) = (ident(&name.accessor), type_of(group, version, name));
    let summary = docs::summary(&kind.docs.description);
    let summary = if summary.is_empty() { format!("`{}` objects.", kind.kind) } else { summary };
    let docs = docs::attributes(&summary);
    quote! {
        #docs
        #gate
        pub fn #method(&self) -> ResourceInformer<#type_> { ResourceInformer::new(&self.factory) }
    }
}

/// The informer of a resource that is known only at run time.
fn for_resource(emitter: &Emitter<'_>) -> TokenStream {
    let kinds = emitter.kinds().map(|(kind, name)| {
        let gate = emitter.gate([(kind, name)]);
        let type_ = type_of(&name.group, &name.version, name);
        quote!(#gate InformerFactory::generic::<#type_>)
    });
    quote! {
        #[doc = " The informer of a resource."]
        #[doc = ""]
        #[doc = " # Errors"]
        #[doc = " If this crate has no such resource."]
        #[inline]
        pub fn for_resource(&self, resource: &GroupVersionResource) -> Result<GenericInformer, NoSuchResource> {
            let kinds: &[GenericOf] = &[#(#kinds,)*];
            let found = kinds.iter().find_map(|of| of(&self.factory, resource));
            found.ok_or_else(|| NoSuchResource(resource.clone()))
        }
    }
}
