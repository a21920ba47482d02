//! `crds.rs`: the CRDs inside of the crate.

use std::collections::BTreeMap;

use super::uses::Uses;
use super::{Code, Emitter, Item, Module, both, feature};
use crate::api::Kind;
use crate::name::KindName;

/// The constant of a kind's CRD: `AI_GATEWAY_ROUTES`, prefixed with the group if another group has the same one.
pub(super) fn constant(emitter: &Emitter<'_>, kind: &Kind, name: &KindName) -> String {
    let of = |name: &KindName| name.accessor.trim_start_matches("r#").to_ascii_uppercase();
    let plain = of(name);
    let clash = emitter
        .kinds()
        .any(|(other, named)| (&other.group, &other.kind) != (&kind.group, &kind.kind) && of(named) == plain);
    if !clash {
        return plain;
    }
    format!("{}_{plain}", name.group.trim_start_matches("r#").to_ascii_uppercase())
}

/// The file of a kind's CRD in the emitted crate.
pub(crate) fn file(plural: &str, group: &str) -> String {
    format!("crds/{group}_{plural}.yaml")
}

/// The constants of all CRDs.
pub(super) fn constants<'a>(emitter: &Emitter<'a>) -> BTreeMap<String, &'a Kind> {
    let mut crds = BTreeMap::new();
    for (kind, name) in emitter.kinds() {
        crds.entry(constant(emitter, kind, name)).or_insert(kind);
    }
    crds
}

/// `crds.rs`
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let crds = constants(emitter);
    let mut uses = Uses::default();
    for name in ["CustomResourceDefinition", "crd"] {
        uses.add_if(Some(feature("crds")), "kube_client_runtime", name);
    }
    let mut items = uses.items();
    let install = "kube_client_runtime::install::{InstallError, InstallOptions, Installed, install}";
    let gate = both(Some(feature("crds")), Some(feature("client")));
    items.push(Item::line(format!("pub use {install}")).cfg(gate));
    for (name, kind) in &crds {
        let text = format!("pub const {name}: &str = include_str!(\"../{}\")", file(&kind.plural, &kind.group));
        let docs = format!("The CRD `{}.{}`: a comment line, then JSON.", kind.plural, kind.group);
        items.push(Item::line(text).docs(docs));
    }
    let names: Vec<&str> = crds.keys().map(String::as_str).collect();
    let code = format!("[{}].into_iter().map(crd).collect()", names.join(", "));
    let all = Item::function("pub fn crds", &[], "Vec<CustomResourceDefinition>", Code::Text(code));
    items.push(all.docs("Returns all CRDs, sorted by name.").cfg(Some(feature("crds"))));
    Module { path: "src/crds.rs".into(), docs: "The CRDs that this crate was generated from.".to_owned(), items }
}
