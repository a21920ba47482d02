//! The workers of a controller.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kube::Resource;
use kube::core::ObjectMeta;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::Instrument;

use super::fence::{self, Fence};
use super::metrics::Ending;
use super::run::Reconciling;
use crate::controllers::queue::{AddOptions, Cause, WorkItem, WorkQueue};
use crate::controllers::reconcile::{Outcome, ReconcileError, Reconciler, Request, Retry};
use crate::controllers::sharding::{Admission, Permit};
use crate::informer::ObjectKey;

/// How long an object of another replica waits while it is cached.
const FOREIGN_DELAY: Duration = Duration::from_secs(1);

/// A worker: it reconciles one object after the other.
pub(super) struct Worker<K: Resource, R> {
    pub(super) controller: Arc<Reconciling<K, R>>,
    pub(super) queue: WorkQueue<ObjectKey>,
    pub(super) fence: Option<Fence>,
}

/// The right to reconcile an object.
struct Admitted {
    permit: Permit,
    /// The metadata of an object that was deleted.
    deleted: Option<ObjectMeta>,
}

/// Why a call of the reconciler failed.
enum Failure {
    /// This replica does not reconcile the object any more.
    Revoked,
    Error(ReconcileError),
    Panic(String),
    Timeout(Duration),
}

impl<K, R> Worker<K, R>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    R: Reconciler<K>,
{
    pub(super) async fn run(&self) {
        while let Some(item) = self.queue.get().await {
            let failures = self.queue.failures(&item);
            let span = tracing::info_span!(
                "reconcile",
                controller = self.controller.settings.name,
                object = %*item,
                cause = %item.cause(),
                failures,
            );
            let reconciliation = pin!(self.reconcile(&item, failures));
            reconciliation.instrument(span).await;
        }
    }

    /// Reconciles an object. Futures are pinned where they are created, and those that are rarely needed are boxed: moving them
    /// would take more time than the rest of a short reconciliation.
    async fn reconcile(&self, item: &WorkItem<ObjectKey>, failures: u32) {
        if let Some(admitted) = self.admit(item).await {
            self.process(item, failures, admitted).await;
        }
    }

    /// Returns the right to reconcile an object, if this replica has it.
    async fn admit(&self, item: &WorkItem<ObjectKey>) -> Option<Admitted> {
        let controller = &self.controller;
        let Some(shard) = controller.shard.get() else {
            return Some(Admitted { permit: Permit::unlimited(), deleted: None });
        };
        let object = controller.informer.lister().find(item.namespace.as_deref(), &item.name);
        let deleted = if object.is_some() { None } else { shard.deleted.remove(item) };
        let metadata = object.as_ref().map(|object| object.meta()).or(deleted.as_ref());
        match shard.admit(metadata) {
            Admission::Reconcile(permit) => return Some(Admitted { permit, deleted }),
            Admission::Foreign => {
                self.queue.forget(item);
                if object.is_some() {
                    // The cache removes it soon. If it does not, this replica received the object again.
                    self.add(item, AddOptions::default().after(FOREIGN_DELAY).cause(Cause::Retry));
                }
            }
            Admission::Release => match Box::pin(controller.release(shard, metadata?)).await {
                Ok(()) => self.queue.forget(item),
                Err(error) => {
                    tracing::warn!(%error, "the object could not be given up");
                    self.add(item, AddOptions::default().rate_limited().cause(Cause::Retry));
                    self.restore(item, deleted);
                }
            },
        }
        None
    }

    async fn process(&self, item: &WorkItem<ObjectKey>, failures: u32, admitted: Admitted) {
        let Admitted { permit, deleted } = admitted;
        let metrics = &self.controller.metrics;
        let start = Instant::now();
        let result = {
            let _active = metrics.start();
            let call = pin!(self.call(item, failures));
            permit.during(call).await.unwrap_or(Err(Failure::Revoked))
        };
        // The call was dropped before.
        drop(permit);
        let ending = match result {
            Ok(outcome) => self.succeeded(item, outcome),
            Err(failure) => self.failed(item, failure),
        };
        if !matches!(ending, Ending::Success | Ending::TerminalError) {
            self.restore(item, deleted);
        }
        metrics.end(ending, start.elapsed());
    }

    /// Keeps the metadata of an object whose deletion is reconciled again.
    fn restore(&self, item: &WorkItem<ObjectKey>, deleted: Option<ObjectMeta>) {
        if let (Some(shard), Some(deleted)) = (self.controller.shard.get(), deleted) {
            shard.deleted.restore(item, deleted);
        }
    }

    /// Calls the reconciler, and contains its panics.
    async fn call(&self, item: &WorkItem<ObjectKey>, failures: u32) -> Result<Outcome, Failure> {
        let controller = &self.controller;
        let object = controller.informer.lister().find(item.namespace.as_deref(), &item.name);
        let call = pin!(async {
            match object {
                Some(object) => {
                    let request = Request::new((**item).clone(), object, failures, item.cause().clone());
                    controller.reconciler.reconcile(request).await
                }
                None if Box::pin(controller.is_deleted(item)).await? => controller.reconciler.deleted(item).await,
                None => Ok(Outcome::done()),
            }
        });
        let call = fence::within(self.fence.as_ref(), AssertUnwindSafe(call).catch_unwind());
        let result = match controller.settings.timeout {
            None => call.await,
            Some(limit) => match tokio::time::timeout(limit, call).await {
                Ok(result) => result,
                Err(_) => return Err(Failure::Timeout(limit)),
            },
        };
        match result {
            Ok(result) => result.map_err(Failure::Error),
            Err(panic) => Err(Failure::Panic(message(&*panic))),
        }
    }

    fn succeeded(&self, item: &WorkItem<ObjectKey>, outcome: Outcome) -> Ending {
        self.queue.forget(item);
        let Some(delay) = outcome.requeue_after else { return Ending::Success };
        self.add(item, AddOptions::default().after(delay).cause(Cause::Requeue));
        Ending::RequeueAfter
    }

    fn failed(&self, item: &WorkItem<ObjectKey>, failure: Failure) -> Ending {
        let retry = AddOptions::default().rate_limited().cause(Cause::Retry);
        match failure {
            Failure::Error(error) => {
                tracing::warn!(%error, terminal = error.is_terminal(), "reconciliation failed");
                match error.retry {
                    Retry::Backoff => self.add(item, retry),
                    // The rate limiter does not decide this delay, and does not count the failure.
                    Retry::After(delay) => self.add(item, AddOptions::default().after(delay).cause(Cause::Retry)),
                    Retry::Never => {
                        self.queue.forget(item);
                        return Ending::TerminalError;
                    }
                }
                Ending::Error
            }
            Failure::Revoked => {
                tracing::info!("the reconciliation was dropped: another replica reconciles the object");
                self.add(item, AddOptions::default().after(FOREIGN_DELAY).cause(Cause::Retry));
                Ending::Revoked
            }
            Failure::Panic(message) => {
                tracing::error!(message, "the reconciler panicked");
                self.add(item, retry);
                Ending::Panic
            }
            Failure::Timeout(limit) => {
                tracing::warn!(?limit, "reconciliation exceeded the timeout");
                self.add(item, retry);
                Ending::Timeout
            }
        }
    }

    /// Adds the object again, with the priority that it had.
    fn add(&self, item: &WorkItem<ObjectKey>, options: AddOptions) {
        self.queue.add_with((**item).clone(), options.priority(item.priority()));
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
