//! Modules of groups.

use std::collections::{BTreeMap, BTreeSet};

use super::ident;
use crate::api::Api;
use crate::config::Config;
use crate::lock::Lock;

/// Each group's module: its first label, more labels where groups clash; published ones stay.
pub(super) fn groups(api: &Api, config: &Config, lock: &Lock) -> BTreeMap<String, String> {
    let all: BTreeSet<&String> = api.kinds.iter().map(|kind| &kind.group).collect();
    let published = |group: &String| {
        api.kinds
            .iter()
            .filter(|kind| kind.group == *group)
            .find_map(|kind| lock.kind(group, &kind.kind))
            .map(|kind| kind.module.clone())
    };
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for group in &all {
        if let Some(module) = config.groups.get(*group).cloned().or_else(|| published(group)) {
            modules.insert((*group).clone(), module);
        }
    }
    for group in all {
        if modules.contains_key(group) {
            continue;
        }
        let labels: Vec<&str> = group.split('.').collect();
        let rungs = (1..=labels.len()).map(|count| group_module(&labels[..count]));
        let given: BTreeSet<String> =
            modules.iter().flat_map(|(group, module)| accessors(api, group, module)).collect();
        let clash = |module: &String| {
            let taken = modules.values().any(|other| other == module) || RESERVED.contains(&module.as_str());
            taken || accessors(api, group, module).any(|accessor| given.contains(&accessor))
        };
        let module = rungs
            .into_iter()
            .find(|module| !clash(module))
            .unwrap_or_else(|| format!("{}_group", group_module(&labels)));
        modules.insert(group.clone(), module);
    }
    modules
}

/// The normalized name of a group's accessor, without case and underscores: `a` with `b-c` and `a-b` with
/// `c` would be one.
fn accessors(api: &Api, group: &str, module: &str) -> impl Iterator<Item = String> {
    let versions = api.kinds.iter().filter(move |kind| kind.group == group).map(|kind| &kind.version);
    versions.map(move |version| {
        let letters = module.chars().chain(version.chars()).filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect()
    })
}

fn group_module(labels: &[&str]) -> String {
    ident::legal(
        labels.iter().flat_map(|label| label.split('-')).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_"),
    )
}

/// Modules that every emitted crate has, and names that cargo or its code use.
pub(super) const RESERVED: [&str; 13] = [
    "bin",
    "clientset",
    "crds",
    "fake",
    "informers",
    "json_schema",
    "kube_client_runtime",
    "kube_fake_apiserver",
    "lib",
    "listers",
    "main",
    "runtime",
    "scheme",
];
