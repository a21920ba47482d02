//! The client.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use kube::Resource;
use serde::de::DeserializeOwned;

use super::consistency::Consistency;
use super::error::ReadError;
use super::recorder::Recorder;
use crate::client::{AllNamespaces, Client, Cluster, Namespaced};
use crate::informer::cache::{Index, IndexValue, Snapshot};
use crate::informer::informer::Informer;
use crate::selector::Selector;

/// A client for the objects of one kind that reads from an informer and reads its own writes.
///
/// [`namespaced`](Self::namespaced) and [`cluster`](Self::cluster) return ordinary typed clients; all their writes are
/// recorded, also those of [`client`](Self::client) and of clientsets that are created from it. A read waits
///
/// 1. until each write that started before it has ended, whichever task or clone sent it;
/// 2. for a write whose outcome is not known (a timeout, a broken connection, a call that was dropped): until the API server
///    has been asked for the version of the object;
/// 3. until the watch has reported the written versions and the deletions.
///
/// A read in one namespace waits for the writes in that namespace; other reads wait for the writes in all of them. Writes of
/// other programs are not waited for. All consistent clients of one informer share their writes.
///
/// A write that an informer with a selector does not select is reached with the next event or bookmark, which may take a
/// minute; so is a deletion of several objects (`delete_collection`).
///
/// ```
/// use kube_client_runtime::client::Client;
/// use kube_client_runtime::informer::InformerFactory;
/// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
///
/// # async fn example(client: Client, map: ConfigMap) -> Result<(), Box<dyn std::error::Error>> {
/// let factory = InformerFactory::builder(client).namespaces(["shop", "billing"]).build();
/// let maps = factory.consistent::<ConfigMap>();
/// factory.start();
///
/// maps.namespaced("shop").create(&map).await?;
/// let found = maps.get(Some("shop"), "settings").await?;
/// # Ok(())
/// # }
/// ```
pub struct ConsistentClient<K: Resource> {
    pub(super) informer: Informer<K>,
    pub(super) consistency: Arc<Consistency>,
    client: Client,
    pub(super) timeout: Option<Duration>,
}

impl<K: Resource> Clone for ConsistentClient<K> {
    fn clone(&self) -> Self {
        ConsistentClient {
            informer: self.informer.clone(),
            consistency: Arc::clone(&self.consistency),
            client: self.client.clone(),
            timeout: self.timeout,
        }
    }
}

impl<K> Informer<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Returns a client whose reads from this informer wait for its writes.
    ///
    /// The client may be the [`client`](ConsistentClient::client) of a consistent client of another kind: its writes are then
    /// recorded for both.
    pub fn consistent(&self, client: &Client) -> ConsistentClient<K> {
        let shared = &self.shared;
        let scopes = shared.cache.read().scopes.len();
        let consistency = Arc::clone(shared.consistency.get_or_init(|| Arc::new(Consistency::new(scopes))));
        let recorder = Recorder {
            cache: Arc::clone(&shared.cache),
            consistency: Arc::clone(&consistency),
            group: K::group(&shared.kind).into_owned(),
            resource: K::plural(&shared.kind).into_owned(),
        };
        let client = client.observed(Arc::new(recorder));
        ConsistentClient { informer: self.clone(), consistency, client, timeout: None }
    }
}

impl<K> ConsistentClient<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Sets the maximum wait of a read; without one, reads wait until the informer stops.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        ConsistentClient { timeout: Some(timeout), ..self }
    }

    /// Returns a client for any kind; its writes of this kind are recorded. Its reads are those of the API server.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the informer, whose reads do not wait.
    pub fn informer(&self) -> &Informer<K> {
        &self.informer
    }

    /// Returns a client for writes in one namespace.
    pub fn namespaced(&self, namespace: &str) -> Namespaced<K> {
        self.client.namespaced_with(namespace, self.informer.shared.kind.clone())
    }

    /// Returns a client for writes in all namespaces.
    pub fn all_namespaces(&self) -> AllNamespaces<K> {
        self.client.all_namespaces_with(self.informer.shared.kind.clone())
    }

    /// Returns a client for writes of cluster-scoped objects.
    pub fn cluster(&self) -> Cluster<K> {
        self.client.cluster_with(self.informer.shared.kind.clone())
    }

    /// Returns the object of this name, if it exists; the namespace is `None` for cluster-scoped kinds.
    ///
    /// # Errors
    /// As for [`caught_up`](Self::caught_up).
    pub async fn get(&self, namespace: Option<&str>, name: &str) -> Result<Option<Arc<K>>, ReadError> {
        self.caught_up(namespace).await?;
        Ok(self.informer.lister().find(namespace, name))
    }

    /// Returns the objects that match a selector, in one namespace or in all, in no particular order.
    ///
    /// # Errors
    /// As for [`caught_up`](Self::caught_up).
    pub async fn list(&self, namespace: Option<&str>, selector: &Selector) -> Result<Vec<Arc<K>>, ReadError> {
        self.caught_up(namespace).await?;
        let lister = self.informer.lister();
        Ok(namespace.map_or_else(|| lister.list(selector), |namespace| lister.namespace(namespace).list(selector)))
    }

    /// Returns the objects with a value in an index, in all namespaces, in no particular order.
    ///
    /// # Errors
    /// As for [`caught_up`](Self::caught_up).
    pub async fn by_index<V, Q>(&self, index: Index<K, V>, value: &Q) -> Result<Vec<Arc<K>>, ReadError>
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.caught_up(None).await?;
        Ok(self.informer.lister().by_index(index, value))
    }

    /// Returns a snapshot that contains the writes in all namespaces.
    ///
    /// # Errors
    /// As for [`caught_up`](Self::caught_up).
    pub async fn snapshot(&self) -> Result<Snapshot<K>, ReadError> {
        self.caught_up(None).await?;
        Ok(self.informer.snapshot())
    }
}

impl<K: Resource> fmt::Debug for ConsistentClient<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ConsistentClient")
            .field("informer", &self.informer)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
