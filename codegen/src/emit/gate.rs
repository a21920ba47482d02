//! The features that an item is compiled for.

use std::collections::BTreeMap;

use super::Emitter;
use crate::api::Kind;
use crate::features;
use crate::name::KindName;

/// The argument of `#[cfg(…)]`; none for an item that is always compiled.
pub(crate) type Cfg = Option<String>;

/// The condition that a feature is enabled.
pub(super) fn feature(name: &str) -> String {
    format!("feature = \"{name}\"")
}

/// The condition that both hold.
pub(super) fn both(one: Cfg, other: Cfg) -> Cfg {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("all({}, {})", terms(&one), terms(&other))),
        (one, other) => one.or(other),
    }
}

/// The conditions that must all hold.
fn terms(condition: &str) -> &str {
    condition.strip_prefix("all(").and_then(|terms| terms.strip_suffix(')')).unwrap_or(condition)
}

impl Emitter<'_> {
    /// When any of these kinds is compiled: the features of their versions, and `deprecated` where all of them are
    /// deprecated.
    pub(super) fn gate<'k>(&self, kinds: impl IntoIterator<Item = (&'k Kind, &'k KindName)>) -> Cfg {
        // By version, whether all of these kinds in it are deprecated.
        let mut versions: BTreeMap<Option<String>, bool> = BTreeMap::new();
        for (kind, name) in kinds {
            let version = (!self.config.all_versions).then(|| features::of_version(&name.group, &kind.version));
            let is_deprecated = kind.deprecated.is_some();
            versions.entry(version).and_modify(|all| *all &= is_deprecated).or_insert(is_deprecated);
        }
        let all_deprecated = versions.values().all(|deprecated| *deprecated);
        let term = |(version, deprecated): (Option<String>, bool)| {
            let gate = deprecated_gate(deprecated && !all_deprecated);
            version.map(|version| both(Some(feature(&version)), gate)).unwrap_or_default()
        };
        let terms: Vec<String> = versions.into_iter().filter_map(term).collect();
        let versions = match terms.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(format!("any({})", many.join(", "))),
        };
        both(versions, deprecated_gate(all_deprecated))
    }
}

/// The gate of an item that only deprecated kinds have, inside the gate of their version.
pub(super) fn deprecated_gate(deprecated: bool) -> Cfg {
    deprecated.then(|| feature("deprecated"))
}
