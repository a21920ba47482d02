//! The HTTP endpoint of managers, over TCP.

use std::net::SocketAddr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::client::Client;
use kube_client_runtime::controllers::election::LeaderElector;
use kube_client_runtime::controllers::{Controller, Manager, ManagerBuilder, ReconcileError};
use kube_fake_apiserver::FakeApiServer;
use serde_json::Value;
use testkit::time::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn nothing(_: Arc<ConfigMap>, _: Arc<()>) -> Result<(), ReconcileError> {
    Ok(())
}

/// Starts a manager with a controller, and returns the address of its endpoint.
async fn start(configure: impl FnOnce(ManagerBuilder) -> ManagerBuilder) -> SocketAddr {
    let server = FakeApiServer::builder().build().expect("a server");
    let client = Client::from(server.client());
    let elector = LeaderElector::builder(&client, "default", "maps").build().expect("valid settings");
    let builder = Manager::builder(&client).leader_election(elector).listen(([127, 0, 0, 1], 0));
    let mut manager = configure(builder).build();
    let maps = manager.informers().informer::<ConfigMap>();
    manager.add(Controller::builder("maps", &maps).reconcile(nothing, Arc::new(())));
    let informers = manager.informers().clone();
    let mut address = manager.address();
    tokio::spawn(manager.run_until(std::future::pending()));
    let address = within(address.wait_for(Option::is_some)).await.expect("it listens").expect("an address");
    within(maps.synced()).await.expect("it can list");
    assert!(informers.is_ready());
    address
}

/// Sends a request and returns the status and the body.
async fn send(address: SocketAddr, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = String::new();
    within(stream.read_to_string(&mut response)).await.expect("a response");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}

#[tokio::test]
async fn metrics_of_all_parts_are_served() {
    let address = start(|builder| builder.metrics(|| "example_total 1\n".to_owned())).await;
    let (status, body) = send(address, "GET", "/metrics").await;
    assert_eq!(status, 200);
    for metric in [
        "rest_client_requests_total{",
        "informer_synced{",
        "controller_runtime_max_concurrent_reconciles{controller=\"maps\"} 1",
        "leader_election_master_status{",
        "example_total 1",
    ] {
        assert!(body.lines().any(|line| line.starts_with(metric)), "{metric} is not in\n{body}");
    }
    let mut names: Vec<_> = body.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "each metric is described once");
}

#[tokio::test]
async fn health_is_ok_and_verbose_health_lists_the_checks() {
    let address = start(|builder| builder).await;
    for path in ["/healthz", "/livez", "/readyz"] {
        assert_eq!(send(address, "GET", path).await, (200, "ok".to_owned()), "{path}");
    }
    let (status, body) = send(address, "GET", "/healthz?verbose").await;
    assert_eq!((status, &*body), (200, "[+]ping ok\n[+]leaderElection ok\nhealthz check passed\n"));
    let (status, body) = send(address, "GET", "/readyz?verbose=1").await;
    assert_eq!((status, &*body), (200, "[+]ping ok\n[+]informers ok\nreadyz check passed\n"));
}

#[tokio::test]
async fn failed_check_is_a_500_with_its_reason() {
    let address = start(|builder| {
        builder.ready_check("database", || Err("no connection".to_owned())).health_check("disk", || Ok(()))
    })
    .await;
    let (status, body) = send(address, "GET", "/readyz").await;
    let expected = "[+]ping ok\n[+]informers ok\n[-]database failed: no connection\nreadyz check failed\n";
    assert_eq!((status, &*body), (500, expected));
    assert_eq!(send(address, "GET", "/healthz").await.0, 200);
}

#[tokio::test]
async fn status_is_served_as_json() {
    let address = start(|builder| builder).await;
    let (status, body) = send(address, "GET", "/debug/informers").await;
    let informers: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &informers[0]["name"], &informers[0]["synced"]), (200, &"configmaps".into(), &true.into()));
    let (status, body) = send(address, "GET", "/debug/controllers").await;
    let controllers: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &controllers[0]["name"], &controllers[0]["workers"]), (200, &"maps".into(), &1.into()));
}

#[tokio::test]
async fn other_paths_and_methods_are_rejected() {
    let address = start(|builder| builder).await;
    assert_eq!(send(address, "GET", "/").await.0, 404);
    assert_eq!(send(address, "GET", "/debug/pprof").await.0, 404);
    assert_eq!(send(address, "POST", "/metrics").await.0, 405);
}

#[tokio::test]
async fn address_that_is_taken_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = taken.local_addr().expect("an address");
    let server = FakeApiServer::builder().build().expect("a server");
    let client = Client::from(server.client());
    let manager = Manager::builder(&client).listen(address).build();
    let error = within(manager.run_until(std::future::pending())).await.expect_err("the address is taken");
    assert!(error.to_string().starts_with(&format!("cannot listen on {address}: ")), "{error}");
}
