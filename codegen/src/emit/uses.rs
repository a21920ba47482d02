//! The imports of a file.

use std::collections::{BTreeMap, BTreeSet};

use super::{Body, Cfg, Item};

/// Names by the path that they are imported from, and the condition.
#[derive(Default)]
pub(super) struct Uses {
    names: BTreeMap<String, BTreeMap<Cfg, BTreeSet<String>>>,
}

impl Uses {
    /// Imports a name wherever the file is compiled.
    pub(super) fn add(&mut self, path: &str, name: &str) {
        self.add_if(None, path, name);
    }

    /// Imports a name under a condition.
    pub(super) fn add_if(&mut self, cfg: Cfg, path: &str, name: &str) {
        // Most names are added often.
        if let Some(names) = self.names.get_mut(path).and_then(|names| names.get_mut(&cfg)) {
            if !names.contains(name) {
                names.insert(name.to_owned());
            }
            return;
        }
        self.names.entry(path.to_owned()).or_default().entry(cfg).or_default().insert(name.to_owned());
    }

    /// Drops the names that the file defines itself.
    pub(super) fn retain(&mut self, path: &str, is_kept: impl Fn(&str) -> bool) {
        let names = self.names.get_mut(path).into_iter().flat_map(BTreeMap::values_mut);
        names.for_each(|names| names.retain(|name| is_kept(name)));
    }

    /// One `use` for each path, in the order of rustfmt.
    pub(super) fn items(self) -> Vec<Item> {
        let mut items: Vec<(String, Item)> = Vec::new();
        let names = self
            .names
            .into_iter()
            .flat_map(|(path, names)| names.into_iter().map(move |(cfg, names)| (path.clone(), cfg, names)));
        for (path, cfg, names) in names {
            let mut names: Vec<String> = names.into_iter().collect();
            names.sort_by_key(|name| name != "self");
            let sorts_as = match names.as_slice() {
                [] => continue,
                [one] if one != "self" => format!("{path}::{one}"),
                _ => format!("{path}::{{"),
            };
            items.push((sorts_as, Item::new(Body::Use { path, names }).cfg(cfg)));
        }
        items.sort_by(|(one, _), (other, _)| one.cmp(other));
        items.into_iter().map(|(_, item)| item).collect()
    }
}
