//! An informer as the source of kube's controller.

use std::any::Any;
use std::fmt::Debug;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, try_join_all};
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt, TryFutureExt};
use kube::Resource;
use kube::runtime::controller::{Action, Config, Error};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::reflector::store::{Store, Writer};
use kube::runtime::watcher;
use serde::de::DeserializeOwned;

use super::event::{Event, ObjectKey};
use super::handler::{AddHandlerError, Events, HandlerOptions, Queue};
use super::informer::Informer;
use super::panics::Panicked;
use super::status::CacheSyncError;

/// The delay after which an object is reconciled again after a panic, if it does not change before.
const PANIC_REQUEUE: Duration = Duration::from_secs(60);

/// The input of kube's controller: a trigger for each applied object, and a store of the objects.
///
/// kube's store contains a copy of each object, which doubles the memory of the objects. Owned and watched kinds need no
/// store; their triggers copy nothing.
pub struct ControllerFeed<K: Resource + 'static>
where
    K::DynamicType: Eq + Hash + Clone,
{
    /// kube's store of the objects; it is updated while the triggers are polled.
    pub store: Store<K>,
    /// Each added or updated object, once the store contains it.
    pub triggers: BoxStream<'static, Arc<K>>,
    kind: K::DynamicType,
    dependencies: Vec<BoxFuture<'static, Result<(), CacheSyncError>>>,
    panics: PanicRecorder<K>,
}

/// An error of a reconciliation.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError<E: std::error::Error + 'static> {
    /// The reconciler returned an error.
    #[error(transparent)]
    Failed(E),
    /// The reconciler panicked with this message.
    #[error("the reconciler panicked: {0}")]
    Panicked(String),
}

/// The recorder of panicked reconciliations.
struct PanicRecorder<K> {
    queue: Arc<Queue<K>>,
    panicked: Arc<Panicked>,
}

impl<K> Informer<K>
where
    K: Resource<DynamicType: Clone + Debug + Eq + Hash + Send + Sync + Unpin>
        + DeserializeOwned
        + Clone
        + Send
        + Sync
        + 'static,
{
    /// Returns the input of kube's controller, for `Controller::for_shared_stream(feed.triggers, feed.store)` or
    /// [`ControllerFeed::run`].
    ///
    /// # Errors
    /// Returns an error if the informer has stopped, or outside of a tokio runtime.
    pub fn controller_feed(&self, options: HandlerOptions) -> Result<ControllerFeed<K>, AddHandlerError> {
        let mut writer = Writer::new(self.shared.kind.clone());
        let store = writer.as_reader();
        writer.apply_watcher_event(&watcher::Event::Init);
        let events = self.events(options)?;
        let panics = PanicRecorder { queue: Arc::clone(events.queue()), panicked: self.shared.controllers.add() };
        let updater = StoreUpdater { events, writer, ready: false };
        let triggers = futures::stream::unfold(updater, |mut updater| async move {
            let object = updater.next().await?;
            Some((object, updater))
        });
        let kind = self.shared.kind.clone();
        Ok(ControllerFeed { store, triggers: triggers.boxed(), kind, dependencies: Vec::new(), panics })
    }
}

/// Applies the events of an informer to kube's store.
struct StoreUpdater<K: Resource + Clone + Send + Sync + 'static>
where
    K::DynamicType: Eq + Hash + Clone,
{
    events: Events<K>,
    writer: Writer<K>,
    ready: bool,
}

impl<K> StoreUpdater<K>
where
    K: Resource<DynamicType: Clone + Debug + Eq + Hash + Send + Sync> + Clone + Send + Sync + 'static,
{
    /// Returns the next added or updated object, once the store contains it.
    async fn next(&mut self) -> Option<Arc<K>> {
        loop {
            let registration = self.events.registration();
            let event = tokio::select! {
                biased;
                true = registration.synced(), if !self.ready => {
                    self.ready = true;
                    self.writer.apply_watcher_event(&watcher::Event::InitDone);
                    continue;
                }
                event = self.events.next() => event?,
            };
            match event {
                Event::Added { object, initial: true } if !self.ready => {
                    self.writer.apply_watcher_event(&watcher::Event::InitApply((*object).clone()));
                    return Some(object);
                }
                Event::Added { object, .. } | Event::Updated { new: object, .. } => {
                    self.writer.apply_watcher_event(&watcher::Event::Apply((*object).clone()));
                    return Some(object);
                }
                Event::Deleted { object, .. } => {
                    self.writer.apply_watcher_event(&watcher::Event::Delete((*object).clone()));
                }
            }
        }
    }
}

impl<K> ControllerFeed<K>
where
    K: Resource<DynamicType: Clone + Debug + Eq + Hash + Unpin> + Clone + Send + Sync + 'static,
{
    /// Makes [`run`](Self::run) wait until another informer has synced, whose lister the reconciler reads. That informer must
    /// be started separately.
    pub fn depends_on<D>(mut self, informer: &Informer<D>) -> Self
    where
        D: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let informer = informer.clone();
        self.dependencies.push(async move { informer.synced().await }.boxed());
        self
    }

    /// Runs a reconciler with kube's scheduler and retries, as kube's `Controller::run` does, for each added or updated object
    /// and for each object in `also`, such as the owners of other objects.
    ///
    /// The reconciler starts when this informer and those of [`depends_on`](Self::depends_on) have synced. If one of them
    /// stops before, the stream returns a [`QueueError`](Error::QueueError) and ends.
    ///
    /// A panic of the reconciler is logged, counted as a panic of the handler, and returned as [`ReconcileError::Panicked`];
    /// other objects are not affected. The object is reconciled again after a minute, or when it changes; until a
    /// reconciliation returns, the informer is not [ready](super::InformerStatus::is_ready).
    pub fn run<F, E, C>(
        self,
        mut reconciler: impl FnMut(Arc<K>, Arc<C>) -> F,
        error_policy: impl Fn(Arc<K>, &E, Arc<C>) -> Action,
        context: Arc<C>,
        config: Config,
        also: impl Stream<Item = ObjectRef<K>> + Send + 'static,
    ) -> impl Stream<Item = Result<(ObjectRef<K>, Action), Error<ReconcileError<E>, CacheSyncError>>>
    where
        F: Future<Output = Result<Action, E>> + Send + 'static,
        E: std::error::Error + 'static,
    {
        let ControllerFeed { store, triggers, kind, dependencies, panics } = self;
        let own = triggers.map(move |object| ObjectRef::from_obj_with(&*object, kind.clone()));
        let queue = futures::stream::select(own, also).map(Ok);
        let queue = async { try_join_all(dependencies).await.map(|_| queue) }.try_flatten_stream();
        let panics = Arc::new(panics);
        let reconciler = move |object: Arc<K>, context| {
            let (key, panics) = (ObjectKey::of(&*object), Arc::clone(&panics));
            let call = catch_unwind(AssertUnwindSafe(|| reconciler(object, context)));
            Box::pin(async move {
                let outcome = match call {
                    Ok(reconciliation) => AssertUnwindSafe(reconciliation).catch_unwind().await,
                    Err(panic) => Err(panic),
                };
                panics.record(key, outcome)
            })
        };
        let error_policy = move |object, error: &ReconcileError<E>, context| match error {
            ReconcileError::Failed(error) => error_policy(object, error, context),
            ReconcileError::Panicked(_) => Action::requeue(PANIC_REQUEUE),
        };
        kube::runtime::applier(reconciler, error_policy, context, store, queue, config)
    }
}

impl<K: Resource + Send + Sync + 'static> PanicRecorder<K> {
    /// Records the outcome of a reconciliation.
    fn record<E: std::error::Error>(
        &self,
        key: ObjectKey,
        outcome: Result<Result<Action, E>, Box<dyn Any + Send>>,
    ) -> Result<Action, ReconcileError<E>> {
        let panic = match outcome {
            Ok(result) => {
                self.panicked.record(key, false);
                return result.map_err(ReconcileError::Failed);
            }
            Err(panic) => panic,
        };
        let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        tracing::error!(controller = self.queue.name(), object = %key, message, "the reconciler panicked");
        self.queue.count_panic();
        self.panicked.record(key, true);
        Err(ReconcileError::Panicked(message))
    }
}
