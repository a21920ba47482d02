//! How informers fare, to be seen from outside.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kube::Resource;
use kube::core::GroupVersionKind;

use super::event::ObjectKey;
use super::handler::HandlerMetrics;
use super::informer::Shared;
use super::reflector::{Health, Phase};
use super::version::ResourceVersion;

/// An informer at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InformerStatus {
    /// Its name.
    pub name: String,
    /// What it reads.
    pub kind: GroupVersionKind,
    /// Whether the first list has come.
    pub synced: bool,
    /// What it is doing, and what stands in its way, by namespace.
    pub reflectors: Vec<Health>,
    /// The version up to which its objects are complete.
    pub resource_version: Option<ResourceVersion>,
    /// How long ago it last heard from the API server; bookmarks come about once a minute.
    pub heard: Option<Duration>,
    /// How many objects it has.
    pub objects: usize,
    /// How long their JSON was, in bytes: an estimate of what they take.
    pub json_bytes: u64,
    /// How many objects it could not decode.
    pub undecodable: usize,
    /// How often it read all objects.
    pub lists: u64,
    /// How often it opened a watch.
    pub watches: u64,
    /// Objects that it was sent, by lists and by watches.
    pub events: u64,
    /// Bookmarks that it was sent.
    pub bookmarks: u64,
    /// Requests that failed.
    pub errors: u64,
    /// Its handlers.
    pub handlers: Vec<HandlerMetrics>,
    /// Existing objects whose last reconciliation by a `ControllerFeed` panicked.
    pub panicked: Vec<ObjectKey>,
}

impl InformerStatus {
    pub(super) fn of<K: Resource + Send + Sync + 'static>(shared: &Shared<K>) -> Self {
        let snapshot = shared.cache.snapshot();
        let reflectors: Vec<Health> = shared.health.iter().map(|health| health.borrow().clone()).collect();
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let counts = &shared.counts;
        let kind = &shared.kind;
        let exists = |key: &ObjectKey| snapshot.get(key.namespace.as_deref(), &key.name).is_some();
        InformerStatus {
            name: shared.name.clone(),
            kind: GroupVersionKind::gvk(&K::group(kind), &K::version(kind), &K::kind(kind)),
            synced: snapshot.has_synced(),
            resource_version: snapshot.resource_version().cloned(),
            heard: reflectors.iter().map(|health| health.heard.map(|heard| heard.elapsed())).max().flatten(),
            reflectors,
            objects: snapshot.len(),
            json_bytes: snapshot.json_bytes(),
            undecodable: snapshot.undecodable().len(),
            lists: count(&counts.lists),
            watches: count(&counts.watches),
            events: count(&counts.events),
            bookmarks: count(&counts.bookmarks),
            errors: count(&counts.errors),
            handlers: shared.cache.handlers().iter().map(|handler| handler.metrics()).collect(),
            panicked: shared.controllers.panicked().into_iter().filter(exists).collect(),
        }
    }

    /// Whether it has synced, nothing stands in its way, and no object's last reconciliation panicked: for readiness checks.
    pub fn is_ready(&self) -> bool {
        self.synced
            && self.panicked.is_empty()
            && self.reflectors.iter().all(|health| health.problem.is_none() && health.phase != Phase::Stopped)
    }
}

impl fmt::Display for InformerStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let synced = if self.synced { "synced" } else { "not synced" };
        write!(out, "{}: {synced}", self.name)?;
        for health in &self.reflectors {
            let place = health.namespace.as_ref().map_or_else(String::new, |namespace| format!(" in {namespace}"));
            match (&health.problem, health.phase) {
                (Some(problem), _) => write!(out, "; {problem}{place}")?,
                (None, Phase::NotStarted) => write!(out, "; not started{place}")?,
                (None, Phase::Stopped) => write!(out, "; stopped{place}")?,
                (None, Phase::Listing) => write!(out, "; reading{place}")?,
                (None, Phase::Watching) => {}
            }
        }
        for key in &self.panicked {
            write!(out, "; the reconciler panicked for {key}")?;
        }
        Ok(())
    }
}

/// Informers that have not synced, each with the reason.
#[derive(Clone, Debug)]
pub struct NotSynced {
    /// Those that have not.
    pub informers: Vec<InformerStatus>,
}

impl fmt::Display for NotSynced {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not synced: ")?;
        for (place, informer) in self.informers.iter().enumerate() {
            write!(out, "{}{informer}", if place == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for NotSynced {}
