//! The resources of the API.

use super::Release;
use super::lines::Block;

/// A resource, as discovery describes it.
pub(crate) struct Resource {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) namespaced: bool,
    pub(crate) verbs: Vec<&'static str>,
    pub(crate) short_names: Vec<&'static str>,
    pub(crate) categories: Vec<&'static str>,
    pub(crate) storage_version_hash: &'static str,
    pub(crate) subresources: Vec<Subresource>,
}

/// A subresource.
pub(crate) struct Subresource {
    pub(crate) name: &'static str,
    pub(crate) verbs: Vec<&'static str>,
    /// The group, version and kind of its objects.
    pub(crate) kind: [&'static str; 3],
}

impl Resource {
    /// Reads a block; `None` if it is malformed.
    pub(super) fn read(words: &[&'static str], block: &Block, release: Release) -> Option<Resource> {
        let [group, version, plural, kind, singular, scope, verbs, attributes @ ..] = words else { return None };
        let attribute = |name: &str| {
            let mut values = attributes.iter().filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            values.next().unwrap_or_default()
        };
        let list = |text: &'static str| text.split(',').filter(|item| !item.is_empty()).collect();
        Some(Resource {
            group: no_dash(group),
            version,
            plural,
            kind,
            singular,
            namespaced: *scope == "Namespaced",
            verbs: list(verbs),
            short_names: list(attribute("short")),
            categories: list(attribute("categories")),
            storage_version_hash: attribute("hash"),
            subresources: block.lines(release).filter_map(Subresource::read).collect(),
        })
    }
}

impl Subresource {
    fn read(line: &'static str) -> Option<Subresource> {
        let mut words = line.split(' ');
        let (name, verbs, kind) = (words.next()?, words.next()?, words.next()?);
        let mut parts = kind.split('/');
        let (group, version, kind) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Subresource { name, verbs: verbs.split(',').collect(), kind: [no_dash(group), version, kind] })
    }
}

/// The core group is a dash in the data.
fn no_dash(group: &'static str) -> &'static str {
    if group == "-" { "" } else { group }
}
