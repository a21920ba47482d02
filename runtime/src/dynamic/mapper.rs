//! The mapper of names and kinds to resources.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use kube::core::{DynamicObject, GroupVersionKind, GroupVersionResource};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::discovery::discover;
use super::snapshot::Snapshot;
use super::{DiscoveredResource, DiscoveryFailure, KindError};
use crate::client::{AllNamespaces, Client, Cluster, Error, Namespaced};

/// The shortest time between two discoveries that missing kinds cause.
const INTERVAL: Duration = Duration::from_secs(10);

/// The same after a discovery that failed.
const INTERVAL_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Maps names and kinds to resources, as kubectl does, with cached discovery.
///
/// Discovery runs at the first use, and again when a kind is missing: it may have been installed since. At most one runs at
/// a time, and at most one in ten seconds, however many kinds are missing. Cheap to clone; all clones share the cache.
///
/// Source: `k8s.io/client-go/restmapper`.
#[derive(Clone)]
pub struct RestMapper {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    interval: Duration,
    snapshot: RwLock<Arc<Snapshot>>,
    refresh: Mutex<Refresh>,
}

#[derive(Default)]
struct Refresh {
    /// The number of successful discoveries.
    count: u64,
    /// When a missing kind may cause the next discovery.
    not_before: Option<Instant>,
}

/// A name or kind that cannot be mapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MapperError {
    /// The server does not have it.
    #[error("the server has no resource {name:?}{}", describe(.failures))]
    NotFound {
        /// The name or kind.
        name: String,
        /// Group versions whose discovery failed: they may have it.
        failures: Vec<DiscoveryFailure>,
    },
    /// Discovery failed.
    #[error(transparent)]
    Discovery(Box<Error>),
    /// Discovery failed less than a second ago and was not repeated.
    #[error("discovery failed recently; try again in a second")]
    Throttled,
    /// The kind has another scope.
    #[error(transparent)]
    Kind(#[from] KindError),
}

fn describe(failures: &[DiscoveryFailure]) -> String {
    let failures: Vec<String> =
        failures.iter().map(|failure| format!("{}: {}", failure.api_version, failure.message)).collect();
    if failures.is_empty() { String::new() } else { format!("; discovery is incomplete: {}", failures.join("; ")) }
}

impl RestMapper {
    /// Creates a mapper. No request is sent.
    pub fn new(client: Client) -> Self {
        RestMapper::with_interval(client, INTERVAL)
    }

    /// Creates a mapper with another shortest time between two discoveries.
    pub fn with_interval(client: Client, interval: Duration) -> Self {
        let (snapshot, refresh) = (RwLock::default(), Mutex::default());
        RestMapper { shared: Arc::new(Shared { client, interval, snapshot, refresh }) }
    }

    /// Returns the resource with this plural, singular, short name or kind; case is ignored. It can be qualified by group
    /// (`deployments.apps`), or by version and group (`deployments.v1.apps`). Without them, the server's preferred group and
    /// version are returned.
    ///
    /// # Errors
    /// Returns an error if the server does not have the resource, or if discovery fails.
    pub async fn resolve(&self, name: &str) -> Result<DiscoveredResource, MapperError> {
        self.find(|snapshot| snapshot.by_name(name), || name.to_owned()).await
    }

    /// Returns the resource of a kind.
    ///
    /// # Errors
    /// Returns an error if the server does not have the kind, or if discovery fails.
    pub async fn by_kind(&self, gvk: &GroupVersionKind) -> Result<DiscoveredResource, MapperError> {
        self.find(|snapshot| snapshot.by_kind(gvk), || format!("{}.{}", gvk.kind, gvk.api_version())).await
    }

    /// Returns the resource of a kind in the server's preferred version.
    #[cfg(feature = "manifests")]
    pub(crate) async fn by_group_kind(&self, group: &str, kind: &str) -> Result<DiscoveredResource, MapperError> {
        self.find(|snapshot| snapshot.by_group_kind(group, kind), || format!("{kind}.{group}")).await
    }

    /// Returns the resource with this group, version and plural.
    ///
    /// # Errors
    /// Returns an error if the server does not have the resource, or if discovery fails.
    pub async fn by_resource(&self, gvr: &GroupVersionResource) -> Result<DiscoveredResource, MapperError> {
        let name = || format!("{}.{}.{}", gvr.resource, gvr.version, gvr.group);
        self.find(|snapshot| snapshot.by_resource(gvr), name).await
    }

    /// Returns the resources of a category such as `all`, each in the preferred version of its group.
    ///
    /// # Errors
    /// Returns an error if no resource has the category, or if discovery fails.
    pub async fn by_category(&self, category: &str) -> Result<Vec<DiscoveredResource>, MapperError> {
        let find = |snapshot: &Snapshot| Some(snapshot.by_category(category)).filter(|found| !found.is_empty());
        self.find(find, || category.to_owned()).await
    }

    /// Returns a client for the objects of a kind in one namespace.
    ///
    /// # Errors
    /// Returns an error if the server does not have the kind, if it is cluster-scoped, or if discovery fails.
    pub async fn namespaced(
        &self,
        gvk: &GroupVersionKind,
        namespace: &str,
    ) -> Result<Namespaced<DynamicObject>, MapperError> {
        Ok(self.by_kind(gvk).await?.namespaced(&self.shared.client, namespace)?)
    }

    /// Returns a client for the objects of a cluster-scoped kind.
    ///
    /// # Errors
    /// Returns an error if the server does not have the kind, if it is namespaced, or if discovery fails.
    pub async fn cluster(&self, gvk: &GroupVersionKind) -> Result<Cluster<DynamicObject>, MapperError> {
        Ok(self.by_kind(gvk).await?.cluster(&self.shared.client)?)
    }

    /// Returns a client for all objects of a kind, to list and to watch.
    ///
    /// # Errors
    /// Returns an error if the server does not have the kind, or if discovery fails.
    pub async fn all_namespaces(&self, gvk: &GroupVersionKind) -> Result<AllNamespaces<DynamicObject>, MapperError> {
        Ok(self.by_kind(gvk).await?.all_namespaces(&self.shared.client))
    }

    /// Returns the discovered resources, in the server's order of preference; none before the first discovery.
    pub fn resources(&self) -> Vec<DiscoveredResource> {
        self.snapshot().resources.clone()
    }

    /// Returns the group versions whose last discovery failed.
    pub fn failures(&self) -> Vec<DiscoveryFailure> {
        self.snapshot().failures.clone()
    }

    /// Discovers all resources now.
    ///
    /// # Errors
    /// Returns an error if nothing can be discovered. The resources that are known remain.
    pub async fn refresh(&self) -> Result<(), MapperError> {
        let mut refresh = self.shared.refresh.lock().await;
        self.discover(&mut refresh).await
    }

    async fn find<T>(
        &self,
        find: impl Fn(&Snapshot) -> Option<T>,
        name: impl Fn() -> String,
    ) -> Result<T, MapperError> {
        if let Some(found) = find(&self.snapshot()) {
            return Ok(found);
        }
        let mut refresh = self.shared.refresh.lock().await;
        // Another task may have refreshed meanwhile.
        if let Some(found) = find(&self.snapshot()) {
            return Ok(found);
        }
        let is_allowed = refresh.not_before.is_none_or(|not_before| Instant::now() >= not_before);
        if is_allowed {
            self.discover(&mut refresh).await?;
        } else if refresh.count == 0 {
            return Err(MapperError::Throttled);
        }
        let snapshot = self.snapshot();
        find(&snapshot).ok_or_else(|| MapperError::NotFound { name: name(), failures: snapshot.failures.clone() })
    }

    async fn discover(&self, refresh: &mut Refresh) -> Result<(), MapperError> {
        let discovered = discover(self.shared.client.kube()).await;
        let interval = if discovered.is_ok() { self.shared.interval } else { INTERVAL_AFTER_FAILURE };
        refresh.not_before = Instant::now().checked_add(interval);
        let mut discovered = discovered.map_err(|error| MapperError::Discovery(Box::new(error)))?;
        discovered.keep_from(&self.snapshot());
        *self.shared.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(discovered);
        refresh.count += 1;
        Ok(())
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for RestMapper {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.snapshot();
        out.debug_struct("RestMapper")
            .field("resources", &snapshot.resources.len())
            .field("failures", &snapshot.failures)
            .finish_non_exhaustive()
    }
}
