//! Requests of discovery.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api>

use futures::StreamExt;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{APIResource, APIResourceList};
use kube::core::discovery::v2::{APIGroupDiscovery, APIResourceDiscovery, APIVersionDiscovery};
use kube::core::{ApiResource, GroupVersionKind};

use super::DiscoveredResource;
use super::snapshot::{ALL_GROUPS, DiscoveryFailure, Snapshot};
use crate::client::Error;
use crate::resource::Scope;

/// The only version of the core group.
const CORE: &str = "v1";

/// The number of requests at the same time to servers without aggregated discovery.
const CONCURRENCY: usize = 8;

/// Discovers all resources. A group that fails is recorded.
///
/// # Errors
/// Returns an error if nothing can be discovered.
pub(super) async fn discover(kube: &kube::Client) -> Result<Snapshot, Error> {
    let core = kube.list_core_api_versions_aggregated().await;
    let groups = kube.list_api_groups_aggregated().await;
    let (core, groups) = match (core, groups) {
        (Err(error), Err(_)) => return Err(Error::discovery("all groups", error)),
        other => other,
    };
    let mut snapshot = Snapshot::default();
    for (api_version, list) in [(CORE, core), (ALL_GROUPS, groups)] {
        match list {
            // A server without aggregated discovery ignores the media type: its answer has no items.
            Ok(list) if list.items.is_empty() => legacy(kube, api_version == CORE, &mut snapshot).await,
            Ok(list) => list.items.iter().for_each(|group| add_group(group, &mut snapshot)),
            Err(error) => fail(api_version, &error, &mut snapshot),
        }
    }
    Ok(snapshot)
}

fn fail(api_version: &str, error: &kube::Error, snapshot: &mut Snapshot) {
    snapshot.failures.push(DiscoveryFailure { api_version: api_version.to_owned(), message: error.to_string() });
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn add_group(group: &APIGroupDiscovery, snapshot: &mut Snapshot) {
    let name = group.metadata.as_ref().and_then(|metadata| metadata.name.as_deref()).unwrap_or_default();
    for version in &group.versions {
        let APIVersionDiscovery { version, resources, freshness } = version;
        let version = version.as_deref().unwrap_or_default();
        if freshness.as_deref() == Some("Stale") {
            let message = "the server that serves this group version is not available".to_owned();
            snapshot.failures.push(DiscoveryFailure { api_version: api_version(name, version), message });
        }
        snapshot.resources.extend(resources.iter().filter_map(|resource| aggregated(name, version, resource)));
    }
}

fn aggregated(group: &str, version: &str, resource: &APIResourceDiscovery) -> Option<DiscoveredResource> {
    let kind = resource.response_kind.as_ref()?.kind.as_deref().filter(|kind| !kind.is_empty())?;
    let gvk = GroupVersionKind::gvk(group, version, kind);
    let subresources = resource.subresources.iter().filter_map(|subresource| subresource.subresource.clone());
    Some(DiscoveredResource {
        api_resource: ApiResource::from_gvk_with_plural(&gvk, resource.resource.as_deref()?),
        scope: if resource.scope.as_deref() == Some("Namespaced") { Scope::Namespaced } else { Scope::Cluster },
        singular: resource.singular_resource.clone().unwrap_or_default(),
        short_names: resource.short_names.clone(),
        categories: resource.categories.clone(),
        verbs: resource.verbs.clone(),
        subresources: subresources.collect(),
    })
}

/// Asks for each group version, as all servers support it.
async fn legacy(kube: &kube::Client, is_core: bool, snapshot: &mut Snapshot) {
    let versions = if is_core {
        kube.list_core_api_versions().await.map(|versions| versions.versions)
    } else {
        let versions = |list: k8s_openapi::apimachinery::pkg::apis::meta::v1::APIGroupList| {
            // The preferred version of a group is the first one.
            list.groups.into_iter().flat_map(|group| {
                let preferred = group.preferred_version.map(|version| version.group_version);
                let others = group.versions.into_iter().map(|version| version.group_version);
                let others: Vec<String> = others.filter(|version| Some(version) != preferred.as_ref()).collect();
                preferred.into_iter().chain(others)
            })
        };
        kube.list_api_groups().await.map(|list| versions(list).collect())
    };
    let versions = match versions {
        Ok(versions) => versions,
        Err(error) => return fail(if is_core { CORE } else { ALL_GROUPS }, &error, snapshot),
    };
    let requests = versions.into_iter().map(|version| async move {
        let list = if is_core {
            kube.list_core_api_resources(&version).await
        } else {
            kube.list_api_group_resources(&version).await
        };
        (version, list)
    });
    let mut answers = futures::stream::iter(requests).buffered(CONCURRENCY);
    while let Some((version, answer)) = answers.next().await {
        match answer {
            Ok(list) => snapshot.resources.extend(listed(&version, &list)),
            Err(error) => fail(&version, &error, snapshot),
        }
    }
}

fn listed<'l>(api_version: &'l str, list: &'l APIResourceList) -> impl Iterator<Item = DiscoveredResource> + 'l {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let subresources = move |plural: &str| {
        let of = |resource: &APIResource| {
            let (parent, name) = resource.name.split_once('/')?;
            (parent == plural).then(|| name.to_owned())
        };
        list.resources.iter().filter_map(of).collect()
    };
    list.resources.iter().filter(|resource| !resource.name.contains('/')).map(move |resource| DiscoveredResource {
        api_resource: ApiResource::from_gvk_with_plural(
            &GroupVersionKind::gvk(group, version, &resource.kind),
            &resource.name,
        ),
        scope: if resource.namespaced { Scope::Namespaced } else { Scope::Cluster },
        singular: resource.singular_name.clone(),
        short_names: resource.short_names.clone().unwrap_or_default(),
        categories: resource.categories.clone().unwrap_or_default(),
        verbs: resource.verbs.clone(),
        subresources: subresources(&resource.name),
    })
}
