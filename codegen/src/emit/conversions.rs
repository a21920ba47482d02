//! `conversions.rs`: conversions between the versions of each kind.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::Uses;
use super::{Cfg, Emitter, Item, Module, both};
use crate::api::Kind;
use crate::name::KindName;

/// The module.
pub(super) const MODULE: &str = "conversions";

/// Whether there is a kind with several versions that the runtime can convert.
pub(super) fn is_needed(emitter: &Emitter<'_>) -> bool {
    !pairs(emitter).is_empty()
}

/// `conversions.rs`, if it is needed.
pub(super) fn module(emitter: &Emitter<'_>) -> Option<Module> {
    let pairs = pairs(emitter);
    let gates = pairs.iter().map(|pair| (pair.newer.group.as_str(), pair.gate.clone()));
    let mut by_group: BTreeMap<&str, Vec<Cfg>> = BTreeMap::new();
    gates.for_each(|(group, gate)| by_group.entry(group).or_default().push(gate));
    let mut uses = Uses::default();
    uses.add_if(any(by_group.values().flatten()), "kube_client_runtime::convert", "ConvertTo");
    for (group, gates) in &by_group {
        uses.add_if(any(gates), "super", group);
    }
    let mut items = uses.items();
    for Pair { newer, older, gate } in &pairs {
        let conversion = |from: &KindName, to: &KindName| {
            Item::methods(format!("ConvertTo<{}> for {}", path(to), path(from)), Vec::new()).cfg(gate.clone())
        };
        items.extend([conversion(older, newer), conversion(newer, older)]);
    }
    let docs = "Conversions between the versions of each kind.".to_owned();
    (!pairs.is_empty()).then(|| Module { path: "src/conversions.rs".into(), docs, items })
}

/// Two versions of a kind, and when both are compiled.
struct Pair<'a> {
    newer: &'a KindName,
    older: &'a KindName,
    gate: Cfg,
}

/// All pairs of versions. The runtime cannot convert as a webhook does.
fn pairs<'a>(emitter: &Emitter<'a>) -> Vec<Pair<'a>> {
    let mut kinds: BTreeMap<(&str, &str), Vec<(&Kind, &KindName)>> = BTreeMap::new();
    for (kind, name) in emitter.kinds().filter(|(kind, _)| !kind.conversion_webhook) {
        kinds.entry((&kind.group, &kind.kind)).or_default().push((kind, name));
    }
    let mut pairs = Vec::new();
    for versions in kinds.values() {
        for (index, &(kind, newer)) in versions.iter().enumerate() {
            for &(other, older) in &versions[index + 1..] {
                let gate = both(emitter.gate([(kind, newer)]), emitter.gate([(other, older)]));
                pairs.push(Pair { newer, older, gate });
            }
        }
    }
    pairs
}

fn path(name: &KindName) -> String {
    format!("{}::{}::{}", name.group, name.version, name.ident)
}

/// The condition that one of these holds.
fn any<'g>(gates: impl IntoIterator<Item = &'g Cfg>) -> Cfg {
    let gates: Option<BTreeSet<&str>> = gates.into_iter().map(Option::as_deref).collect();
    let gates: Vec<&str> = gates?.into_iter().collect();
    match gates.as_slice() {
        [one] => Some((*one).to_owned()),
        many => Some(format!("any({})", many.join(", "))),
    }
}
