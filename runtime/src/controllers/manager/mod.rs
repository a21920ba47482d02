//! Managers: what a program with controllers consists of.

mod builder;
mod debug;
mod endpoint;
mod error;
mod health;
mod http;
mod run;
mod signals;
mod work;

pub use builder::ManagerBuilder;
pub use error::{ManagerError, Stopped};

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::controller::Controller;
use super::election::LeaderElector;
use super::sharding::Sharding;
use crate::client::Client;
use crate::informer::InformerFactory;
use endpoint::Endpoint;
use health::Check;
use work::Work;

/// Runs the parts of a program together: informers, controllers, other tasks, leader election, and an HTTP endpoint for
/// metrics and health.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use kube_client_runtime::client::Client;
/// use kube_client_runtime::controllers::election::LeaderElector;
/// use kube_client_runtime::controllers::{Controller, Manager, ReconcileError};
/// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
///
/// async fn reconcile(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<(), ReconcileError> {
///     Ok(())
/// }
///
/// async fn run(client: Client) -> Result<(), Box<dyn std::error::Error>> {
///     let elector = LeaderElector::builder(&client, "default", "my-controller").release_on_cancel(true).build()?;
///     let mut manager = Manager::builder(&client).leader_election(elector).listen(([0, 0, 0, 0], 8080)).build();
///     let maps = manager.informers().informer::<ConfigMap>();
///     manager.add(Controller::builder("maps", &maps).reconcile(reconcile, Arc::new(client)));
///     let stopped = manager.run().await?;
///     println!("{stopped}");
///     Ok(())
/// }
/// ```
///
/// The endpoint answers plain HTTP/1.1:
///
/// | path | answer |
/// |---|---|
/// | `/metrics` | the metrics of the client, informers, controllers, the election and sharding in Prometheus' text format |
/// | `/healthz` | 200 if the process is healthy; 500 if it should be restarted: it holds the lease but does not renew it, or a check failed |
/// | `/readyz` | 200 if all informers are ready, and 500 with the reasons otherwise |
/// | `/debug/informers`, `/debug/controllers`, `/debug/sharding` | their status as JSON |
///
/// `/healthz?verbose` and `/readyz?verbose` list the checks, as those of the API server do.
pub struct Manager {
    client: Client,
    informers: InformerFactory,
    elector: Option<LeaderElector>,
    sharding: Option<Arc<dyn Sharding>>,
    listen: Option<SocketAddr>,
    sync_timeout: Duration,
    health_checks: Vec<Check>,
    ready_checks: Vec<Check>,
    metrics: Vec<Box<dyn Fn() -> String + Send + Sync>>,
    work: Vec<Work>,
    bound: watch::Sender<Option<SocketAddr>>,
}

impl Manager {
    /// Returns a builder of a manager.
    pub fn builder(client: &Client) -> ManagerBuilder {
        ManagerBuilder::new(client)
    }

    /// Returns the factory of the informers, which the manager starts and stops. The typed factory of an emitted crate is
    /// created with `SharedInformerFactory::from(manager.informers().clone())`.
    pub fn informers(&self) -> &InformerFactory {
        &self.informers
    }

    /// Returns the client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Adds a controller that runs while this process is the leader. Without leader election, it runs at once. With
    /// [sharding](ManagerBuilder::sharding), it reconciles the objects of this replica.
    pub fn add(&mut self, controller: Controller) {
        self.work.push(Work::controller(controller, true));
    }

    /// Adds a controller that runs in each process, whether or not it is the leader.
    pub fn add_unelected(&mut self, controller: Controller) {
        self.work.push(Work::controller(controller, false));
    }

    /// Adds a task that runs while this process is the leader. It should end when its argument is ready; if it fails, the
    /// manager ends.
    pub fn add_task<F, R, E>(&mut self, name: impl Into<String>, task: F)
    where
        F: FnOnce(Stop) -> R + Send + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.work.push(Work::task(name.into(), task, true));
    }

    /// Adds a task that runs in each process, such as a server of webhooks. See [`add_task`](Self::add_task).
    pub fn add_unelected_task<F, R, E>(&mut self, name: impl Into<String>, task: F)
    where
        F: FnOnce(Stop) -> R + Send + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.work.push(Work::task(name.into(), task, false));
    }

    /// Returns the address of the endpoint, once it listens: the port of an address with port 0 is chosen by the system.
    pub fn address(&self) -> watch::Receiver<Option<SocketAddr>> {
        self.bound.subscribe()
    }

    /// Runs until the process receives SIGTERM or SIGINT, or a part fails. Then stops all parts, each within its grace period,
    /// and releases the lease. A second signal drops what still runs.
    ///
    /// # Errors
    /// Returns an error if the endpoint cannot listen, an informer does not sync, a task fails, or leadership is lost. The
    /// process should then exit: its replacement starts from the current state.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, as `tokio::spawn` does.
    pub async fn run(self) -> Result<Stopped, ManagerError> {
        let signals = signals::Signals::new()?;
        // The future is large, and callers may keep it on their stack.
        Box::pin(self.run_with_signals(signals)).await
    }

    /// [`run`](Self::run) until `stop` is ready, without handling signals.
    ///
    /// # Errors
    /// Returns an error as [`run`](Self::run) does.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) -> Result<(), ManagerError> {
        Box::pin(self.run_to_end(stop)).await
    }

    fn endpoint(&self) -> Endpoint {
        let controllers = self.work.iter().filter_map(Work::as_controller).cloned().collect();
        Endpoint {
            client: self.client.clone(),
            informers: self.informers.clone(),
            controllers,
            elector: self.elector.clone(),
            sharding: self.sharding.clone(),
        }
    }
}

/// A future that is ready when a task should end. Clones are the same signal.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// Requests the end of a task when the value is `true`, or when the sender is dropped.
impl From<watch::Receiver<bool>> for Stop {
    fn from(requested: watch::Receiver<bool>) -> Self {
        Stop(requested)
    }
}

impl Stop {
    /// Waits until the task should end.
    pub async fn wait(mut self) {
        // The sender is dropped when the manager ends.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Returns whether the task should end.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}

/// Returns the text of a check's failure.
type CheckFn = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

impl fmt::Debug for Manager {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Manager").field("work", &self.work).field("listen", &self.listen).finish_non_exhaustive()
    }
}
