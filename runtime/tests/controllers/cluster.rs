//! A server with informers, controllers over it, and reconcilers that record what they do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube_client_runtime::client::Client;
use kube_client_runtime::controllers::{Controller, ControllerBuilder, ControllerError, Outcome, ReconcileError};
use kube_client_runtime::informer::InformerFactory;
use kube_fake_apiserver::FakeApiServer;
use testkit::time::within;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// A server, a client, and a factory of informers.
pub(super) struct Cluster {
    pub(super) server: FakeApiServer,
    pub(super) client: Client,
    pub(super) informers: InformerFactory,
}

impl Cluster {
    pub(super) fn new() -> Self {
        let server = FakeApiServer::builder().garbage_collection().build().expect("a server");
        let client = Client::from(server.client());
        Cluster { informers: InformerFactory::new(client.clone()), server, client }
    }

    pub(super) fn controller(&self) -> ControllerBuilder<ConfigMap> {
        Controller::builder("maps", &self.informers.informer::<ConfigMap>())
    }

    pub(super) async fn create(&self, name: &str) -> ConfigMap {
        self.client.namespaced("default").create(&map(name)).await.expect("created")
    }

    pub(super) async fn touch(&self, name: &str) {
        let maps = self.client.namespaced::<ConfigMap>("default");
        let touch = |map: &mut ConfigMap| {
            let data = map.data.get_or_insert_default();
            let count = data.get("count").map_or(0, |count| count.parse().unwrap_or(0)) + 1;
            data.insert("count".to_owned(), count.to_string());
        };
        maps.modify(name, touch).await.expect("modified");
    }
}

pub(super) fn map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map
}

pub(super) fn secret(name: &str) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some(name.to_owned());
    secret
}

/// A running controller; dropping it does not stop it.
pub(super) struct Run {
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<Result<(), ControllerError>>,
}

impl Run {
    pub(super) fn of(controller: &Controller) -> Self {
        let (stop, stopped) = oneshot::channel();
        let controller = controller.clone();
        let task = tokio::spawn(async move { controller.run(async { drop(stopped.await) }).await });
        Run { stop: Some(stop), task }
    }

    pub(super) fn ask_to_stop(&mut self) {
        self.stop.take();
    }

    pub(super) async fn stopped(mut self) {
        self.ask_to_stop();
        within(self.task).await.expect("no panic").expect("no error");
    }
}

/// Records the names of reconciled objects and the times since the first one; fails as its script says.
#[derive(Default)]
pub(super) struct Log {
    pub(super) calls: Mutex<Vec<(String, Instant)>>,
    pub(super) script: Mutex<BTreeMap<String, Vec<Step>>>,
}

pub(super) type Step = fn() -> Result<Outcome, ReconcileError>;

impl Log {
    pub(super) fn failing<const N: usize>(name: &str, script: [Step; N]) -> Arc<Self> {
        let log = Log::default();
        log.script.lock().unwrap().insert(name.to_owned(), script.into());
        Arc::new(log)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|other| *other == name).count()
    }

    /// Returns the times between the calls, in milliseconds.
    pub(super) fn delays(&self) -> Vec<u128> {
        let calls = self.calls.lock().unwrap();
        calls.windows(2).map(|pair| (pair[1].1 - pair[0].1).as_millis()).collect()
    }
}

pub(super) async fn record(map: Arc<ConfigMap>, log: Arc<Log>) -> Result<Outcome, ReconcileError> {
    let name = map.metadata.name.clone().unwrap_or_default();
    log.calls.lock().unwrap().push((name.clone(), Instant::now()));
    let mut script = std::mem::take(log.script.lock().unwrap().entry(name.clone()).or_default()).into_iter();
    let step = script.next();
    log.script.lock().unwrap().insert(name, script.collect());
    step.map_or_else(|| Ok(Outcome::done()), |step| step())
}
