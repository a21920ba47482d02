//! An example of testing a controller: kube's `Controller`, unchanged, on an in-memory API server.
//!
//! The controller maintains a ConfigMap for each GatewayConfig, which is garbage collected with its owner.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aigateway_client::aigateway::v1beta1::{GatewayConfig, GatewayConfigSpec};
use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::wait::await_condition;
use kube::runtime::watcher::Config;
use kube::{Api, Client, Resource, ResourceExt};
use kube_fake_apiserver::{Calls, Failure, FakeApiServer, Reaction};
use serde_json::json;

/// A server for all tests. Each test uses a fork, which takes microseconds.
static SERVER: LazyLock<FakeApiServer> = LazyLock::new(|| {
    let builder = FakeApiServer::builder().garbage_collection();
    let server = builder.crds(aigateway_client::crds()).and_then(kube_fake_apiserver::Builder::build);
    server.expect("the embedded CRDs can be served")
});

async fn reconcile(config: Arc<GatewayConfig>, client: Arc<Client>) -> Result<Action, kube::Error> {
    let namespace = config.namespace().unwrap_or_default();
    let maps: Api<ConfigMap> = Api::namespaced((*client).clone(), &namespace);
    let owner = config.controller_owner_ref(&());
    let intent = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": config.name_any(), "ownerReferences": [owner]},
        "data": {"generation": config.metadata.generation.unwrap_or_default().to_string()},
    });
    maps.patch(&config.name_any(), &PatchParams::apply("gateway-maps").force(), &Patch::Apply(intent)).await?;
    Ok(Action::await_change())
}

/// Starts the controller; it stops with the runtime of the test.
fn start(client: &Client) {
    let controller = Controller::new(Api::<GatewayConfig>::all(client.clone()), Config::default())
        .owns(Api::<ConfigMap>::all(client.clone()), Config::default());
    let error_policy = |_: Arc<GatewayConfig>, _: &kube::Error, _: Arc<Client>| Action::requeue(Duration::from_secs(5));
    tokio::spawn(controller.run(reconcile, error_policy, Arc::new(client.clone())).for_each(|_| async {}));
}

fn apis(client: &Client) -> (Api<GatewayConfig>, Api<ConfigMap>) {
    (Api::default_namespaced(client.clone()), Api::default_namespaced(client.clone()))
}

#[tokio::test(start_paused = true)]
async fn config_map_is_created_and_garbage_collected_with_its_gateway_config() {
    let server = SERVER.fork();
    let client = server.client();
    let (configs, maps) = apis(&client);
    start(&client);

    let config = GatewayConfig::new("one", GatewayConfigSpec::default());
    configs.create(&PostParams::default(), &config).await.expect("created");
    await_condition(maps.clone(), "one", |map: Option<&ConfigMap>| map.is_some()).await.expect("a map");

    configs.delete("one", &DeleteParams::default()).await.expect("deleted");
    assert!(maps.get_opt("one").await.expect("a response").is_none(), "collected with its owner");
}

#[tokio::test(start_paused = true)]
async fn failed_reconciliation_is_retried() {
    let server = SERVER.fork();
    let client = server.client();
    let (configs, maps) = apis(&client);
    let failures = Reaction::fail(Failure::internal("etcd is unavailable")).times(3);
    let reactor = server.react(Calls::to("patch", "configmaps"), failures);
    start(&client);

    let config = GatewayConfig::new("one", GatewayConfigSpec::default());
    configs.create(&PostParams::default(), &config).await.expect("created");
    await_condition(maps, "one", |map: Option<&ConfigMap>| map.is_some()).await.expect("a map");
    assert!(reactor.seen() >= 4, "three failures and a success");
}

#[tokio::test(start_paused = true)]
async fn config_map_deleted_by_another_client_is_recreated() {
    let server = SERVER.fork();
    let client = server.client();
    let (configs, maps) = apis(&client);
    start(&client);
    let config = GatewayConfig::new("one", GatewayConfigSpec::default());
    configs.create(&PostParams::default(), &config).await.expect("created");
    await_condition(maps.clone(), "one", |map: Option<&ConfigMap>| map.is_some()).await.expect("a map");
    let first = maps.get("one").await.expect("a map").uid();

    maps.delete("one", &DeleteParams::default()).await.expect("deleted");
    let is_new = |map: Option<&ConfigMap>| map.is_some_and(|map| map.uid() != first);
    await_condition(maps.clone(), "one", is_new).await.expect("another map");
}

#[tokio::test(start_paused = true)]
async fn settled_controller_changes_no_objects_after_a_relist() {
    let server = SERVER.fork();
    let client = server.client();
    let (configs, maps) = apis(&client);
    start(&client);
    let config = GatewayConfig::new("one", GatewayConfigSpec::default());
    configs.create(&PostParams::default(), &config).await.expect("created");
    await_condition(maps, "one", |map: Option<&ConfigMap>| map.is_some()).await.expect("a map");
    server.settle().await;

    let (before, recording) = (server.state(), server.record());
    // The connections of all watches break; the controller relists.
    server.close_watches();
    for resource in ["gatewayconfigs", "configmaps"] {
        let reopened = async {
            while recording.matching(&Calls::to("watch", resource)).is_empty() {
                // The clock is paused: this takes no real time.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), reopened).await.expect("the controller watches again");
    }
    server.settle().await;
    let diff = before.diff(&server.state());
    assert!(diff.is_empty(), "{diff}");
}
