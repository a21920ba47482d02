//! The builder of a controller.

use std::any::TypeId;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope};
use kube::Resource;
use kube::core::DynamicResourceScope;
use serde::de::DeserializeOwned;

use super::Controller;
use super::finalizer::Finalizing;
use super::metrics::Metrics;
use super::run::{Reconciling, Settings};
use super::source::{Map, Source, Watch};
use crate::client::Client;
use crate::controllers::predicate::Predicate;
use crate::controllers::queue::{ExponentialBackoff, RateLimiter};
use crate::controllers::reconcile::{Outcome, ReconcileError, ReconcileFn, Reconciler};
use crate::informer::{Informer, ObjectKey};
use crate::owners::controller_of_kind;

/// A builder of a [`Controller`].
pub struct ControllerBuilder<K: Resource> {
    informer: Informer<K>,
    predicate: Option<Predicate<K>>,
    sources: Vec<Box<dyn Source>>,
    settings: Settings,
}

impl<K> ControllerBuilder<K>
where
    K: Resource<DynamicType: Clone + Send + Sync, Scope: 'static> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    pub(super) fn new(name: String, informer: Informer<K>) -> Self {
        let settings = Settings {
            name,
            workers: 1,
            fair: false,
            limiter: Box::new(|| Box::new(ExponentialBackoff::default())),
            sync_timeout: Duration::from_secs(120),
            timeout: None,
            grace: Duration::from_secs(30),
        };
        ControllerBuilder { informer, predicate: None, sources: Vec::new(), settings }
    }

    /// Reconciles objects only after events that the predicate passes.
    pub fn predicate(mut self, predicate: Predicate<K>) -> Self {
        self.predicate = Some(predicate);
        self
    }

    /// Reconciles the object that an object of another kind names as its controller in `ownerReferences`, when the other
    /// object changes.
    pub fn owns<W>(self, informer: &Informer<W>) -> Self
    where
        W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.owned(informer, None)
    }

    /// [`owns`](Self::owns) after events that a predicate passes.
    pub fn owns_if<W>(self, informer: &Informer<W>, predicate: Predicate<W>) -> Self
    where
        W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.owned(informer, Some(predicate))
    }

    fn owned<W>(self, informer: &Informer<W>, predicate: Option<Predicate<W>>) -> Self
    where
        W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let kind = self.informer.kind().clone();
        let owners = self.informer.lister();
        let map: Map<W> = Arc::new(move |object, emit| {
            let Some(owner) = controller_of_kind::<K, W>(&**object, &kind) else { return };
            // An owner is in the namespace of its dependents, or cluster-scoped.
            let namespace = object.meta().namespace.as_deref();
            let cluster_scoped = match TypeId::of::<K::Scope>() {
                scope if scope == TypeId::of::<ClusterResourceScope>() => true,
                scope if scope == TypeId::of::<DynamicResourceScope>() => owners.find(None, owner).is_some(),
                _ => false,
            };
            emit(ObjectKey::new(namespace.filter(|_| !cluster_scoped), owner));
        });
        let is_owned = TypeId::of::<K::Scope>() == TypeId::of::<NamespaceResourceScope>();
        self.source("owned", informer, predicate, map, is_owned)
    }

    /// Reconciles the objects that a function returns for an object of another kind, when that object changes.
    pub fn watches<W, I>(self, informer: &Informer<W>, map: impl Fn(&W) -> I + Send + Sync + 'static) -> Self
    where
        W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
        I: IntoIterator<Item = ObjectKey>,
    {
        let map: Map<W> = Arc::new(move |object, emit| map(object).into_iter().for_each(emit));
        self.source("watched", informer, None, map, false)
    }

    /// [`watches`](Self::watches) after events that a predicate passes.
    pub fn watches_if<W, I>(
        self,
        informer: &Informer<W>,
        predicate: Predicate<W>,
        map: impl Fn(&W) -> I + Send + Sync + 'static,
    ) -> Self
    where
        W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
        I: IntoIterator<Item = ObjectKey>,
    {
        let map: Map<W> = Arc::new(move |object, emit| map(object).into_iter().for_each(emit));
        self.source("watched", informer, Some(predicate), map, false)
    }

    /// Reconciles the objects that refer to an object of another kind, when that object changes. `references` returns the keys
    /// of the objects of the other kind to which an object refers; an index of them is added to the informer.
    ///
    /// ```
    /// # use kube_client_runtime::client::Client;
    /// # use kube_client_runtime::controllers::Controller;
    /// # use kube_client_runtime::informer::{InformerFactory, ObjectKey};
    /// # use kube_client_runtime::k8s_openapi::api::core::v1::{Pod, ServiceAccount};
    /// # fn example(informers: InformerFactory) {
    /// let (pods, accounts) = (informers.informer::<Pod>(), informers.informer::<ServiceAccount>());
    /// let builder = Controller::builder("accounts", &pods).watches_references(&accounts, |pod| {
    ///     let account = pod.spec.as_ref()?.service_account_name.as_deref()?;
    ///     Some(ObjectKey::new(pod.metadata.namespace.as_deref(), account))
    /// });
    /// # }
    /// ```
    pub fn watches_references<W, I>(
        self,
        informer: &Informer<W>,
        references: impl Fn(&K) -> I + Send + Sync + 'static,
    ) -> Self
    where
        W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
        I: IntoIterator<Item = ObjectKey>,
    {
        let index = self.informer.add_index(references);
        let lister = self.informer.lister();
        let map: Map<W> = Arc::new(move |object, emit| {
            let referring = lister.by_index(index, &ObjectKey::of(&**object));
            referring.iter().map(|object| ObjectKey::of(&**object)).for_each(emit);
        });
        self.source("referenced", informer, None, map, false)
    }

    fn source<W>(
        mut self,
        relation: &str,
        informer: &Informer<W>,
        predicate: Option<Predicate<W>>,
        map: Map<W>,
        is_owned: bool,
    ) -> Self
    where
        W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let name = format!("{relation} {}", W::kind(informer.kind())).into();
        self.sources.push(Box::new(Watch { informer: informer.clone(), name, predicate, map, is_owned }));
        self
    }

    /// Makes the controller wait until another informer has synced, whose lister the reconciler reads.
    pub fn depends_on<W>(self, informer: &Informer<W>) -> Self
    where
        W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.source("read", informer, None, Arc::new(|_, _| {}), false)
    }

    /// Sets the number of objects that are reconciled at the same time; the default is 1. One object is never reconciled twice
    /// at the same time.
    pub fn workers(mut self, workers: usize) -> Self {
        self.settings.workers = workers.max(1);
        self
    }

    /// Sets the rate limiter that decides how long a failed object waits. The default waits 5 milliseconds after the first
    /// failure of an object, and twice as long after each other one, up to 1000 seconds.
    pub fn rate_limiter<L: RateLimiter<ObjectKey>>(mut self, limiter: impl Fn() -> L + Send + Sync + 'static) -> Self {
        self.settings.limiter = Box::new(move || Box::new(limiter()));
        self
    }

    /// Makes namespaces take turns, so that many changes in one do not delay those in others.
    pub fn fair(mut self) -> Self {
        self.settings.fair = true;
        self
    }

    /// Limits the time for which the informers may take to sync; the default is 2 minutes, as in controller-runtime.
    pub fn sync_timeout(mut self, timeout: Duration) -> Self {
        self.settings.sync_timeout = timeout;
        self
    }

    /// Limits the time of a reconciliation. One that takes longer is dropped and retried. There is no limit by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// Limits the time that running reconciliations have after the controller is asked to stop; the default is 30 seconds, as
    /// in controller-runtime. Those that take longer are dropped.
    pub fn grace_period(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// Creates the controller with an async function and its context.
    ///
    /// The function may return `Result<(), E>` or [`Result<Outcome, E>`](Outcome), where `E` is [`ReconcileError`] or an error
    /// that converts to it.
    pub fn reconcile<F, C, R, O, E>(self, function: F, context: Arc<C>) -> Controller
    where
        C: Send + Sync + 'static,
        F: Fn(Arc<K>, Arc<C>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, E>> + Send + 'static,
        O: Into<Outcome> + Send + 'static,
        E: Into<ReconcileError> + Send + 'static,
    {
        self.reconciler(ReconcileFn { function, context })
    }

    /// Creates the controller with an async function, a second one that cleans up before an object is deleted, and their
    /// context.
    ///
    /// The controller adds a finalizer to each object before it is first reconciled. When the object is being deleted, it calls
    /// `cleanup` until it succeeds without asking to be called again, and then removes the finalizer.
    pub fn reconcile_with_finalizer<F, G, C, R, S, O, E>(
        self,
        client: &Client,
        finalizer: impl Into<String>,
        function: F,
        cleanup: G,
        context: Arc<C>,
    ) -> Controller
    where
        C: Send + Sync + 'static,
        F: Fn(Arc<K>, Arc<C>) -> R + Send + Sync + 'static,
        G: Fn(Arc<K>, Arc<C>) -> S + Send + Sync + 'static,
        R: Future<Output = Result<O, E>> + Send + 'static,
        S: Future<Output = Result<O, E>> + Send + 'static,
        O: Into<Outcome> + Send + 'static,
        E: Into<ReconcileError> + Send + 'static,
    {
        let kind = self.informer.kind().clone();
        let reconcile = ReconcileFn { function, context: Arc::clone(&context) };
        let cleanup = ReconcileFn { function: cleanup, context };
        let finalizer = finalizer.into();
        self.reconciler(Finalizing { client: client.clone(), kind, finalizer, reconcile, cleanup })
    }

    /// Creates the controller with a [`Reconciler`].
    pub fn reconciler(self, reconciler: impl Reconciler<K>) -> Controller {
        let ControllerBuilder { informer, predicate, mut sources, settings } = self;
        let own: Map<K> = Arc::new(|object, emit| emit(ObjectKey::of(&**object)));
        let name = K::kind(informer.kind()).as_ref().into();
        sources.insert(0, Box::new(Watch { informer: informer.clone(), name, predicate, map: own, is_owned: false }));
        let metrics = Metrics::default();
        let inner = Reconciling {
            informer,
            sources,
            settings,
            reconciler,
            metrics,
            queue: Mutex::default(),
            shard: OnceLock::new(),
        };
        Controller { inner: Arc::new(inner) }
    }
}

impl<K: Resource> fmt::Debug for ControllerBuilder<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ControllerBuilder").field("name", &self.settings.name).finish_non_exhaustive()
    }
}
