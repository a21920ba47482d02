//! What a way to divide objects provides.

use std::error::Error as StdError;

use futures::future::BoxFuture;
use kube::core::{ApiResource, ObjectMeta};
use serde_json::Value;
use tokio::sync::watch;

use super::permit::Permit;
use crate::client::Error;
use crate::controllers::Stop;
use crate::informer::Selection;

/// The way in which the replicas of a program divide the objects that they reconcile.
///
/// A [`Manager`](crate::controllers::Manager) uses it as follows:
///
/// 1. The informer of each controller's own kind [follows](crate::informer::Informer::follow) [`selection`](Self::selection).
///    It is subscribed to before [`run`](Self::run) is called. An object that leaves the selection is removed from the cache;
///    no reconciler is called for it. An object that joins is reconciled as those of the first list are.
/// 2. [`run`](Self::run) publishes the selections. When the manager stops, its argument is ready and the controllers start no
///    more reconciliations; those that are running end within the grace period of their controller.
/// 3. A worker of a controller calls [`begin`](Self::begin) with the cached object before it calls the reconciler, and keeps
///    the [`Permit`] until the reconciler has returned. When the permit is revoked or not valid, the worker drops the
///    reconciliation instead.
///
/// # Implementing it
///
/// - `begin` decides, not the selection: an object may be cached for some time after this replica has lost it.
/// - A hand-over changes what `begin` answers first. Then it waits until the permits of the objects have been dropped, or
///   [revokes](super::Hold::revoked) them after a grace period and waits until they have been dropped. Only then may another
///   replica receive the objects.
/// - Permits that are held when the right to reconcile ends by itself, such as with a lease, must not be
///   [valid](super::Hold::is_valid) from that moment on. The clock must decide, because no task may have run since.
/// - The selection is published before or after `begin` admits its objects: `begin` refuses objects that the informer still
///   caches, and objects that are admitted and not cached yet are added when the informer has listed them. An informer reads
///   the objects that join from the API server after they were selected, so that it sees all that the former replica wrote.
/// - When `begin` refuses an object that stays in the selection, the worker asks again every second. A replica that has lost
///   all objects, such as with its lease, therefore selects nothing.
/// - A replica without objects selects [`Selection::Nothing`]. Its informers are synced then, and it is ready.
pub trait Sharding: Send + Sync + 'static {
    /// Returns the objects that this replica selects, and their changes.
    fn selection(&self) -> watch::Receiver<Selection>;

    /// Returns whether the objects that an object owns, in its namespace, are divided as the object itself, so that the
    /// informers of owned kinds can follow the selection, too. The default is `false`: those informers read all objects.
    fn divides_owned(&self) -> bool {
        false
    }

    /// Returns whether this replica reconciles an object now. It must not block: a worker calls it before each
    /// reconciliation.
    ///
    /// For an object that was deleted, it is called with the last state of its metadata.
    fn begin(&self, object: &ObjectMeta) -> Admission;

    /// Gives an object up for which `begin` returned [`Admission::Release`]. The worker that calls it reconciles no other
    /// object meanwhile, and no worker of the same controller reconciles this one. If it fails, it is called again after the
    /// delay of the controller's rate limiter.
    ///
    /// # Errors
    /// Returns an error if the object could not be given up.
    fn release<'s>(&'s self, kind: &'s ApiResource, object: &'s ObjectMeta) -> BoxFuture<'s, Result<(), Error>> {
        let _ = (kind, object);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Returns whether an event must be processed even if the predicates of a controller do not pass it, because the object is
    /// handed over to this replica or by it. `old` is the state before an update. The default is `false`.
    fn is_handover(&self, old: Option<&ObjectMeta>, new: &ObjectMeta) -> bool {
        let _ = (old, new);
        false
    }

    /// Returns whether an object that was removed from the cache by an event of the watch, and whose last state `begin`
    /// admits, was deleted. If it is `false`, as for labels that others change, the worker reads the object from the API
    /// server before it calls [`Reconciler::deleted`](crate::controllers::Reconciler::deleted).
    fn deletions_are_certain(&self) -> bool {
        true
    }

    /// Divides the objects with the other replicas until `stop` is ready. Then it admits no object any more, waits until the
    /// permits have been dropped, and gives the objects up. Failed requests are repeated.
    ///
    /// Dropping the future ends the right of this replica to reconcile objects.
    ///
    /// # Errors
    /// Returns an error that ends the program.
    fn run(&self, stop: Stop) -> BoxFuture<'_, Result<(), Box<dyn StdError + Send + Sync>>>;

    /// Returns an error if the process should be restarted, for `/healthz`.
    ///
    /// # Errors
    /// Returns the reason.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Returns metrics in Prometheus' text format 0.0.4, for `/metrics`.
    fn metrics_text(&self) -> String {
        String::new()
    }

    /// Returns the status, for `/debug/sharding`.
    fn status(&self) -> Value {
        Value::Null
    }
}

/// Whether this replica reconciles an object.
#[derive(Debug)]
#[non_exhaustive]
pub enum Admission {
    /// It does, while the permit is held.
    Reconcile(Permit),
    /// It does not: the object is removed from the queue.
    Foreign,
    /// It must give the object up: [`Sharding::release`] is called instead of the reconciler.
    Release,
}
