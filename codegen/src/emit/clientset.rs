//! `clientset.rs`: one accessor per group and version, one method per kind.

use std::collections::BTreeSet;

use super::uses::Uses;
use super::{Code, Emitter, Item, Member, Module, deprecated_gate, docs};
use crate::api::Kind;
use crate::name::KindName;
use crate::name::words::pascal;

/// `clientset.rs`
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let mut accessors = Vec::new();
    let mut clients: Vec<Item> = Vec::new();
    for (group, versions) in emitter.groups() {
        for ((_, version), kinds) in &versions {
            let first = kinds[0].0;
            let all_deprecated = kinds.iter().all(|(kind, _)| kind.deprecated.is_some());
            let gate = emitter.gate(kinds.iter().copied());
            let method = format!("{}_{version}", group.trim_start_matches("r#").trim_end_matches('_'));
            let client = format!("{}{}", pascal(group), pascal(version));
            let docs = format!("Clients for the kinds of `{}/{}`.", first.group, first.version);
            accessors.push(holder_accessor(&method, &client, "client").docs(&docs).cfg(gate.clone()));
            clients.push(holder(&client, "client: Client").docs(docs).cfg(gate.clone()));
            let methods = kinds.iter().flat_map(|(kind, name)| methods(group, version, kind, name, !all_deprecated));
            clients.push(Item::methods(client, methods.collect()).cfg(gate));
        }
    }
    let mut items = uses(emitter).items();
    let docs = "Typed clients for every kind of this crate, over one connection.\n\n\
        Cheap to clone. Created by [`Clientset::try_default`] or from a `kube::Client`.";
    items.push(holder("Clientset", "client: Client").docs(docs));
    items.push(Item::call("clientset", "", vec!["Clientset".to_owned()]));
    items.push(Item::methods("Clientset", accessors));
    items.extend(clients);
    Module { path: "src/clientset.rs".into(), docs: "Typed clients for every kind.".to_owned(), items }
}

/// A struct with one private field, a shared handle.
pub(super) fn holder(name: &str, field: &str) -> Item {
    let member = Member { docs: String::new(), serde: String::new(), code: field.to_owned() };
    Item::type_(format!("struct {name}"), vec![member]).attribute("derive(Clone, Debug)")
}

/// The method that returns a holder.
pub(super) fn holder_accessor(method: &str, of: &str, field: &str) -> Item {
    let values = vec![format!("{field}: self.{field}.clone()")];
    let code = Code::Struct { of: of.to_owned(), values, rest: None };
    Item::function(&format!("pub fn {method}"), &["&self"], of, code)
}

/// Imports the modules of the groups, and the scopes of the kinds that are compiled.
fn uses(emitter: &Emitter<'_>) -> Uses {
    let mut uses = Uses::default();
    uses.add("kube_client_runtime::client", "Client");
    uses.add("kube_client_runtime", "clientset");
    let clients = emitter.kinds().map(|(kind, _)| client_of(kind)).chain(["AllNamespaces"]);
    for client in clients.collect::<BTreeSet<_>>() {
        let uses_it = |kind: &Kind| client_of(kind) == client || (client == "AllNamespaces" && kind.namespaced);
        let kinds: Vec<_> = emitter.kinds().filter(|(kind, _)| uses_it(kind)).collect();
        if !kinds.is_empty() {
            uses.add_if(emitter.gate(kinds), "kube_client_runtime::client", client);
        }
    }
    for (group, versions) in emitter.groups() {
        uses.add_if(emitter.gate(versions.values().flatten().copied()), "super", group);
    }
    uses
}

/// The type of a kind's client for single objects.
fn client_of(kind: &Kind) -> &'static str {
    match (kind.namespaced, kind.lost_fields.is_empty()) {
        (true, true) => "Namespaced",
        (true, false) => "LossyNamespaced",
        (false, true) => "Cluster",
        (false, false) => "LossyCluster",
    }
}

/// The sentences on a kind that its accessors repeat.
pub(super) fn summary(kind: &Kind) -> String {
    let summary = docs::summary(&kind.docs.description);
    if summary.is_empty() { format!("`{}` objects.", kind.kind) } else { summary }
}

/// What a client of a version whose updates delete fields requires.
const ALLOW: &str = "The client changes objects only after `allow_field_loss()`.";

fn methods(group: &str, version: &str, kind: &Kind, name: &KindName, gate: bool) -> Vec<Item> {
    let gate = deprecated_gate(gate && kind.deprecated.is_some());
    let type_ = format!("{group}::{version}::{}", name.ident);
    let summary = summary(kind);
    let caution = docs::lost_fields(kind).map_or_else(String::new, |text| format!("\n\n{text} {ALLOW}"));
    let head = format!("pub fn {}", name.accessor);
    let client = format!("{}<{type_}>", client_of(kind));
    let is_lossy = !kind.lost_fields.is_empty();
    let code = |text: &str| Code::Text(format!("self.client.{text}{}", if is_lossy { ".lossy_updates()" } else { "" }));
    if !kind.namespaced {
        let method = Item::function(&head, &["&self"], client, code("cluster()"));
        return vec![method.docs(format!("{summary}{caution}")).cfg(gate)];
    }
    let in_one = Item::function(&head, &["&self", "namespace: &str"], client, code("namespaced(namespace)"))
        .docs(format!("{summary}\n\nObjects in one namespace.{caution}"));
    let head = format!("pub fn {}", name.all_accessor);
    let code = Code::Text("self.client.all_namespaces()".to_owned());
    let in_all = Item::function(&head, &["&self"], format!("AllNamespaces<{type_}>"), code)
        .docs(format!("{summary}\n\nObjects in all namespaces, to list and to watch."));
    vec![in_one.cfg(gate.clone()), in_all.cfg(gate)]
}
