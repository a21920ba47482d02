//! `lib.rs`: the crate as a whole.

use std::collections::BTreeMap;

use super::{Emitter, Item, Module, feature};
use crate::features;

/// The version of the contract between emitted code and runtime that this generator writes for.
const CONTRACT: u32 = 3;

/// `lib.rs`
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let mut items: Vec<Item> = Vec::new();
    for (module, versions) in emitter.groups() {
        let kinds = || versions.values().flatten().copied();
        let group = kinds().next().map_or("", |(kind, _)| kind.group.as_str());
        let docs = format!("The API group `{group}`.");
        items.push(Item::line(format!("pub mod {module}")).docs(docs).cfg(emitter.gate(kinds())));
    }
    items.extend(parts(emitter));
    Module { path: "src/lib.rs".into(), docs: docs(emitter), items }
}

/// The modules that every crate has, and their items at its root.
fn parts(emitter: &Emitter<'_>) -> Vec<Item> {
    let module = |name: &str, docs: &str, cfg: Option<&str>| {
        Item::line(format!("pub mod {name}")).docs(docs).cfg(cfg.map(feature))
    };
    let reexport = |path: &str, cfg: Option<&str>| Item::line(format!("pub use {path}")).cfg(cfg.map(feature));
    let mut items = vec![
        module(super::apply::MODULE, "Apply configurations of every kind, for server-side apply.", Some("apply")),
        module("clientset", "Typed clients for all groups.", Some("client")),
    ];
    items.extend(
        super::conversions::is_needed(emitter)
            .then(|| Item::line(format!("mod {}", super::conversions::MODULE)).cfg(Some(feature("validate")))),
    );
    items.extend([
        module("crds", "The CRDs that this crate was generated from.", None),
        module("fake", "A clientset over an in-memory API server, for tests.", Some("fake")),
        module("informers", "Informers for every kind.", Some("informers")),
    ]);
    items.extend(emitter.config.json_schema.then(|| Item::line("mod json_schema").cfg(Some(feature("schemars")))));
    items.extend([
        module("listers", "Listers for every kind.", Some("informers")),
        module("scheme", "The kinds of this crate, and how to decode any of them.", None),
        reexport("clientset::Clientset", Some("client")),
        reexport("crds::crds", Some("crds")),
        reexport("informers::SharedInformerFactory", Some("informers")),
        reexport("kube_client_runtime as runtime", None).docs(
            "The library that this crate builds on: clients, field types and the types of kube in their signatures.",
        ),
        reexport("scheme::scheme", None),
        Item::line(format!("const _: () = kube_client_runtime::contract({CONTRACT})")),
    ]);
    items
}

fn docs(emitter: &Emitter<'_>) -> String {
    let package = emitter.config.package.as_deref().unwrap_or("Kubernetes");
    let mut docs = format!("{package}: typed Rust clients for Kubernetes custom resources.\n\n");
    docs.push_str("Generated from CRDs. Features:\n\n");
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
