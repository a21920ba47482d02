//! The informer: a cache, its reflectors and its handlers.

use std::any::Any;
use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;

use super::cache::{Cache, CachedObject, Index, IndexValue, Postings, Snapshot};
use super::config::InformerConfig;
use super::error::InformerError;
use super::event::ObjectKey;
use super::handler::{
    self, AddHandlerError, Deliveries, EventHandler, Events, HandlerOptions, HandlerRegistration, Queue,
};
use super::lister::Lister;
use super::panics::Controllers;
use super::reflector::{Counts, Decoder, OnError, Phase, Prepare, Reflector, ReflectorHealth, Selected, Source};
use super::selection::Selection;
use super::shared::{Shared, lock};
use super::status::{CacheSyncError, InformerStatus};
use super::version::ResourceVersion;

/// A cache of the objects of one kind that follows the API server and notifies handlers of changes.
///
/// Clones are handles to the same informer. It runs from [`start`](Self::start) until [`shutdown`](Self::shutdown), or until
/// the last handle, lister and event stream is dropped.
pub struct Informer<K: Resource> {
    pub(super) shared: Arc<Shared<K>>,
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
    pub(super) fn new(config: InformerConfig<K>) -> Self {
        let name = config.full_name();
        let InformerConfig {
            transport,
            kind,
            namespaces,
            options,
            resync,
            transform,
            metadata_only,
            streaming,
            compact,
            on_error,
            ..
        } = config;
        let cache = Arc::new(Cache::new(&namespaces));
        let prepare = Prepare::new(transform, &kind);
        let codec = compact.map(|options| prepare.codec(options));
        let counts = Arc::new(Counts::default());
        let on_error = on_error.unwrap_or_else(|| log_warning(&name));
        let mut health = Vec::new();
        let reflectors = namespaces.into_iter().enumerate().map(|(scope, namespace)| {
            let sender = tokio::sync::watch::Sender::new(ReflectorHealth {
                namespace: namespace.clone(),
                ..ReflectorHealth::default()
            });
            health.push(sender.subscribe());
            Reflector {
                source: Source::new(transport.clone(), kind.clone(), namespace, options.clone(), metadata_only),
                decoder: Decoder::new(prepare.clone(), options.shard_selector.clone(), codec.clone()),
                cache: Arc::clone(&cache),
                scope,
                counts: Arc::clone(&counts),
                health: sender,
                on_error: Arc::clone(&on_error),
                streaming,
                progress: super::reflector::Progress::default(),
                selected: Selected::default(),
            }
        });
        let unstarted = Mutex::new(reflectors.collect());
        let shared = Shared {
            cache,
            kind,
            name,
            counts,
            controllers: Controllers::default(),
            consistency: OnceLock::new(),
            health,
            resync,
            unstarted,
            tasks: Mutex::default(),
            unnamed_handlers: AtomicU64::new(0),
            stop: tokio::sync::watch::Sender::new(false),
        };
        Informer { shared: Arc::new(shared) }
    }

    /// Starts to list and to watch. Has no effect if the informer was started or shut down before.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start(&self) {
        let reflectors = std::mem::take(&mut *lock(&self.shared.unstarted));
        for reflector in reflectors {
            let mut stop = self.shared.stop.subscribe();
            let health = reflector.health.clone();
            let task = async move {
                tokio::select! {
                    biased;
                    // An error means that the last handle was dropped.
                    _ = stop.wait_for(|stop| *stop) => {}
                    () = reflector.run() => {}
                }
                health.send_modify(|health| health.phase = Phase::Stopped);
            };
            self.shared.track(tokio::spawn(task));
        }
    }

    /// Makes the informer read only the objects that are selected, in addition to the selectors of its options. A shard replaces
    /// that of its options. Returns `false`, and has no effect, if the informer was started or shut down before.
    ///
    /// When the selection changes, objects that are not selected any more are removed from the cache at once; handlers receive
    /// [`Deleted`](super::Event::Deleted) with [`FinalState::Deselected`](super::FinalState::Deselected). If objects join, the
    /// informer lists the selected ones at the latest version, and handlers receive [`Added`](super::Event::Added) for those
    /// that joined. Otherwise, only the watch is opened again. While nothing is selected, the informer is synced and empty.
    #[allow(clippy::needless_pass_by_value)] // A receiver is a handle.
    pub fn follow(&self, selection: tokio::sync::watch::Receiver<Selection>) -> bool {
        let mut reflectors = lock(&self.shared.unstarted);
        for reflector in &mut *reflectors {
            reflector.selected.follow(selection.clone());
        }
        !reflectors.is_empty()
    }

    /// Stops the informer and waits until all its tasks have ended. Handlers finish their current event and receive no more.
    pub async fn shutdown(&self) {
        self.shared.stop.send_replace(true);
        for reflector in std::mem::take(&mut *lock(&self.shared.unstarted)) {
            reflector.health.send_modify(|health| health.phase = Phase::Stopped);
        }
        self.shared.cache.stop();
        let tasks = std::mem::take(&mut *lock(&self.shared.tasks));
        for task in tasks {
            // A panicked task has ended, too.
            let _ = task.await;
        }
    }

    /// Adds a handler. It receives an event for each existing object, and then all changes.
    ///
    /// # Errors
    /// Returns an error if the informer has stopped, or outside of a tokio runtime.
    pub fn add_event_handler(&self, handler: impl EventHandler<K>) -> Result<HandlerRegistration, AddHandlerError> {
        self.add_event_handler_with(handler, HandlerOptions::default())
    }

    /// [`add_event_handler`](Self::add_event_handler) with options.
    ///
    /// # Errors
    /// Returns an error if the informer has stopped, or outside of a tokio runtime.
    pub fn add_event_handler_with(
        &self,
        handler: impl EventHandler<K>,
        options: HandlerOptions,
    ) -> Result<HandlerRegistration, AddHandlerError> {
        let runtime = Handle::try_current().map_err(|_| AddHandlerError::NoRuntime)?;
        let deliveries = self.deliveries(options)?;
        let registration = HandlerRegistration::new(&deliveries.queue, &self.shared.cache);
        self.shared.track(runtime.spawn(handler::run(deliveries, handler)));
        Ok(registration)
    }

    /// Adds a handler that is a stream of events. Dropping the stream removes the handler.
    ///
    /// # Errors
    /// Returns an error if the informer has stopped, or outside of a tokio runtime.
    pub fn events(&self, options: HandlerOptions) -> Result<Events<K>, AddHandlerError> {
        Handle::try_current().map_err(|_| AddHandlerError::NoRuntime)?;
        let informer: Arc<dyn Any + Send + Sync> = self.shared.clone();
        Ok(Events::new(self.deliveries(options)?, &self.shared.cache, informer))
    }

    fn deliveries(&self, options: HandlerOptions) -> Result<Deliveries<K>, AddHandlerError> {
        let shared = &self.shared;
        let name = options.name.unwrap_or_else(|| {
            let number = shared.unnamed_handlers.fetch_add(1, Ordering::Relaxed) + 1;
            format!("{}/{number}", shared.name)
        });
        let queue = Arc::new(Queue::new(name, options.backlog));
        if !shared.cache.add_handler(&queue) {
            return Err(AddHandlerError::Stopped);
        }
        Ok(Deliveries::new(queue, &shared.cache, options.resync.unwrap_or(shared.resync)))
    }

    /// Adds an index of the objects by the values that a function returns. Indexes can be added before and after the start.
    ///
    /// The function must be deterministic and should be fast: it is called for every object that is added, updated or deleted.
    pub fn add_index<V, I>(&self, values_of: impl Fn(&K) -> I + Send + Sync + 'static) -> Index<K, V>
    where
        V: IndexValue,
        I: IntoIterator<Item = V>,
    {
        let index = Index::new();
        let values = move |object: &K, emit: &mut dyn FnMut(V)| values_of(object).into_iter().for_each(emit);
        self.shared.cache.add_index(Box::new(Postings::new(index, Arc::new(values))), None);
        index
    }

    /// Adds an index of the values of a label. Selectors that require values of this label use it automatically.
    pub fn add_label_index(&self, label: &str) -> Index<K, String> {
        let index = Index::new();
        let label: Arc<str> = label.into();
        let indexed = Arc::clone(&label);
        let values = move |object: &K, emit: &mut dyn FnMut(String)| {
            let labels = object.meta().labels.as_ref();
            labels.and_then(|labels| labels.get(&*indexed)).cloned().into_iter().for_each(emit);
        };
        self.shared.cache.add_index(Box::new(Postings::new(index, Arc::new(values))), Some(label));
        index
    }

    /// Returns a lister of the informer.
    pub fn lister(&self) -> Lister<K> {
        Lister::new(&self.shared)
    }

    /// Returns a snapshot of the cache.
    pub fn snapshot(&self) -> Snapshot<K> {
        self.shared.cache.snapshot()
    }

    /// Returns the number of objects with a value in an index. See [`Snapshot::index_count`].
    pub fn index_count<V, Q>(&self, index: Index<K, V>, value: &Q) -> usize
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.snapshot().index_count(index, value)
    }

    /// Returns whether the first list is complete.
    pub fn has_synced(&self) -> bool {
        self.shared.cache.read().synced
    }

    /// Waits until the first list is complete.
    ///
    /// # Errors
    /// Returns an error if the informer stops before.
    pub async fn synced(&self) -> Result<(), CacheSyncError> {
        self.shared.wait_for_sync().await
    }

    /// Waits until the cache has reached a resource version, such as that of an object that was just written.
    ///
    /// An informer learns of resource versions from watch events and from bookmarks, about once a minute. With several
    /// namespaces, it waits for the watches of all of them; a [`ConsistentClient`](super::ConsistentClient) waits only for
    /// that of the write.
    ///
    /// # Errors
    /// Returns an error if the informer stops before.
    pub async fn wait_for(&self, version: &ResourceVersion) -> Result<(), CacheSyncError> {
        self.shared.wait_for_version(version).await
    }

    /// Makes an object that the API server has just returned visible to readers until the watch reaches its resource version.
    /// Handlers are notified only by the watch.
    ///
    /// Has no effect if the watch has already reached the version, before the first list, or if the version cannot be
    /// compared.
    pub fn write_through(&self, object: Arc<K>) {
        let version = super::event::version(&*object).and_then(|version| version.parse().ok());
        if let Some(version) = version {
            let key = ObjectKey::of(&*object);
            // The size of the JSON is not known before the watch reports the object.
            self.shared.cache.write_through(&key, Some(CachedObject::new(object, 0)), Some(version));
        }
    }

    /// Hides an object that the API server has just deleted from readers until the watch reports the deletion. Must not be
    /// used for an object that still has finalizers.
    pub fn delete_through(&self, key: &ObjectKey) {
        self.shared.cache.write_through(key, None, None);
    }

    /// Returns the status of the informer, for readiness checks and metrics.
    pub fn status(&self) -> InformerStatus {
        self.shared.status()
    }

    /// Returns the kind of the objects; `()` for types whose kind is known at compile time.
    pub fn kind(&self) -> &K::DynamicType {
        &self.shared.kind
    }

    /// Returns the informer's name in metrics and logs.
    pub fn name(&self) -> &str {
        &self.shared.name
    }
}

/// Returns the default error handler, which logs warnings.
fn log_warning(name: &str) -> OnError {
    let name = name.to_owned();
    Arc::new(
        move |error: &InformerError| tracing::warn!(informer = name, %error, "informer error; the informer retries"),
    )
}

impl<K: Resource> fmt::Debug for Informer<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Informer").field("name", &self.shared.name).finish_non_exhaustive()
    }
}
