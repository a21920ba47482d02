//! When an item is compiled: the features that stand before it.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use crate::api::Kind;
use crate::features;
use crate::name::KindName;

impl Emitter<'_> {
    /// The gate of what these kinds need: the features of their versions, and `deprecated` where only deprecated kinds do.
    pub(super) fn gate<'k>(&self, kinds: impl IntoIterator<Item = (&'k Kind, &'k KindName)>) -> Option<TokenStream> {
        self.condition(kinds).map(|condition| quote!(#[cfg(#condition)]))
    }

    /// The same as a condition.
    pub(super) fn condition<'k>(
        &self,
        kinds: impl IntoIterator<Item = (&'k Kind, &'k KindName)>,
    ) -> Option<TokenStream> {
        // Whether of a version only deprecated kinds are wanted.
        let mut versions: BTreeMap<Option<String>, bool> = BTreeMap::new();
        for (kind, name) in kinds {
            let version = (!self.config.all_versions).then(|| features::of_version(&name.group, &kind.version));
            let is_deprecated = kind.deprecated.is_some();
            versions.entry(version).and_modify(|all| *all &= is_deprecated).or_insert(is_deprecated);
        }
        let all_deprecated = versions.values().all(|deprecated| *deprecated);
        let term = |(version, deprecated): (Option<String>, bool)| match version {
            Some(version) if deprecated && !all_deprecated => {
                Some(quote!(all(feature = #version, feature = "deprecated")))
            }
            Some(version) => Some(quote!(feature = #version)),
            None => None,
        };
        let terms: Vec<TokenStream> = versions.into_iter().filter_map(term).collect();
        let versions = match terms.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(quote!(any(#(#many),*))),
        };
        match versions {
            Some(versions) if all_deprecated => Some(quote!(all(#versions, feature = "deprecated"))),
            None if all_deprecated => Some(quote!(feature = "deprecated")),
            versions => versions,
        }
    }
}

/// The gate of what only deprecated kinds have, where the version's own gate stands around it.
pub(super) fn deprecated_gate(deprecated: bool) -> Option<TokenStream> {
    deprecated.then(|| quote!(#[cfg(feature = "deprecated")]))
}
