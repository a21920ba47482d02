//! `listers.rs`: the type of each kind's lister.

use super::aliases::{self, Alias};
use super::{Emitter, Module};

const LISTERS: [Alias; 2] = [
    Alias { suffix: "Lister", of: "Lister", borrows: false, docs: "Lists cached objects of" },
    Alias {
        suffix: "NamespaceLister",
        of: "NamespaceLister",
        borrows: true,
        docs: "Lists cached objects in one namespace of",
    },
];

/// `listers.rs`
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let groups = emitter.groups();
    let items = groups.iter().map(|(group, versions)| aliases::group(emitter, group, versions, "Listers", &LISTERS));
    Module {
        path: "src/listers.rs".into(),
        docs: "The types of the listers, as the informers of this crate return them.".to_owned(),
        items: items.collect(),
    }
}
