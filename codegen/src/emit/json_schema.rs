//! `json_schema.rs`: the place of each type's schema in the CRDs.

use super::crds;
use super::uses::Uses;
use super::{Emitter, Item, Module, literal};
use crate::api::{Kind, Step, Use};
use crate::name::KindName;

/// `json_schema.rs`
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let mut entries = Vec::new();
    for (kind, name) in emitter.kinds() {
        let path = format!("{}::{}::{}", name.group, name.version, name.ident);
        let crd = crds::constant(emitter, kind, name);
        let gate = emitter.gate([(kind, name)]);
        entries.push(entry(gate.as_deref(), &path, "", &crd, &kind.version));
    }
    for (type_, name) in emitter.types() {
        let place = &type_.uses[0];
        let Some((kind, kind_name)) = emitter.kinds().find(|(kind, _)| is_of(place, kind)) else { continue };
        let path = format!("{}::{}", module_of(kind_name, name.version.is_some()), name.ident);
        // A shared type is compiled with any version that uses it; its module, with any version of the group.
        let users = emitter.kinds().filter(|(kind, _)| type_.uses.iter().any(|place| is_of(place, kind)));
        let gate = emitter.gate(users);
        let crd = crds::constant(emitter, kind, kind_name);
        entries.push(entry(gate.as_deref(), &path, &pointer(place), &crd, &place.version));
    }
    let mut uses = Uses::default();
    uses.add("kube_client_runtime", "json_schema");
    let mut items = uses.items();
    items.push(Item::call("json_schema", "super", entries));
    let docs = "`JsonSchema` for every type: the schema in the CRD at the first use of the type.".to_owned();
    Module { path: "src/json_schema.rs".into(), docs, items }
}

fn entry(gate: Option<&str>, path: &str, pointer: &str, crd: &str, version: &str) -> String {
    let gate = gate.map_or_else(String::new, |gate| format!("#[cfg({gate})]\n"));
    format!("{gate}{path} = {} in {crd} {}", literal(pointer), literal(version))
}

fn is_of(place: &Use, kind: &Kind) -> bool {
    (&place.group, &place.version, &place.kind) == (&kind.group, &kind.version, &kind.kind)
}

fn module_of(kind: &KindName, own: bool) -> String {
    if own { format!("{}::{}", kind.group, kind.version) } else { format!("{}::types", kind.group) }
}

/// The place of a schema as a JSON pointer (RFC 6901).
fn pointer(place: &Use) -> String {
    let steps = place.path.iter().map(|step| match step {
        Step::Property(name) => format!("/properties/{}", kube_structural_schema::pointer::escape_token(name)),
        Step::Item => "/items".to_owned(),
        Step::Value => "/additionalProperties".to_owned(),
    });
    steps.collect()
}
