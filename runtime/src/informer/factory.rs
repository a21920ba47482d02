//! A factory: one informer for each kind, however many ask for it.

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
use super::error::InformerError;
use super::generic::GenericInformer;
use super::informer::Informer;
use super::reflector::OnError;
use super::status::{InformerStatus, NotSynced};
use crate::client::{Client, ListOptions};
use crate::resource::{CustomKind, Scope};
use crate::scheme::Object;

/// Hands out informers, one for each kind, and starts and stops them together. Copies are handles to the same factory.
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

/// Which informer: its type, and what tells apart the kinds of one type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    resource: String,
    type_: TypeId,
}

/// What all informers of a factory have in common.
struct Settings {
    name: Option<String>,
    namespaces: Vec<String>,
    resync: Duration,
    sync_timeout: Duration,
    options: ListOptions,
    strip_managed_fields: bool,
    on_error: Option<OnError>,
    of_kind: BTreeMap<TypeId, Box<dyn Any + Send + Sync>>,
}

/// What is done for one kind.
type Configure<K> = Box<dyn Fn(InformerBuilder<K>) -> InformerBuilder<K> + Send + Sync>;

/// Makes a factory: an [`InformerFactory`], or the typed one of an emitted crate.
pub struct InformerFactoryBuilder<F = InformerFactory> {
    client: Client,
    settings: Settings,
    factory: PhantomData<fn() -> F>,
}

/// An informer, whatever its kind.
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
    /// Objects of one namespace alone; kinds that belong to the cluster are read all the same.
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        self.namespaces([namespace])
    }

    /// Objects of these namespaces alone, a watch for each.
    pub fn namespaces<N: Into<String>>(mut self, namespaces: impl IntoIterator<Item = N>) -> Self {
        self.settings.namespaces = namespaces.into_iter().map(Into::into).collect();
        self
    }

    /// How often handlers are told all objects once more; zero, the default, is never.
    pub fn resync(mut self, every: Duration) -> Self {
        self.settings.resync = every;
        self
    }

    /// How long [`InformerFactory::wait_for_cache_sync`] waits; 2 minutes unless set, as in controller-runtime.
    pub fn sync_timeout(mut self, timeout: Duration) -> Self {
        self.settings.sync_timeout = timeout;
        self
    }

    /// Changes what all lists and watches ask for.
    pub fn list_options(mut self, tweak: impl FnOnce(&mut ListOptions)) -> Self {
        tweak(&mut self.settings.options);
        self
    }

    /// Takes `managedFields` out of all objects before they are cached.
    pub fn strip_managed_fields(mut self) -> Self {
        self.settings.strip_managed_fields = true;
        self
    }

    /// Hears what goes wrong in any informer.
    pub fn on_error(mut self, handler: impl Fn(&InformerError) + Send + Sync + 'static) -> Self {
        self.settings.on_error = Some(Arc::new(handler));
        self
    }

    /// A name that goes before the names of its informers in metrics and logs.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = Some(name.into());
        self
    }

    /// What one kind is to have of its own: resync, selectors, a transform. It goes after what all kinds have.
    pub fn configure<K: Resource + 'static>(
        mut self,
        configure: impl Fn(InformerBuilder<K>) -> InformerBuilder<K> + Send + Sync + 'static,
    ) -> Self {
        let configure: Configure<K> = Box::new(configure);
        self.settings.of_kind.insert(TypeId::of::<K>(), Box::new(configure));
        self
    }

    /// The factory. Nothing happens before [`InformerFactory::start`].
    pub fn build(self) -> F {
        let InformerFactoryBuilder { client, settings, .. } = self;
        let shared = Shared { client, settings, informers: Mutex::default(), stopped: Mutex::new(false) };
        F::from(InformerFactory { shared: Arc::new(shared) })
    }

    /// The same builder for another type of factory.
    pub fn typed<T: From<InformerFactory>>(self) -> InformerFactoryBuilder<T> {
        InformerFactoryBuilder { client: self.client, settings: self.settings, factory: PhantomData }
    }
}

impl InformerFactory {
    /// A factory for all namespaces, without resyncs.
    pub fn new(client: impl Into<Client>) -> Self {
        InformerFactory::builder(client).build()
    }

    /// A factory with settings of its own.
    pub fn builder(client: impl Into<Client>) -> InformerFactoryBuilder {
        let settings = Settings {
            name: None,
            namespaces: Vec::new(),
            resync: Duration::ZERO,
            sync_timeout: Duration::from_secs(120),
            options: ListOptions::default(),
            strip_managed_fields: false,
            on_error: None,
            of_kind: BTreeMap::new(),
        };
        InformerFactoryBuilder { client: client.into(), settings, factory: PhantomData }
    }

    /// The informer of a kind: the same one however often it is asked for.
    pub fn informer<K>(&self) -> Informer<K>
    where
        K: Resource<DynamicType = (), Scope: 'static> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.obtain::<K>((), scope_of::<K>(), false)
    }

    /// The informer of a kind's metadata alone.
    pub fn metadata_informer<K>(&self) -> Informer<PartialObjectMeta<K>>
    where
        K: Resource<DynamicType = (), Scope: 'static> + Send + Sync + 'static,
        PartialObjectMeta<K>: Resource<DynamicType = ()> + DeserializeOwned + Clone,
    {
        self.obtain::<PartialObjectMeta<K>>((), scope_of::<K>(), true)
    }

    /// The informer of a kind, if this is its resource.
    pub fn generic<K>(&self, resource: &GroupVersionResource) -> Option<GenericInformer>
    where
        K: CustomKind + Resource<Scope: 'static> + Object + DeserializeOwned + Clone + 'static,
    {
        (K::INFO.gvr() == *resource).then(|| self.informer::<K>().into())
    }

    /// The informer of a kind that is known only at run time.
    pub fn dynamic_informer(&self, resource: &ApiResource, scope: Scope) -> Informer<DynamicObject> {
        self.obtain::<DynamicObject>(resource.clone(), scope, false)
    }

    fn obtain<K>(&self, kind: K::DynamicType, scope: Scope, metadata_only: bool) -> Informer<K>
    where
        K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let resource = format!("{}.{}/{}", K::plural(&kind), K::group(&kind), K::version(&kind));
        let key = Key { resource, type_: TypeId::of::<K>() };
        let mut informers = self.informers();
        let known = informers.get(&key).and_then(|informer| informer.as_any().downcast_ref::<Informer<K>>());
        if let Some(known) = known {
            return known.clone();
        }
        let informer = self.make::<K>(kind, scope, metadata_only);
        informers.insert(key, Arc::new(informer.clone()));
        informer
    }

    fn make<K>(&self, kind: K::DynamicType, scope: Scope, metadata_only: bool) -> Informer<K>
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
        let mut builder = InformerBuilder::<K>::new(self.shared.client.kube().clone(), kind, namespaces);
        builder.options = settings.options.clone();
        builder.prefix.clone_from(&settings.name);
        builder.metadata_only = metadata_only;
        builder.on_error.clone_from(&settings.on_error);
        if settings.strip_managed_fields {
            builder = builder.transform(strip_managed_fields);
        }
        builder = builder.resync(settings.resync);
        let configure = settings.of_kind.get(&TypeId::of::<K>());
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

    /// Starts all informers that have been asked for and have not been started. Call it again after asking for more.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start(&self) {
        if *self.shared.stopped.lock().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        self.all().iter().for_each(|informer| informer.start());
    }

    /// Stops all informers, and returns when all their tasks have ended. A factory that has been shut down starts nothing.
    pub async fn shutdown(&self) {
        *self.shared.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        futures::future::join_all(self.all().iter().map(|informer| informer.shutdown())).await;
    }

    /// Waits until all informers have synced, at most for the factory's sync timeout.
    ///
    /// # Errors
    /// Which have not, and why: not started, forbidden, no such kind …
    pub async fn wait_for_cache_sync(&self) -> Result<(), NotSynced> {
        self.wait_for_cache_sync_within(self.shared.settings.sync_timeout).await
    }

    /// Waits until all informers have synced, at most for a while.
    ///
    /// # Errors
    /// Which have not, and why.
    pub async fn wait_for_cache_sync_within(&self, timeout: Duration) -> Result<(), NotSynced> {
        let all = self.all();
        let synced = futures::future::join_all(all.iter().map(|informer| informer.synced()));
        // Whether time ran out or not, the answer is what is synced now.
        let _ = tokio::time::timeout(timeout, synced).await;
        let informers: Vec<_> = all.iter().map(|informer| informer.status()).filter(|status| !status.synced).collect();
        if informers.is_empty() { Ok(()) } else { Err(NotSynced { informers }) }
    }

    /// How all informers fare, by resource: for readiness checks, metrics and a look at them.
    pub fn status(&self) -> Vec<InformerStatus> {
        self.all().iter().map(|informer| informer.status()).collect()
    }

    /// Whether all informers are ready.
    pub fn is_ready(&self) -> bool {
        self.status().iter().all(InformerStatus::is_ready)
    }

    /// The client underneath.
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
