//! The status of informers.

use std::fmt;
use std::time::Duration;

use kube::core::{GroupVersionKind, GroupVersionResource};

use super::event::ObjectKey;
use super::handler::HandlerMetrics;
use super::reflector::{Phase, ReflectorHealth};
use super::version::ResourceVersion;
use crate::prometheus::Histogram;

/// The status of an informer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InformerStatus {
    /// The name of the informer.
    pub name: String,
    /// The kind of its objects.
    pub kind: GroupVersionKind,
    /// The resource of its objects.
    pub resource: GroupVersionResource,
    /// Whether the first list is complete.
    pub synced: bool,
    /// The state of its reflectors, one for each namespace.
    pub reflectors: Vec<ReflectorHealth>,
    /// The resource version up to which the cache is complete.
    pub resource_version: Option<ResourceVersion>,
    /// The time since the last response of the API server, which sends bookmarks about once a minute.
    pub since_last_response: Option<Duration>,
    /// The number of cached objects.
    pub objects: usize,
    /// The size of their JSON in bytes: an estimate of their memory.
    pub json_bytes: u64,
    /// The number of undecodable objects.
    pub undecodable: usize,
    /// The number of completed lists.
    pub lists: u64,
    /// The number of opened watches.
    pub watches: u64,
    /// The number of objects received by lists and watches.
    pub events: u64,
    /// The number of received bookmarks.
    pub bookmarks: u64,
    /// The number of received objects of other shards, which the informer ignored. It is zero if the API server filters by the
    /// [shard selector](crate::client::ShardSelector).
    pub foreign: u64,
    /// The number of failed requests.
    pub errors: u64,
    /// The number of received changes that are not in the cache yet.
    pub queued: u64,
    /// The time to apply changes to the cache and the queues of the handlers, in seconds.
    pub(super) processing: Histogram,
    /// The waits of consistent reads for writes, in seconds.
    pub(super) consistent_reads: Option<Histogram>,
    /// The metrics of its handlers.
    pub handlers: Vec<HandlerMetrics>,
    /// Existing objects whose last reconciliation by a `ControllerFeed` panicked.
    pub panicked: Vec<ObjectKey>,
}

impl InformerStatus {
    /// Returns whether the informer has synced, has no problem, and no object's last reconciliation panicked.
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
            let scope = health.namespace.as_ref().map_or_else(String::new, |namespace| format!(" in {namespace}"));
            match (&health.problem, health.phase) {
                (Some(problem), _) => write!(out, "; {problem}{scope}")?,
                (None, Phase::NotStarted) => write!(out, "; not started{scope}")?,
                (None, Phase::Stopped) => write!(out, "; stopped{scope}")?,
                (None, Phase::Listing) => write!(out, "; listing{scope}")?,
                (None, Phase::Watching | Phase::Idle) => {}
            }
        }
        for key in &self.panicked {
            write!(out, "; the reconciler panicked for {key}")?;
        }
        Ok(())
    }
}

/// An error for informers that have not synced.
#[derive(Clone, Debug)]
pub struct CacheSyncError {
    /// The informers that have not synced.
    pub informers: Vec<InformerStatus>,
}

impl fmt::Display for CacheSyncError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not synced: ")?;
        for (index, informer) in self.informers.iter().enumerate() {
            write!(out, "{}{informer}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for CacheSyncError {}
