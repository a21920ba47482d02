//! Running a manager.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::watch;

use super::endpoint::Answers;
use super::error::{ManagerError, Stopped};
use super::http::Server;
use super::signals::Signals;
use super::work::Work;
use super::{Manager, Stop};
use crate::client::Client;
use crate::controllers::controller::Fence;
use crate::controllers::election::{LeaderElector, Leadership};
use crate::controllers::sharding::Sharding;
use crate::informer::InformerFactory;

/// Asks all parts to stop, and keeps the first error.
#[derive(Clone)]
struct Stopper {
    stop: watch::Sender<bool>,
    error: Arc<Mutex<Option<ManagerError>>>,
}

impl Stopper {
    fn new() -> Self {
        Stopper { stop: watch::Sender::new(false), error: Arc::default() }
    }

    fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops all parts if one failed.
    fn ended(&self, result: Result<(), ManagerError>) {
        let Err(error) = result else { return };
        tracing::error!(%error, "the manager stops");
        self.error().get_or_insert(error);
        self.stop();
    }

    fn signal(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    fn error(&self) -> std::sync::MutexGuard<'_, Option<ManagerError>> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Manager {
    pub(super) async fn run_with_signals(self, mut signals: Signals) -> Result<Stopped, ManagerError> {
        let (asked, mut was_asked) = watch::channel(None);
        let stop = async move { drop(was_asked.wait_for(Option::is_some).await) };
        let informers = self.informers.clone();
        let mut run = pin!(self.run_to_end(stop));
        let signal = tokio::select! {
            result = &mut run => return result.map(|()| Stopped::Finished),
            signal = signals.next() => signal,
        };
        tracing::info!(signal, "stopping");
        asked.send_replace(Some(signal));
        tokio::select! {
            result = run => result?,
            again = signals.next() => {
                tracing::warn!(signal = again, "a second signal: what still runs is dropped");
                informers.shutdown().await;
            }
        }
        Ok(Stopped::Signal(signal))
    }

    pub(super) async fn run_to_end(mut self, stop: impl Future<Output = ()> + Send) -> Result<(), ManagerError> {
        if let Some(sharding) = &self.sharding {
            divide(sharding, &self.client, &self.work)?;
        }
        let endpoint = self.endpoint();
        let _server = match self.listen {
            None => None,
            Some(address) => {
                let mut health_checks = endpoint.health_checks();
                health_checks.append(&mut self.health_checks);
                let mut ready_checks = endpoint.ready_checks();
                ready_checks.append(&mut self.ready_checks);
                let metrics = std::mem::take(&mut self.metrics);
                let server = Server::start(address, Answers { endpoint, health_checks, ready_checks, metrics }).await?;
                tracing::info!(address = %server.address, "serving metrics and health");
                self.bound.send_replace(Some(server.address));
                Some(server)
            }
        };
        let stopper = Stopper::new();
        let parts = Parts {
            informers: self.informers,
            sync_timeout: self.sync_timeout,
            elector: self.elector,
            sharding: self.sharding,
        };
        let mut running = pin!(parts.run(self.work, &stopper));
        tokio::select! {
            () = &mut running => {}
            () = stop => {
                stopper.stop();
                running.await;
            }
        }
        parts.informers.shutdown().await;
        let error = stopper.error().take();
        error.map_or(Ok(()), Err)
    }
}

/// What the work of a manager needs.
struct Parts {
    informers: InformerFactory,
    sync_timeout: Duration,
    elector: Option<LeaderElector>,
    sharding: Option<Arc<dyn Sharding>>,
}

impl Parts {
    /// Runs all work until it has ended.
    async fn run(&self, work: Vec<Work>, stopper: &Stopper) {
        self.informers.start();
        let (elected, unelected): (Vec<_>, Vec<_>) = work.into_iter().partition(|work| work.elected);
        let is_divided = |work: &Work| self.sharding.is_some() && work.as_controller().is_some();
        let (divided, elected): (Vec<_>, Vec<_>) = elected.into_iter().partition(is_divided);
        let sync = async {
            let synced = self.informers.wait_for_cache_sync_within(self.sync_timeout);
            tokio::select! {
                synced = synced => stopper.ended(synced.map_err(ManagerError::from)),
                () = stopper.signal().wait() => {}
            }
        };
        let elected = async {
            match &self.elector {
                _ if elected.is_empty() => {}
                None => run_all(elected, stopper, None).await,
                Some(elector) => lead(elector, elected, stopper).await,
            }
        };
        let divided = async {
            if let Some(sharding) = &self.sharding {
                share(&**sharding, divided, stopper).await;
            }
        };
        tokio::join!(sync, run_all(unelected, stopper, None), elected, divided);
    }
}

/// Makes the controllers reconcile only the objects of this replica.
fn divide(sharding: &Arc<dyn Sharding>, client: &Client, work: &[Work]) -> Result<(), ManagerError> {
    let mut divided: Vec<(String, Vec<String>)> = Vec::new();
    for controller in work.iter().filter(|work| work.elected).filter_map(Work::as_controller) {
        let name = controller.status().name;
        let Some(informers) = controller.divide(sharding, client) else {
            return Err(ManagerError::Sharding(format!("an informer of controller {name} was started before").into()));
        };
        divided.push((name, informers));
    }
    for controller in work.iter().filter_map(Work::as_controller) {
        let status = controller.status();
        let own = divided.iter().find(|(name, _)| *name == status.name).map_or(&[][..], |(_, informers)| informers);
        let others = divided.iter().flat_map(|(_, informers)| informers);
        let others: Vec<&String> = others.filter(|informer| !own.contains(informer)).collect();
        if let Some(informer) = status.informers.iter().find(|informer| others.contains(&&informer.name)) {
            return Err(ManagerError::Divided { controller: status.name, informer: informer.name.clone() });
        }
    }
    Ok(())
}

/// Runs the work of this replica. Its objects are given up one after the other while the work ends.
async fn share(sharding: &dyn Sharding, work: Vec<Work>, stopper: &Stopper) {
    let sharding = async {
        stopper.ended(sharding.run(stopper.signal()).await.map_err(ManagerError::Sharding));
    };
    tokio::join!(run_all(work, stopper, None), sharding);
}

async fn run_all(work: Vec<Work>, stopper: &Stopper, fence: Option<Fence>) {
    let run = |work: Work| {
        let fence = fence.clone();
        async move { stopper.ended(work.run(stopper.signal(), fence).await) }
    };
    join_all(work.into_iter().map(run)).await;
}

/// Waits for leadership and runs the work. If leadership is lost, drops the work at once: another process may do it already.
async fn lead(elector: &LeaderElector, work: Vec<Work>, stopper: &Stopper) {
    let leadership: Leadership = tokio::select! {
        biased;
        () = stopper.signal().wait() => return,
        leadership = elector.acquire() => leadership,
    };
    let fence: Fence = {
        let leadership = leadership.clone();
        Arc::new(move || leadership.is_valid())
    };
    let lost = tokio::select! {
        biased;
        loss = leadership.lost() => Some(loss),
        () = run_all(work, stopper, Some(fence)) => None,
    };
    match lost {
        Some(loss) => stopper.ended(Err(ManagerError::LeadershipLost { lease: elector.name().to_owned(), loss })),
        None => {
            if let Err(error) = leadership.release().await {
                tracing::warn!(%error, "the lease was not released");
            }
        }
    }
}
