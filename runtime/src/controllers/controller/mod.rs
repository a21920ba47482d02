//! Controllers: watched kinds, a work queue, and workers that reconcile.

mod builder;
mod error;
mod fence;
mod finalizer;
mod metrics;
mod run;
mod shard;
mod source;
mod status;
mod worker;

pub use builder::ControllerBuilder;
pub use error::ControllerError;
pub(super) use fence::Fence;
pub use status::{ControllerStatus, metrics_text};

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use kube::Resource;
use serde::de::DeserializeOwned;

use super::sharding::Sharding;
use crate::client::Client;
use crate::informer::Informer;

/// A controller: it reconciles the objects of one kind when they or objects that belong to them change. Clones are handles to
/// the same controller.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use kube_client_runtime::client::Client;
/// use kube_client_runtime::controllers::{Controller, ReconcileError};
/// use kube_client_runtime::informer::InformerFactory;
/// use kube_client_runtime::k8s_openapi::api::apps::v1::Deployment;
/// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
///
/// async fn reconcile(deployment: Arc<Deployment>, client: Arc<Client>) -> Result<(), ReconcileError> {
///     let Some(namespace) = &deployment.metadata.namespace else { return Ok(()) };
///     let maps = client.namespaced::<ConfigMap>(namespace);
///     // … create or update a ConfigMap that the Deployment owns
///     Ok(())
/// }
///
/// async fn run(client: Client) -> Result<(), Box<dyn std::error::Error>> {
///     let informers = InformerFactory::new(client.clone());
///     let controller = Controller::builder("settings", &informers.informer::<Deployment>())
///         .owns(&informers.informer::<ConfigMap>())
///         .workers(4)
///         .reconcile(reconcile, Arc::new(client));
///     controller.run(std::future::pending()).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Controller {
    inner: Arc<dyn Run>,
}

/// A controller of any kind.
trait Run: Send + Sync {
    fn run<'r>(
        self: Arc<Self>,
        stop: Pin<Box<dyn Future<Output = ()> + Send + 'r>>,
        fence: Option<Fence>,
    ) -> Pin<Box<dyn Future<Output = Result<(), ControllerError>> + Send + 'r>>;

    fn divide(&self, sharding: &Arc<dyn Sharding>, client: &Client) -> Option<Vec<String>>;

    fn status(&self) -> ControllerStatus;
}

impl Controller {
    /// Returns a builder of a controller of the objects of `informer`. The name appears in metrics and logs.
    pub fn builder<K>(name: impl Into<String>, informer: &Informer<K>) -> ControllerBuilder<K>
    where
        K: Resource<DynamicType: Clone + Send + Sync, Scope: 'static>
            + DeserializeOwned
            + Clone
            + Send
            + Sync
            + 'static,
    {
        ControllerBuilder::new(name.into(), informer.clone())
    }

    /// Starts the informers and reconciles until `stop` is ready. Then finishes the reconciliations that are running, and
    /// drops those that are queued.
    ///
    /// The first reconciliation starts when all informers have synced. A controller can run again after it has stopped.
    ///
    /// # Errors
    /// Returns an error if an informer does not sync in time, or has been shut down.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) -> Result<(), ControllerError> {
        self.run_fenced(stop, None).await
    }

    /// [`run`](Self::run), with reconciliations that are not polled while a fence is closed.
    pub(super) async fn run_fenced(
        &self,
        stop: impl Future<Output = ()> + Send,
        fence: Option<Fence>,
    ) -> Result<(), ControllerError> {
        Arc::clone(&self.inner).run(Box::pin(stop), fence).await
    }

    /// Reconciles only the objects of this replica from now on. Returns the names of the informers that read only these, or
    /// `None` if one of them was started before, or the controller is divided already.
    pub(super) fn divide(&self, sharding: &Arc<dyn Sharding>, client: &Client) -> Option<Vec<String>> {
        self.inner.divide(sharding, client)
    }

    /// Returns the status of the controller, for readiness checks and metrics.
    pub fn status(&self) -> ControllerStatus {
        self.inner.status()
    }
}

impl fmt::Debug for Controller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Controller").field("name", &self.status().name).finish_non_exhaustive()
    }
}
