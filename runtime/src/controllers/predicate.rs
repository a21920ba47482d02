//! Which events lead to a reconciliation.

use std::fmt;
use std::sync::Arc;

use kube::Resource;

use crate::informer::Event;

/// A filter of events, as controller-runtime's predicates.
///
/// The ready-made predicates compare the states of an update; they pass additions and deletions.
pub struct Predicate<K> {
    passes: Passes<K>,
}

type Passes<K> = Arc<dyn Fn(&Event<K>) -> bool + Send + Sync>;

impl<K: 'static> Predicate<K> {
    /// Creates a predicate from a function.
    pub fn new(passes: impl Fn(&Event<K>) -> bool + Send + Sync + 'static) -> Self {
        Predicate { passes: Arc::new(passes) }
    }

    /// Passes the events of objects for which a function returns true.
    pub fn object(passes: impl Fn(&K) -> bool + Send + Sync + 'static) -> Self {
        Predicate::new(move |event| passes(event.object()))
    }

    /// Passes updates for which a function of the old and the new state returns true.
    pub fn updated(passes: impl Fn(&K, &K) -> bool + Send + Sync + 'static) -> Self {
        Predicate::new(move |event| match event {
            Event::Updated { old, new } => passes(old, new),
            Event::Added { .. } | Event::Deleted { .. } => true,
        })
    }

    /// Passes the events that both predicates pass.
    pub fn and(self, other: Self) -> Self {
        Predicate::new(move |event| self.passes(event) && other.passes(event))
    }

    /// Passes the events that one of the predicates passes.
    pub fn or(self, other: Self) -> Self {
        Predicate::new(move |event| self.passes(event) || other.passes(event))
    }

    /// Passes the events that this predicate does not pass.
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Self {
        Predicate::new(move |event| !self.passes(event))
    }

    /// Returns whether an event passes.
    pub fn passes(&self, event: &Event<K>) -> bool {
        (self.passes)(event)
    }
}

impl<K: Resource + 'static> Predicate<K> {
    /// Passes updates that change the generation. The API server increments it when the spec changes, not when the status
    /// or the metadata change; the deletion of an object with finalizers also increments it.
    ///
    /// The labels, annotations and finalizers of an object do not change its generation. Resyncs do not pass.
    pub fn generation_changed() -> Self {
        Self::updated(|old, new| old.meta().generation != new.meta().generation)
    }

    /// Passes updates that change the labels.
    pub fn labels_changed() -> Self {
        Self::updated(|old, new| old.meta().labels != new.meta().labels)
    }

    /// Passes updates that change the annotations.
    pub fn annotations_changed() -> Self {
        Self::updated(|old, new| old.meta().annotations != new.meta().annotations)
    }

    /// Passes updates that change the finalizers.
    pub fn finalizers_changed() -> Self {
        Self::updated(|old, new| old.meta().finalizers != new.meta().finalizers)
    }

    /// Passes updates that change the resource version, which are all except resyncs.
    pub fn resource_version_changed() -> Self {
        Self::updated(|old, new| old.meta().resource_version != new.meta().resource_version)
    }
}

impl<K> Clone for Predicate<K> {
    fn clone(&self) -> Self {
        Predicate { passes: Arc::clone(&self.passes) }
    }
}

impl<K> fmt::Debug for Predicate<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Predicate").finish_non_exhaustive()
    }
}
