//! An informer: a cache, what keeps it, and who is told.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::builder::InformerBuilder;
use super::cache::{Cache, Index, IndexValue, Postings, Slot, Snapshot};
use super::error::InformerError;
use super::event::ObjectKey;
use super::handler::{self, Deliveries, EventHandler, Events, HandlerOptions, HandlerRegistration, NotAdded, Queue};
use super::lister::Lister;
use super::panics::Controllers;
use super::reflector::{Counts, Decoder, Health, OnError, Phase, Reflector, Source};
use super::status::{InformerStatus, NotSynced};
use super::version::ResourceVersion;

/// Objects of one kind, kept as the API server has them, and handlers that are told what happens.
///
/// Copies are handles to the same informer. It works from [`start`](Self::start) until [`shutdown`](Self::shutdown), or until
/// the last handle, lister and event stream is gone.
pub struct Informer<K: Resource> {
    pub(super) shared: Arc<Shared<K>>,
}

/// What the handles share; its end is the informer's.
pub(super) struct Shared<K: Resource> {
    pub(super) cache: Arc<Cache<K>>,
    pub(super) kind: K::DynamicType,
    pub(super) name: String,
    pub(super) counts: Arc<Counts>,
    pub(super) controllers: Controllers,
    pub(super) health: Vec<tokio::sync::watch::Receiver<Health>>,
    resync: Duration,
    /// The reflectors, until they start.
    waiting: Mutex<Vec<Reflector<K>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Handlers get numbers where they have no names.
    unnamed: AtomicU64,
    stop: tokio::sync::watch::Sender<bool>,
}

impl<K: Resource> Clone for Informer<K> {
    fn clone(&self) -> Self {
        Informer { shared: Arc::clone(&self.shared) }
    }
}

impl<K> Informer<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    pub(super) fn new(builder: InformerBuilder<K>) -> Self {
        let InformerBuilder { kube, kind, namespaces, options, resync, transform, metadata_only, streaming, .. } =
            builder;
        let plural = K::plural(&kind).into_owned();
        let group = K::group(&kind);
        let named = if group.is_empty() { plural } else { format!("{plural}.{group}") };
        let name = builder.name.unwrap_or(named);
        let name = builder.prefix.map_or_else(|| name.clone(), |prefix| format!("{prefix}/{name}"));
        let cache = Arc::new(Cache::new(&namespaces));
        let counts = Arc::new(Counts::default());
        let on_error = builder.on_error.unwrap_or_else(|| warn(&name));
        let mut health = Vec::new();
        let reflectors = namespaces.into_iter().enumerate().map(|(scope, namespace)| {
            let sender = tokio::sync::watch::Sender::new(Health { namespace: namespace.clone(), ..Health::default() });
            health.push(sender.subscribe());
            Reflector {
                source: Source::new(kube.clone(), kind.clone(), namespace, options.clone(), metadata_only),
                decoder: Decoder::new(transform.clone(), &kind),
                cache: Arc::clone(&cache),
                scope,
                counts: Arc::clone(&counts),
                health: sender,
                on_error: Arc::clone(&on_error),
                streaming,
                progress: super::reflector::Progress::default(),
            }
        });
        let waiting = Mutex::new(reflectors.collect());
        let shared = Shared {
            cache,
            kind,
            name,
            counts,
            controllers: Controllers::default(),
            health,
            resync,
            waiting,
            tasks: Mutex::default(),
            unnamed: AtomicU64::new(0),
            stop: tokio::sync::watch::Sender::new(false),
        };
        Informer { shared: Arc::new(shared) }
    }

    /// Begins to read and to watch. What has begun, or has been shut down, stays as it is.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start(&self) {
        let waiting = std::mem::take(&mut *lock(&self.shared.waiting));
        for reflector in waiting {
            let mut stop = self.shared.stop.subscribe();
            let health = reflector.health.clone();
            let task = async move {
                tokio::select! {
                    biased;
                    // An error means that the last handle is gone.
                    _ = stop.wait_for(|stop| *stop) => {}
                    () = reflector.run() => {}
                }
                health.send_modify(|health| health.phase = Phase::Stopped);
            };
            self.shared.keep(tokio::spawn(task));
        }
    }

    /// Stops: the watch ends, handlers are told nothing more. Returns when all tasks have ended, a handler's after the event
    /// that it is at.
    pub async fn shutdown(&self) {
        self.shared.stop.send_replace(true);
        for reflector in std::mem::take(&mut *lock(&self.shared.waiting)) {
            reflector.health.send_modify(|health| health.phase = Phase::Stopped);
        }
        self.shared.cache.stop();
        let tasks = std::mem::take(&mut *lock(&self.shared.tasks));
        for task in tasks {
            // A task that panicked has ended as well.
            let _ = task.await;
        }
    }

    /// Tells a handler of all objects, and then of everything that happens.
    ///
    /// # Errors
    /// If the informer has stopped, or outside of a tokio runtime.
    pub fn add_event_handler(&self, handler: impl EventHandler<K>) -> Result<HandlerRegistration, NotAdded> {
        self.add_event_handler_with(handler, HandlerOptions::default())
    }

    /// [`add_event_handler`](Self::add_event_handler) with a name, a bound for what waits, a resync of its own.
    ///
    /// # Errors
    /// If the informer has stopped, or outside of a tokio runtime.
    pub fn add_event_handler_with(
        &self,
        handler: impl EventHandler<K>,
        options: HandlerOptions,
    ) -> Result<HandlerRegistration, NotAdded> {
        let runtime = Handle::try_current().map_err(|_| NotAdded::NoRuntime)?;
        let deliveries = self.deliveries(options)?;
        let registration = HandlerRegistration::new(&deliveries.queue, &self.shared.cache);
        self.shared.keep(runtime.spawn(handler::run(deliveries, handler)));
        Ok(registration)
    }

    /// All objects, and then everything that happens, as a stream; it is a handler, which goes when the stream is dropped.
    ///
    /// # Errors
    /// If the informer has stopped, or outside of a tokio runtime.
    pub fn events(&self, options: HandlerOptions) -> Result<Events<K>, NotAdded> {
        Handle::try_current().map_err(|_| NotAdded::NoRuntime)?;
        Ok(Events::new(self.deliveries(options)?, self))
    }

    fn deliveries(&self, options: HandlerOptions) -> Result<Deliveries<K>, NotAdded> {
        let shared = &self.shared;
        let name = options.name.unwrap_or_else(|| {
            let number = shared.unnamed.fetch_add(1, Ordering::Relaxed) + 1;
            format!("{}/{number}", shared.name)
        });
        let queue = Arc::new(Queue::new(name, options.backlog));
        if !shared.cache.add_handler(&queue) {
            return Err(NotAdded::Stopped);
        }
        Ok(Deliveries::new(queue, &shared.cache, options.resync.unwrap_or(shared.resync)))
    }

    /// Adds an index, before or after the start: the objects by what a function says of each.
    ///
    /// The function must say the same of the same object, and should be quick: it runs for every object that comes and goes.
    pub fn add_index<V, I>(&self, values_of: impl Fn(&K) -> I + Send + Sync + 'static) -> Index<K, V>
    where
        V: IndexValue,
        I: IntoIterator<Item = V>,
    {
        let index = Index::new();
        let values = move |object: &K, take: &mut dyn FnMut(V)| values_of(object).into_iter().for_each(take);
        self.shared.cache.add_index(Box::new(Postings::new(index, Arc::new(values))), None);
        index
    }

    /// Adds an index of a label's values. Selectors that ask for values of this label use it by themselves.
    pub fn add_label_index(&self, label: &str) -> Index<K, String> {
        let index = Index::new();
        let label: Arc<str> = label.into();
        let of = Arc::clone(&label);
        let values = move |object: &K, take: &mut dyn FnMut(String)| {
            let labels = object.meta().labels.as_ref();
            labels.and_then(|labels| labels.get(&*of)).cloned().into_iter().for_each(take);
        };
        self.shared.cache.add_index(Box::new(Postings::new(index, Arc::new(values))), Some(label));
        index
    }

    /// Reads what the informer has.
    pub fn lister(&self) -> Lister<K> {
        Lister::new(self)
    }

    /// All objects at this moment.
    pub fn snapshot(&self) -> Snapshot<K> {
        self.shared.cache.snapshot()
    }

    /// How many objects an index has for a value; shorthand for a snapshot's.
    pub fn index_count<V, Q>(&self, index: Index<K, V>, value: &Q) -> usize
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.snapshot().index_count(index, value)
    }

    /// Whether the first list has come.
    pub fn has_synced(&self) -> bool {
        self.shared.cache.read().synced
    }

    /// Waits for the first list.
    ///
    /// # Errors
    /// If the informer stops before.
    pub async fn synced(&self) -> Result<(), NotSynced> {
        let synced = self.shared.wait_until(|| self.has_synced()).await;
        if synced { Ok(()) } else { Err(NotSynced { informers: vec![self.status()] }) }
    }

    /// Waits until the cache has come as far as a version, such as that of an object just written.
    ///
    /// An informer hears of versions by the objects that it watches, and by bookmarks about once a minute.
    ///
    /// # Errors
    /// If the informer stops before.
    pub async fn wait_for(&self, version: &ResourceVersion) -> Result<(), NotSynced> {
        let reached = || self.shared.cache.read().version.as_ref().is_some_and(|reached| reached >= version);
        if self.shared.wait_until(reached).await { Ok(()) } else { Err(NotSynced { informers: vec![self.status()] }) }
    }

    /// Shows readers an object as the API server has just returned it, until the watch has come as far. Handlers are told by
    /// the watch alone.
    ///
    /// Nothing happens where the watch has already come as far, where nothing was listed yet, or where the version cannot be
    /// compared.
    pub fn write_through(&self, object: Arc<K>) {
        let version = super::event::version(&*object).and_then(|version| version.parse().ok());
        if let Some(version) = version {
            let key = ObjectKey::of(&*object);
            // The size is not known before the watch tells the object.
            self.shared.cache.write_through(&key, Some(Slot::new(object, 0)), Some(version));
        }
    }

    /// Hides an object from readers that the API server has just deleted, until the watch tells the same. Not for one that
    /// only waits for its finalizers.
    pub fn delete_through(&self, key: &ObjectKey) {
        self.shared.cache.write_through(key, None, None);
    }

    /// How the informer fares: for readiness checks, metrics and a look at it.
    pub fn status(&self) -> InformerStatus {
        InformerStatus::of(&self.shared)
    }

    /// The informer's name in metrics and logs.
    pub fn name(&self) -> &str {
        &self.shared.name
    }
}

impl<K: Resource + Send + Sync + 'static> Shared<K> {
    /// Keeps a task to wait for at the end.
    fn keep(&self, task: JoinHandle<()>) {
        let mut tasks = lock(&self.tasks);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Waits until something holds; `false`: the informer stopped before.
    async fn wait_until(&self, holds: impl Fn() -> bool) -> bool {
        let mut progress = self.cache.progress();
        let mut stop = self.stop.subscribe();
        loop {
            progress.borrow_and_update();
            if holds() {
                return true;
            }
            tokio::select! {
                _ = progress.changed() => {}
                _ = stop.wait_for(|stop| *stop) => return holds(),
            }
        }
    }
}

impl<K: Resource> Drop for Shared<K> {
    fn drop(&mut self) {
        self.cache.stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Errors as warnings, for informers without an error handler.
fn warn(name: &str) -> OnError {
    let name = name.to_owned();
    Arc::new(
        move |error: &InformerError| tracing::warn!(informer = name, %error, "an informer has trouble; it goes on"),
    )
}

impl<K: Resource> fmt::Debug for Informer<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Informer").field("name", &self.shared.name).finish_non_exhaustive()
    }
}
