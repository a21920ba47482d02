//! Tests of leader election on the in-memory API server, with tokio's paused clock.

mod acquiring;
mod coordinated;
mod ending;
mod observing;
mod releasing;
mod renewing;

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube_client_runtime::client::Client;
use kube_client_runtime::controllers::election::{LeaderElector, LeaderElectorBuilder, Leadership};
use kube_fake_apiserver::{Calls, FakeApiServer, GroupResource, Recording};
use tokio::time::Instant;

const NAME: &str = "controller";

fn server() -> FakeApiServer {
    FakeApiServer::builder().build().expect("a server without CRDs")
}

fn builder(server: &FakeApiServer, identity: &str) -> LeaderElectorBuilder {
    LeaderElector::builder(&Client::from(server.client()), "default", NAME).identity(identity)
}

fn elector(server: &FakeApiServer, identity: &str) -> LeaderElector {
    builder(server, identity).build().expect("valid settings")
}

fn leases() -> GroupResource {
    GroupResource { group: "coordination.k8s.io".to_owned(), resource: "leases".to_owned() }
}

/// A lease that this holder holds.
fn held_by(holder: &str) -> Lease {
    let time = MicroTime(Timestamp::from_second(1_000_000_000).unwrap());
    let spec = LeaseSpec {
        holder_identity: Some(holder.to_owned()),
        lease_duration_seconds: Some(15),
        acquire_time: Some(time.clone()),
        renew_time: Some(time),
        lease_transitions: Some(4),
        ..LeaseSpec::default()
    };
    let mut lease = Lease { spec: Some(spec), ..Lease::default() };
    lease.metadata.name = Some(NAME.to_owned());
    lease
}

async fn create(server: &FakeApiServer, lease: &Lease) {
    Client::from(server.client()).namespaced::<Lease>("default").create(lease).await.unwrap();
}

/// Changes the lease as someone else does.
async fn change(server: &FakeApiServer, change: impl Fn(&mut LeaseSpec)) {
    let leases = Client::from(server.client()).namespaced::<Lease>("default");
    leases.modify(NAME, |lease| change(lease.spec.get_or_insert_default())).await.unwrap();
}

async fn lease(server: &FakeApiServer) -> Lease {
    Client::from(server.client()).namespaced::<Lease>("default").get(NAME).await.unwrap()
}

async fn spec(server: &FakeApiServer) -> LeaseSpec {
    lease(server).await.spec.unwrap_or_default()
}

async fn holder(server: &FakeApiServer) -> String {
    spec(server).await.holder_identity.unwrap_or_default()
}

/// Awaits a future, with a limit on the paused clock.
async fn within<T>(seconds: u64, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(seconds), future).await.expect("timed out")
}

async fn acquired(elector: &LeaderElector) -> Leadership {
    within(30, elector.acquire()).await
}

async fn sleep(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

/// Returns the verbs of the requests for leases.
fn verbs(recording: &Recording) -> Vec<String> {
    let requests = recording.matching(&Calls::to("*", "leases"));
    requests.into_iter().map(|action| action.verb).collect()
}

fn since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64()
}
