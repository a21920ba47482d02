//! What adds objects to the queue of a controller.

use std::marker::PhantomData;
use std::sync::Arc;

use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::shard::Handover;
use crate::controllers::predicate::Predicate;
use crate::controllers::queue::{AddOptions, Cause, LOW_PRIORITY, WorkQueue};
use crate::informer::{
    AddHandlerError, Event, EventHandler, FinalState, HandlerOptions, HandlerRegistration, Informer, InformerStatus,
    ObjectKey, Selection,
};

/// An informer whose events add objects to a queue.
pub(super) trait Source: Send + Sync {
    /// Starts the informer, and adds the objects of its events to the queue until the registration is removed.
    ///
    /// `handover` belongs to the objects that the controller reconciles, if they are divided between replicas.
    fn start(
        &self,
        controller: &str,
        queue: &WorkQueue<ObjectKey>,
        handover: Option<Handover>,
    ) -> Result<HandlerRegistration, AddHandlerError>;

    /// Makes the informer read a part of the objects. Returns `false` if it was started before.
    fn follow(&self, selection: watch::Receiver<Selection>) -> bool;

    /// Whether the objects are owned by objects in their own namespace.
    fn is_owned(&self) -> bool;

    fn status(&self) -> InformerStatus;
}

/// Calls back with the keys of the objects that an object affects.
pub(super) type Map<W> = Arc<dyn Fn(&Arc<W>, &mut dyn FnMut(ObjectKey)) + Send + Sync>;

/// A watched kind.
pub(super) struct Watch<W: Resource> {
    pub(super) informer: Informer<W>,
    /// The relation to the reconciled kind and the kind, such as "owned ConfigMap".
    pub(super) name: Arc<str>,
    pub(super) predicate: Option<Predicate<W>>,
    pub(super) map: Map<W>,
    /// Whether the objects are owned by objects in their own namespace.
    pub(super) is_owned: bool,
}

impl<W> Source for Watch<W>
where
    W: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    fn start(
        &self,
        controller: &str,
        queue: &WorkQueue<ObjectKey>,
        handover: Option<Handover>,
    ) -> Result<HandlerRegistration, AddHandlerError> {
        let enqueue = Enqueue {
            queue: queue.clone(),
            name: Arc::clone(&self.name),
            predicate: self.predicate.clone(),
            map: Arc::clone(&self.map),
            handover,
            kind: PhantomData,
        };
        let registration = self.informer.add_event_handler_with(enqueue, HandlerOptions::named(controller))?;
        self.informer.start();
        Ok(registration)
    }

    fn follow(&self, selection: watch::Receiver<Selection>) -> bool {
        self.informer.follow(selection)
    }

    fn is_owned(&self) -> bool {
        self.is_owned
    }

    fn status(&self) -> InformerStatus {
        self.informer.status()
    }
}

/// The handler of a watched kind's events.
struct Enqueue<W> {
    queue: WorkQueue<ObjectKey>,
    name: Arc<str>,
    predicate: Option<Predicate<W>>,
    map: Map<W>,
    handover: Option<Handover>,
    kind: PhantomData<fn(&W)>,
}

impl<W: Resource + 'static> Enqueue<W> {
    fn enqueue(&self, event: &Event<W>) {
        if let Event::Deleted { state: FinalState::Deselected, .. } = event {
            // Another replica reconciles what the object affects.
            return;
        }
        let is_handover = self.handover.as_ref().is_some_and(|handover| handover.observe(event));
        if !is_handover && self.predicate.as_ref().is_some_and(|predicate| !predicate.passes(event)) {
            if let Some(handover) = &self.handover {
                handover.forget(event);
            }
            return;
        }
        let (what, priority) = match event {
            Event::Added { initial: true, .. } => ("listed", LOW_PRIORITY),
            Event::Added { .. } => ("added", 0),
            Event::Updated { old, new } if Arc::ptr_eq(old, new) => ("resynced", LOW_PRIORITY),
            Event::Updated { .. } => ("updated", 0),
            Event::Deleted { .. } => ("deleted", 0),
        };
        let add = |key| {
            let cause = Cause::Event(Arc::clone(&self.name), what);
            self.queue.add_with(key, AddOptions::default().priority(priority).cause(cause));
        };
        if let Event::Updated { old, new } = event
            && !Arc::ptr_eq(old, new)
        {
            // What the old state affected may have to change, too.
            let mut keys = Vec::new();
            (self.map)(old, &mut |key| keys.push(key));
            (self.map)(new, &mut |key| keys.push(key));
            keys.sort_unstable();
            keys.dedup();
            keys.into_iter().for_each(add);
        } else {
            let mut add = add;
            (self.map)(event.object(), &mut add);
        }
    }
}

impl<W: Resource + Send + Sync + 'static> EventHandler<W> for Enqueue<W> {
    async fn on_add(&self, object: Arc<W>, initial: bool) {
        self.enqueue(&Event::Added { object, initial });
    }

    async fn on_update(&self, old: Arc<W>, new: Arc<W>) {
        self.enqueue(&Event::Updated { old, new });
    }

    async fn on_delete(&self, object: Arc<W>, state: FinalState) {
        self.enqueue(&Event::Deleted { object, state });
    }
}
