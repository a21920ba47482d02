//! An informer under kube's controller: one watch for both.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use kube::Resource;
use kube::runtime::controller::{Action, Config, Error};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::reflector::store::{Store, Writer};
use kube::runtime::watcher;
use serde::de::DeserializeOwned;

use super::event::Event;
use super::handler::{Events, HandlerOptions, NotAdded};
use super::informer::Informer;

/// What kube's controller needs of an informer: a trigger for each object that comes or changes, and a store to find it in.
///
/// kube's store has objects of its own: it copies each one, so that objects take their memory twice. Owned and watched kinds
/// need no store, and triggers alone copy nothing.
pub struct ControllerFeed<K: Resource + 'static>
where
    K::DynamicType: Eq + Hash + Clone,
{
    /// kube's store of the objects, kept by the triggers: it moves on while they are polled.
    pub store: Store<K>,
    /// Each object that comes or changes, once the store has it.
    pub triggers: BoxStream<'static, Arc<K>>,
    kind: K::DynamicType,
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
    /// Feeds kube's controller: `Controller::for_shared_stream(feed.triggers, feed.store)`, or [`ControllerFeed::run`].
    ///
    /// # Errors
    /// If the informer has stopped, or outside of a tokio runtime.
    pub fn controller_feed(&self, options: HandlerOptions) -> Result<ControllerFeed<K>, NotAdded> {
        let mut writer = Writer::new(self.shared.kind.clone());
        let store = writer.as_reader();
        writer.apply_watcher_event(&watcher::Event::Init);
        let feeder = Feeder { events: self.events(options)?, writer, ready: false };
        let triggers = futures::stream::unfold(feeder, |mut feeder| async move {
            let object = feeder.next().await?;
            Some((object, feeder))
        });
        Ok(ControllerFeed { store, triggers: triggers.boxed(), kind: self.shared.kind.clone() })
    }
}

/// Keeps kube's store, event by event.
struct Feeder<K: Resource + Clone + Send + Sync + 'static>
where
    K::DynamicType: Eq + Hash + Clone,
{
    events: Events<K>,
    writer: Writer<K>,
    ready: bool,
}

impl<K> Feeder<K>
where
    K: Resource<DynamicType: Clone + Debug + Eq + Hash + Send + Sync> + Clone + Send + Sync + 'static,
{
    /// The next object that came or changed, once the store has it.
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
    /// Runs a reconciler over the objects, as kube's `Controller::run` does, with kube's scheduler and retries: each object
    /// that comes or changes, and each that `also` names, such as the owners of other objects.
    pub fn run<F, E, C>(
        self,
        mut reconciler: impl FnMut(Arc<K>, Arc<C>) -> F,
        error_policy: impl Fn(Arc<K>, &E, Arc<C>) -> Action,
        context: Arc<C>,
        config: Config,
        also: impl Stream<Item = ObjectRef<K>> + Send + 'static,
    ) -> impl Stream<Item = Result<(ObjectRef<K>, Action), Error<E, Infallible>>>
    where
        F: Future<Output = Result<Action, E>> + Send + 'static,
        E: std::error::Error + 'static,
    {
        let kind = self.kind;
        let own = self.triggers.map(move |object| ObjectRef::from_obj_with(&*object, kind.clone()));
        let queue = futures::stream::select(own, also).map(Ok::<_, Infallible>);
        let reconciler = move |object, context| Box::pin(reconciler(object, context));
        kube::runtime::applier(reconciler, error_policy, context, self.store, queue, config)
    }
}
