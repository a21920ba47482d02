//! `informers.rs`: the factory, an accessor for each group, version and kind, and the type of each informer.

use super::aliases::{self, Alias};
use super::clientset::{holder, holder_accessor, summary};
use super::uses::Uses;
use super::{Code, Emitter, Item, Module, Versions, deprecated_gate};
use crate::api::Kind;
use crate::name::KindName;
use crate::name::words::pascal;

const INFORMER: Alias =
    Alias { suffix: "Informer", of: "ResourceInformer", borrows: false, docs: "Watches and caches objects of" };

/// `informers.rs`
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let mut accessors = Vec::new();
    let mut groups: Vec<Item> = Vec::new();
    let mut types: Vec<Item> = Vec::new();
    for (group, versions) in emitter.groups() {
        accessors.push(group_accessor(emitter, group, &versions));
        groups.extend(of_group(emitter, group, &versions));
        types.push(aliases::group(emitter, group, &versions, "Informers", &[INFORMER]));
    }
    let mut uses = Uses::default();
    for name in ["GenericInformer", "GenericInformerFn", "InformerFactory", "UnknownResource"] {
        uses.add("kube_client_runtime::informer", name);
    }
    uses.add_if(emitter.gate(emitter.kinds()), "kube_client_runtime::informer", "ResourceInformer");
    uses.add("kube_client_runtime", "informer_factory");
    uses.add("kube_client_runtime::kube::core", "GroupVersionResource");
    let mut items = uses.items();
    let docs = "One informer for each kind, started and stopped together.\n\nDereferences to [`InformerFactory`].";
    items.push(holder("SharedInformerFactory", "factory: InformerFactory").docs(docs));
    items.push(Item::call("informer_factory", "", vec!["SharedInformerFactory".to_owned()]));
    accessors.push(for_resource(emitter));
    items.push(Item::methods("SharedInformerFactory", accessors));
    items.extend(groups);
    items.extend(types);
    Module { path: "src/informers.rs".into(), docs: "Informers for every kind.".to_owned(), items }
}

fn group_type(group: &str) -> String {
    format!("{}Informers", pascal(group))
}

fn full_name<'a>(versions: &Versions<'a>) -> &'a str {
    versions.values().flatten().next().map_or("", |(kind, _)| kind.group.as_str())
}

fn group_accessor(emitter: &Emitter<'_>, group: &str, versions: &Versions<'_>) -> Item {
    let gate = emitter.gate(versions.values().flatten().copied());
    let docs = format!("Informers for the API group `{}`.", full_name(versions));
    holder_accessor(group, &group_type(group), "factory").docs(docs).cfg(gate)
}

/// The types of a group and of its versions.
fn of_group(emitter: &Emitter<'_>, group: &str, versions: &Versions<'_>) -> Vec<Item> {
    let mut methods = Vec::new();
    let mut inner = Vec::new();
    for ((_, version), kinds) in versions {
        let first = kinds[0].0;
        let gate = emitter.gate(kinds.iter().copied());
        let all_deprecated = kinds.iter().all(|(kind, _)| kind.deprecated.is_some());
        let type_ = format!("{}{}Informers", pascal(group), pascal(version));
        let docs = format!("Informers for the kinds of `{}/{}`.", first.group, first.version);
        methods.push(holder_accessor(version, &type_, "factory").docs(&docs).cfg(gate.clone()));
        inner.push(holder(&type_, "factory: InformerFactory").docs(docs).cfg(gate.clone()));
        let kinds = kinds.iter().map(|(kind, name)| of_kind(group, version, kind, name, !all_deprecated));
        inner.push(Item::methods(type_, kinds.collect()).cfg(gate));
    }
    let gate = emitter.gate(versions.values().flatten().copied());
    let docs = format!("Informers for the API group `{}`.", full_name(versions));
    let mut items = vec![holder(&group_type(group), "factory: InformerFactory").docs(docs).cfg(gate.clone())];
    items.push(Item::methods(group_type(group), methods).cfg(gate));
    items.extend(inner);
    items
}

fn of_kind(group: &str, version: &str, kind: &Kind, name: &KindName, gate: bool) -> Item {
    let returns = format!("{group}::{version}::{}Informer", name.ident);
    let code = Code::Text("ResourceInformer::new(&self.factory)".to_owned());
    let method = Item::function(&format!("pub fn {}", name.accessor), &["&self"], returns, code);
    method.docs(summary(kind)).cfg(deprecated_gate(gate && kind.deprecated.is_some()))
}

/// The informer of a resource that is known only at run time.
fn for_resource(emitter: &Emitter<'_>) -> Item {
    let mut kinds = String::new();
    for (kind, name) in emitter.kinds() {
        if let Some(gate) = emitter.gate([(kind, name)]) {
            kinds.push_str(&format!("#[cfg({gate})] "));
        }
        let type_ = format!("super::{}::{}::{}", name.group, name.version, name.ident);
        kinds.push_str(&format!("InformerFactory::generic::<{type_}>,\n"));
    }
    let code = format!(
        "let kinds: &[GenericInformerFn] = &[\n{kinds}];\n\
        let found = kinds.iter().find_map(|of| of(&self.factory, resource));\n\
        found.ok_or_else(|| UnknownResource(resource.clone()))"
    );
    let parameters = ["&self", "resource: &GroupVersionResource"];
    let returns = "Result<GenericInformer, UnknownResource>";
    let docs = "Returns the informer of a resource.\n\n# Errors\nIf this crate does not have the resource.";
    Item::function("pub fn for_resource", &parameters, returns, Code::Text(code)).docs(docs).attribute("inline")
}
