//! The resources of one discovery, and how names select among them.

use kube::core::{GroupVersionKind, GroupVersionResource};

use super::DiscoveredResource;

/// The failure of all groups but the core group, instead of a group version.
pub(super) const ALL_GROUPS: &str = "all groups but the core group";

/// A group version whose resources could not be discovered. Resources that were discovered earlier are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryFailure {
    /// The value of `apiVersion`.
    pub api_version: String,
    /// The error.
    pub message: String,
}

/// The resources of one discovery, in the order of the server's preference.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    pub(super) resources: Vec<DiscoveredResource>,
    pub(super) failures: Vec<DiscoveryFailure>,
}

/// A name with an optional version and group: `deploy`, `deployments.apps` or `deployments.v1.apps`.
struct Argument<'a> {
    name: &'a str,
    version: Option<&'a str>,
    group: Option<&'a str>,
}

impl Argument<'_> {
    fn fits(&self, resource: &DiscoveredResource) -> bool {
        self.version.is_none_or(|version| resource.api_resource.version == version)
            && self.group.is_none_or(|group| resource.api_resource.group == group)
    }

    fn names(&self, resource: &DiscoveredResource) -> bool {
        [&resource.api_resource.plural, &resource.singular, &resource.api_resource.kind]
            .into_iter()
            .any(|name| name.eq_ignore_ascii_case(self.name))
    }

    fn abbreviates(&self, resource: &DiscoveredResource) -> bool {
        resource.short_names.iter().any(|name| name.eq_ignore_ascii_case(self.name))
    }
}

/// Returns the possible meanings of a name: the second part is a version, or a part of the group.
///
/// Source: `k8s.io/apimachinery/pkg/runtime/schema`, `ParseResourceArg`.
fn arguments(text: &str) -> Vec<Argument<'_>> {
    let Some((name, rest)) = text.split_once('.') else {
        return vec![Argument { name: text, version: None, group: None }];
    };
    let mut arguments = Vec::new();
    // The core group is empty: `pods.v1.`.
    arguments.extend(rest.split_once('.').map(|(version, group)| Argument {
        name,
        version: Some(version),
        group: Some(group),
    }));
    arguments.push(Argument { name, version: None, group: Some(rest) });
    arguments
}

impl Snapshot {
    pub(super) fn by_name(&self, text: &str) -> Option<DiscoveredResource> {
        let arguments = arguments(text);
        let find = |is: &dyn Fn(&Argument<'_>, &DiscoveredResource) -> bool| {
            let of = |argument: &Argument<'_>| {
                self.resources.iter().find(|resource| argument.fits(resource) && is(argument, resource))
            };
            arguments.iter().find_map(of)
        };
        // A short name is never preferred to a name.
        let found = find(&|argument, resource| argument.names(resource));
        found.or_else(|| find(&|argument, resource| argument.abbreviates(resource))).cloned()
    }

    pub(super) fn by_kind(&self, gvk: &GroupVersionKind) -> Option<DiscoveredResource> {
        self.resources.iter().find(|resource| resource.gvk() == *gvk).cloned()
    }

    /// Returns the resource of a kind in the preferred version, which is the first one.
    #[cfg(feature = "manifests")]
    pub(super) fn by_group_kind(&self, group: &str, kind: &str) -> Option<DiscoveredResource> {
        let is = |resource: &&DiscoveredResource| {
            (&*resource.api_resource.group, &*resource.api_resource.kind) == (group, kind)
        };
        self.resources.iter().find(is).cloned()
    }

    pub(super) fn by_resource(&self, gvr: &GroupVersionResource) -> Option<DiscoveredResource> {
        self.resources.iter().find(|resource| resource.gvr() == *gvr).cloned()
    }

    /// Returns the resources of a category, each in its preferred version.
    pub(super) fn by_category(&self, category: &str) -> Vec<DiscoveredResource> {
        let mut found: Vec<DiscoveredResource> = Vec::new();
        for resource in &self.resources {
            let api = &resource.api_resource;
            let is_known = |other: &DiscoveredResource| {
                (&other.api_resource.group, &other.api_resource.plural) == (&api.group, &api.plural)
            };
            if resource.categories.iter().any(|other| other == category) && !found.iter().any(is_known) {
                found.push(resource.clone());
            }
        }
        found
    }

    /// Keeps the resources of group versions that failed now and not before.
    pub(super) fn keep_from(&mut self, before: &Snapshot) {
        for resource in &before.resources {
            let failed = |failure: &DiscoveryFailure| {
                failure.api_version == resource.api_resource.api_version
                    || failure.api_version == ALL_GROUPS && !resource.api_resource.group.is_empty()
            };
            if self.failures.iter().any(failed) && self.by_kind(&resource.gvk()).is_none() {
                self.resources.push(resource.clone());
            }
        }
    }
}
