//! The factory of shared informers.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::ClusterResourceScope;
use kube::Resource;
use kube::core::{ApiResource, DynamicObject, GroupVersionResource, PartialObjectMeta};
use serde::de::DeserializeOwned;

use super::builder::{InformerBuilder, strip_managed_fields};
use super::cache::CompactOptions;
use super::consistent::ConsistentClient;
use super::error::InformerError;
use super::generic::GenericInformer;
use super::informer::Informer;
use super::reflector::OnError;
use super::status::{CacheSyncError, InformerStatus};
use crate::client::{Client, ListOptions};
use crate::resource::{CustomKind, Scope};
use crate::scheme::Object;

/// A factory of shared informers: one for each kind, started and stopped together. Clones are handles to the same factory.
#[derive(Clone)]
pub struct InformerFactory {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    settings: Settings,
    informers: Mutex<BTreeMap<Key, Arc<dyn AnyInformer>>>,
    stopped: Mutex<bool>,
}

/// The key of an informer: its type, and its resource, because kinds may share a type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    resource: String,
    type_: TypeId,
}

/// The settings of all informers of a factory.
struct Settings {
    name: Option<String>,
    namespaces: Vec<String>,
    resync: Duration,
    sync_timeout: Duration,
    options: ListOptions,
    strip_managed_fields: bool,
    compact: Option<CompactOptions>,
    on_error: Option<OnError>,
    by_kind: BTreeMap<TypeId, Box<dyn Any + Send + Sync>>,
}

/// A function that configures the informer of one kind.
type Configure<K> = Box<dyn Fn(InformerBuilder<K>) -> InformerBuilder<K> + Send + Sync>;

/// A builder of an [`InformerFactory`], or of the typed factory of an emitted crate.
pub struct InformerFactoryBuilder<F = InformerFactory> {
    client: Client,
    settings: Settings,
    factory: PhantomData<fn() -> F>,
}

/// An informer of any kind.
pub(super) trait AnyInformer: Send + Sync {
    fn start(&self);
    fn shutdown(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    fn synced(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    fn status(&self) -> InformerStatus;
    fn as_any(&self) -> &dyn Any;
}

impl<K> AnyInformer for Informer<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    fn start(&self) {
        Informer::start(self);
    }

    fn shutdown(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(Informer::shutdown(self))
    }

    fn synced(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async { Informer::synced(self).await.unwrap_or_default() })
    }

    fn status(&self) -> InformerStatus {
        Informer::status(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<F: From<InformerFactory>> InformerFactoryBuilder<F> {
    /// Limits informers of namespaced kinds to one namespace.
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        self.namespaces([namespace])
    }

    /// Limits informers of namespaced kinds to these namespaces, with one watch for each.
    pub fn namespaces<N: Into<String>>(mut self, namespaces: impl IntoIterator<Item = N>) -> Self {
        self.settings.namespaces = namespaces.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the resync period of handlers without their own; zero, the default, disables resyncs.
    pub fn resync(mut self, every: Duration) -> Self {
        self.settings.resync = every;
        self
    }

    /// Sets the timeout of [`InformerFactory::wait_for_cache_sync`]; the default is 2 minutes, as in controller-runtime.
    pub fn sync_timeout(mut self, timeout: Duration) -> Self {
        self.settings.sync_timeout = timeout;
        self
    }

    /// Modifies the options of all lists and watches.
    pub fn list_options(mut self, tweak: impl FnOnce(&mut ListOptions)) -> Self {
        tweak(&mut self.settings.options);
        self
    }

    /// Removes `managedFields` from all objects before they are cached.
    pub fn strip_managed_fields(mut self) -> Self {
        self.settings.strip_managed_fields = true;
        self
    }

    /// Makes all informers compact: they keep objects as JSON and decode them when they are read. See
    /// [`InformerBuilder::compact`].
    pub fn compact(self) -> Self {
        self.compact_with(CompactOptions::default())
    }

    /// [`compact`](Self::compact) with options.
    pub fn compact_with(mut self, options: CompactOptions) -> Self {
        self.settings.compact = Some(options);
        self
    }

    /// Sets the error handler of all informers.
    pub fn on_error(mut self, handler: impl Fn(&InformerError) + Send + Sync + 'static) -> Self {
        self.settings.on_error = Some(Arc::new(handler));
        self
    }

    /// Sets a prefix for the names of informers in metrics and logs.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = Some(name.into());
        self
    }

    /// Configures the informer of one kind: resync, selectors, a transform. Applied after the settings for all kinds.
    pub fn configure<K: Resource + 'static>(
        mut self,
        configure: impl Fn(InformerBuilder<K>) -> InformerBuilder<K> + Send + Sync + 'static,
    ) -> Self {
        let configure: Configure<K> = Box::new(configure);
        self.settings.by_kind.insert(TypeId::of::<K>(), Box::new(configure));
        self
    }

    /// Creates the factory. Its informers start with [`InformerFactory::start`].
    pub fn build(self) -> F {
        let InformerFactoryBuilder { client, settings, .. } = self;
        let shared = Shared { client, settings, informers: Mutex::default(), stopped: Mutex::new(false) };
        F::from(InformerFactory { shared: Arc::new(shared) })
    }

    /// Converts the builder to that of another factory type.
    pub fn typed<T: From<InformerFactory>>(self) -> InformerFactoryBuilder<T> {
        InformerFactoryBuilder { client: self.client, settings: self.settings, factory: PhantomData }
    }
}

impl InformerFactory {
    /// Creates a factory for all namespaces, without resyncs.
    pub fn new(client: impl Into<Client>) -> Self {
        InformerFactory::builder(client).build()
    }

    /// Returns a builder of a factory.
    pub fn builder(client: impl Into<Client>) -> InformerFactoryBuilder {
        let settings = Settings {
            name: None,
            namespaces: Vec::new(),
            resync: Duration::ZERO,
            sync_timeout: Duration::from_secs(120),
            options: ListOptions::default(),
            strip_managed_fields: false,
            compact: None,
            on_error: None,
            by_kind: BTreeMap::new(),
        };
        InformerFactoryBuilder { client: client.into(), settings, factory: PhantomData }
    }

    /// Returns the informer of a kind; the factory creates it once.
    pub fn informer<K>(&self) -> Informer<K>
    where
        K: Resource<DynamicType = (), Scope: 'static> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.get_or_create::<K>((), scope_of::<K>(), false)
    }

    /// Returns a client whose reads from the informer of a kind wait for its writes.
    pub fn consistent<K>(&self) -> ConsistentClient<K>
    where
        K: Resource<DynamicType = (), Scope: 'static> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.informer::<K>().consistent(self.client())
    }

    /// Returns the informer of a kind's metadata.
    pub fn metadata_informer<K>(&self) -> Informer<PartialObjectMeta<K>>
    where
        K: Resource<DynamicType = (), Scope: 'static> + Send + Sync + 'static,
        PartialObjectMeta<K>: Resource<DynamicType = ()> + DeserializeOwned + Clone,
    {
        self.get_or_create::<PartialObjectMeta<K>>((), scope_of::<K>(), true)
    }

    /// Returns the informer of a kind, if `resource` is its resource.
    pub fn generic<K>(&self, resource: &GroupVersionResource) -> Option<GenericInformer>
    where
        K: CustomKind + Resource<Scope: 'static> + Object + DeserializeOwned + Clone + 'static,
    {
        (K::INFO.gvr() == *resource).then(|| self.informer::<K>().into())
    }

    /// Returns the informer of a kind that is known only at run time.
    pub fn dynamic_informer(&self, resource: &ApiResource, scope: Scope) -> Informer<DynamicObject> {
        self.get_or_create::<DynamicObject>(resource.clone(), scope, false)
    }

    fn get_or_create<K>(&self, kind: K::DynamicType, scope: Scope, metadata_only: bool) -> Informer<K>
    where
        K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let resource = format!("{}.{}/{}", K::plural(&kind), K::group(&kind), K::version(&kind));
        let key = Key { resource, type_: TypeId::of::<K>() };
        let mut informers = self.informers();
        let existing = informers.get(&key).and_then(|informer| informer.as_any().downcast_ref::<Informer<K>>());
        if let Some(existing) = existing {
            return existing.clone();
        }
        // Informers of one resource with different types: their metrics must not have the same labels.
        let others = informers.keys().filter(|other| other.resource == key.resource).count();
        let number = (others > 0).then_some(others + 1);
        let informer = self.create::<K>(kind, scope, metadata_only, number);
        informers.insert(key, Arc::new(informer.clone()));
        informer
    }

    fn create<K>(&self, kind: K::DynamicType, scope: Scope, metadata_only: bool, number: Option<usize>) -> Informer<K>
    where
        K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let settings = &self.shared.settings;
        let namespaces: Vec<Option<String>> = match scope {
            Scope::Namespaced if !settings.namespaces.is_empty() => {
                let mut namespaces: Vec<_> = settings.namespaces.iter().cloned().map(Some).collect();
                namespaces.sort();
                namespaces.dedup();
                namespaces
            }
            _ => vec![None],
        };
        let mut builder = InformerBuilder::<K>::new(self.shared.client.transport().clone(), kind, namespaces);
        builder.config.options = settings.options.clone();
        builder.config.prefix.clone_from(&settings.name);
        builder.config.metadata_only = metadata_only;
        builder.config.number = number;
        builder.config.on_error.clone_from(&settings.on_error);
        if settings.strip_managed_fields {
            builder = builder.transform(strip_managed_fields);
        }
        builder.config.compact = settings
            .compact
            .map(|options| if settings.strip_managed_fields { options.without_managed_fields() } else { options });
        builder = builder.resync(settings.resync);
        let configure = settings.by_kind.get(&TypeId::of::<K>());
        if let Some(configure) = configure.and_then(|configure| configure.downcast_ref::<Configure<K>>()) {
            builder = configure(builder);
        }
        builder.build()
    }

    fn informers(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<dyn AnyInformer>>> {
        self.shared.informers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<dyn AnyInformer>> {
        self.informers().values().cloned().collect()
    }

    /// Starts all informers that were created and are not started yet. Call it again after creating more informers. Has no
    /// effect after [`shutdown`](Self::shutdown).
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start(&self) {
        if *self.shared.stopped.lock().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        self.all().iter().for_each(|informer| informer.start());
    }

    /// Stops all informers and waits until all their tasks have ended.
    pub async fn shutdown(&self) {
        *self.shared.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        futures::future::join_all(self.all().iter().map(|informer| informer.shutdown())).await;
    }

    /// Waits until all informers have synced, up to the factory's sync timeout.
    ///
    /// # Errors
    /// Returns the informers that have not synced and the reasons: not started, forbidden, no such kind …
    pub async fn wait_for_cache_sync(&self) -> Result<(), CacheSyncError> {
        self.wait_for_cache_sync_within(self.shared.settings.sync_timeout).await
    }

    /// Waits until all informers have synced, up to a timeout.
    ///
    /// # Errors
    /// Returns the informers that have not synced and the reasons.
    pub async fn wait_for_cache_sync_within(&self, timeout: Duration) -> Result<(), CacheSyncError> {
        let all = self.all();
        let synced = futures::future::join_all(all.iter().map(|informer| informer.synced()));
        // The result is the current status, whether or not the timeout has elapsed.
        let _ = tokio::time::timeout(timeout, synced).await;
        let informers: Vec<_> = all.iter().map(|informer| informer.status()).filter(|status| !status.synced).collect();
        if informers.is_empty() { Ok(()) } else { Err(CacheSyncError { informers }) }
    }

    /// Returns the status of all informers, ordered by resource, for readiness checks and metrics.
    pub fn status(&self) -> Vec<InformerStatus> {
        self.all().iter().map(|informer| informer.status()).collect()
    }

    /// Returns whether all informers are ready.
    pub fn is_ready(&self) -> bool {
        self.status().iter().all(InformerStatus::is_ready)
    }

    /// Returns the underlying client.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }
}

fn scope_of<K: Resource<Scope: 'static>>() -> Scope {
    if TypeId::of::<K::Scope>() == TypeId::of::<ClusterResourceScope>() { Scope::Cluster } else { Scope::Namespaced }
}

impl fmt::Debug for InformerFactory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.status().into_iter().map(|status| status.name).collect();
        out.debug_struct("InformerFactory").field("informers", &names).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for InformerFactoryBuilder<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespaces = &self.settings.namespaces;
        out.debug_struct("InformerFactoryBuilder").field("namespaces", namespaces).finish_non_exhaustive()
    }
}
