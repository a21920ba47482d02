//! Running a controller.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::Run;
use super::error::ControllerError;
use super::fence::Fence;
use super::metrics::Metrics;
use super::shard::Shard;
use super::source::Source;
use super::status::{self, ControllerStatus, Parts};
use super::worker::Worker;
use crate::client::Client;
use crate::controllers::queue::{RateLimiter, WorkQueue, WorkQueueBuilder};
use crate::controllers::reconcile::Reconciler;
use crate::controllers::sharding::Sharding;
use crate::informer::{CacheSyncError, HandlerRegistration, Informer, ObjectKey};

/// Creates the rate limiter of a run.
pub(super) type NewLimiter = Box<dyn Fn() -> Box<dyn RateLimiter<ObjectKey>> + Send + Sync>;

/// The settings of a controller.
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) workers: usize,
    pub(super) fair: bool,
    pub(super) limiter: NewLimiter,
    pub(super) sync_timeout: Duration,
    pub(super) timeout: Option<Duration>,
    pub(super) grace: Duration,
}

/// A controller with its reconciler.
pub(super) struct Reconciling<K: Resource, R> {
    pub(super) informer: Informer<K>,
    pub(super) sources: Vec<Box<dyn Source>>,
    pub(super) settings: Settings,
    pub(super) reconciler: R,
    pub(super) metrics: Metrics,
    /// The queue of the current or last run, and whether its workers run.
    pub(super) queue: Mutex<Option<(bool, WorkQueue<ObjectKey>)>>,
    /// How the objects are divided between the replicas, if they are.
    pub(super) shard: OnceLock<Shard>,
}

/// Closes the queue and removes the handlers when a run ends or is dropped.
struct Running<'c> {
    queue: &'c Mutex<Option<(bool, WorkQueue<ObjectKey>)>>,
    registrations: Vec<HandlerRegistration>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some((running, queue)) = &mut *lock(self.queue) {
            *running = false;
            queue.close();
        }
        self.registrations.drain(..).for_each(HandlerRegistration::remove);
    }
}

impl<K, R> Run for Reconciling<K, R>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    R: Reconciler<K>,
{
    fn run<'r>(
        self: Arc<Self>,
        stop: Pin<Box<dyn Future<Output = ()> + Send + 'r>>,
        fence: Option<Fence>,
    ) -> Pin<Box<dyn Future<Output = Result<(), ControllerError>> + Send + 'r>> {
        Box::pin(self.run_until(stop, fence))
    }

    fn divide(&self, sharding: &Arc<dyn Sharding>, client: &Client) -> Option<Vec<String>> {
        let divided = self.sources.iter().enumerate();
        let divided = divided.filter(|(index, source)| *index == 0 || (sharding.divides_owned() && source.is_owned()));
        let mut names = Vec::new();
        for (_, source) in divided {
            names.push(source.follow(sharding.selection()).then(|| source.status().name)?);
        }
        self.shard.set(Shard::new(Arc::clone(sharding), client.clone())).ok()?;
        Some(names)
    }

    fn status(&self) -> ControllerStatus {
        let queue = lock(&self.queue).as_ref().map(|(running, queue)| (*running, queue.status()));
        let parts = Parts {
            name: self.settings.name.clone(),
            workers: self.settings.workers,
            queue,
            informers: self.sources.iter().map(|source| source.status()).collect(),
        };
        status::of(parts, &self.metrics)
    }
}

impl<K, R> Reconciling<K, R>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
    R: Reconciler<K>,
{
    async fn run_until(
        self: Arc<Self>,
        stop: Pin<Box<dyn Future<Output = ()> + Send + '_>>,
        fence: Option<Fence>,
    ) -> Result<(), ControllerError> {
        let queue = self.new_queue();
        *lock(&self.queue) = Some((false, queue.clone()));
        let mut running = Running { queue: &self.queue, registrations: Vec::new() };
        for (index, source) in self.sources.iter().enumerate() {
            let handover = self.shard.get().filter(|_| index == 0).map(Shard::handover);
            let registration = source.start(&self.settings.name, &queue, handover);
            running.registrations.push(
                registration
                    .map_err(|source| ControllerError::Informer { controller: self.settings.name.clone(), source })?,
            );
        }
        tokio::pin!(stop);
        tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            synced = self.wait_for_sync(&running.registrations) => synced?,
        }
        if let Some((running, _)) = &mut *lock(&self.queue) {
            *running = true;
        }
        let workers = self.start_workers(&queue, fence.as_ref());
        stop.await;
        drop(running);
        self.finish(workers).await;
        Ok(())
    }

    fn new_queue(&self) -> WorkQueue<ObjectKey> {
        let builder: WorkQueueBuilder<ObjectKey> =
            WorkQueue::builder().name(&self.settings.name).rate_limiter((self.settings.limiter)());
        if self.settings.fair { builder.fair_by(|key| key.namespace.clone()).build() } else { builder.build() }
    }

    /// Waits until the objects of all informers are in the queue.
    async fn wait_for_sync(&self, registrations: &[HandlerRegistration]) -> Result<(), ControllerError> {
        let synced = async {
            let all = futures::future::join_all(registrations.iter().map(HandlerRegistration::synced)).await;
            all.into_iter().all(|synced| synced)
        };
        if tokio::time::timeout(self.settings.sync_timeout, synced).await == Ok(true) {
            return Ok(());
        }
        let statuses = self.sources.iter().map(|source| source.status());
        let informers = statuses.filter(|status| !status.synced).collect();
        let source = CacheSyncError { informers };
        Err(ControllerError::NotSynced { controller: self.settings.name.clone(), source })
    }

    fn start_workers(self: &Arc<Self>, queue: &WorkQueue<ObjectKey>, fence: Option<&Fence>) -> JoinSet<()> {
        let mut workers = JoinSet::new();
        for _ in 0..self.settings.workers {
            let worker = Worker { controller: Arc::clone(self), queue: queue.clone(), fence: fence.cloned() };
            workers.spawn(async move { worker.run().await });
        }
        workers
    }

    /// Waits until the running reconciliations have ended, up to the grace period.
    async fn finish(&self, mut workers: JoinSet<()>) {
        let ended = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(self.settings.grace, ended).await.is_err() {
            tracing::warn!(
                controller = self.settings.name,
                grace = ?self.settings.grace,
                reconciliations = workers.len(),
                "reconciliations did not end within the grace period and are dropped"
            );
            workers.shutdown().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
