//! The controller on the in-memory API server, with the permissions that it is deployed with.

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::{AIGatewayRoute, AIServiceBackend, BackendSecurityPolicy};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::api::rbac::v1::{ClusterRole, Role};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::jiff::Timestamp;
use kube::core::{ApiResource, DynamicObject};
use kube_client_runtime::client::wait::{WaitOptions, condition, deleted, matches};
use kube_client_runtime::client::{Client, ListOptions, Namespaced};
use kube_client_runtime::types::HasConditions;
use kube_fake_apiserver::{Builder, Calls, FakeApiServer, Recording, User};
use model_catalogue::client::models::v1::ModelCatalogue;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
const USER: &str = "system:serviceaccount:model-catalogue:model-catalogue";

fn limit() -> WaitOptions {
    WaitOptions::new(Duration::from_secs(60))
}

static SERVER: LazyLock<FakeApiServer> = LazyLock::new(|| server().expect("a server"));

fn server() -> Result<FakeApiServer, kube_fake_apiserver::BuildError> {
    let builder = FakeApiServer::builder().rbac().garbage_collection().namespaces(["model-catalogue"]);
    let builder = builder.crds(aigateway_client::crds())?;
    let builder =
        ["crds", "testdata"].iter().try_fold(builder, |builder, name| builder.crds_in(format!("{FOLDER}/{name}")))?;
    builder.objects_in(format!("{FOLDER}/manifests")).and_then(Builder::build)
}

fn backends() -> ApiResource {
    let [group, version, kind, plural] =
        ["gateway.envoyproxy.io", "v1alpha1", "Backend", "backends"].map(str::to_owned);
    ApiResource { api_version: format!("{group}/{version}"), group, version, kind, plural }
}

/// A running controller and its cluster.
struct Run {
    server: FakeApiServer,
    recording: Recording,
    /// The client of an administrator.
    client: Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), String>>,
    advanced: Cell<Duration>,
}

impl Run {
    fn start() -> Self {
        let server = SERVER.fork();
        let recording = server.record();
        let client = Client::from(server.client_as(&User::new(USER)));
        let manager =
            model_catalogue::manager(&client, "model-catalogue", ([127, 0, 0, 1], 0).into()).expect("valid names");
        let (stop, stopped) = oneshot::channel();
        let run = manager.run_until(async { drop(stopped.await) });
        let task = tokio::spawn(async { run.await.map_err(|error| error.to_string()) });
        Run { client: Client::from(server.client()), server, recording, stop, task, advanced: Cell::default() }
    }

    async fn stopped(self) -> Recording {
        drop(self.stop);
        self.task.await.expect("no panic").expect("no error");
        self.recording
    }

    fn catalogues(&self) -> Namespaced<ModelCatalogue> {
        self.client.namespaced("default")
    }

    /// The time of the server.
    fn now(&self) -> String {
        (Timestamp::now() + self.advanced.get()).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn advance(&self, by: Duration) {
        self.server.advance(by);
        self.advanced.set(self.advanced.get() + by);
    }

    /// Sets the condition of the route as the controller of AI Gateway does.
    async fn answer(&self, condition: &str) {
        let routes = Clientset::from(self.client.clone()).aigateway_v1beta1().ai_gateway_routes("default");
        let route =
            routes.wait_for("chat", matches("a route", |_: &AIGatewayRoute| true), limit()).await.expect("a route");
        let condition = json!({
            "type": condition, "status": "True", "reason": condition, "message": "the backend is unknown",
            "lastTransitionTime": self.now(),
        });
        self.server.set_status(&route.expect("a route"), json!({"conditions": [condition]})).expect("a status");
    }

    /// Waits until the condition has a reason.
    async fn reason(&self, reason: &'static str) {
        let has = matches("the reason", move |catalogue: &ModelCatalogue| {
            catalogue.find_condition("Ready").is_some_and(|ready| ready.reason == reason)
        });
        self.catalogues().wait_for("chat", has, limit()).await.expect("the condition");
    }

    async fn ready(&self, status: &str) -> ModelCatalogue {
        let catalogue = self.catalogues().wait_for("chat", condition("Ready", status), limit()).await;
        catalogue.expect("the condition").expect("a catalogue")
    }
}

#[tokio::test]
async fn catalogue_is_published_until_it_is_deleted() {
    let run = Run::start();
    run.answer("Accepted").await;
    let catalogue = run.ready("True").await;
    assert_eq!(catalogue.status.and_then(|status| status.models), Some(3));
    run.catalogues().delete("chat").await.expect("deleted");
    run.catalogues().wait_for("chat", deleted(), limit()).await.expect("the finalizer is removed");
    let backends = run.client.namespaced_with::<DynamicObject>("default", backends());
    backends.wait_for("chat-openai", deleted(), limit()).await.expect("it is collected");
    run.stopped().await;
}

#[tokio::test]
async fn objects_of_a_removed_provider_are_deleted() {
    let run = Run::start();
    run.answer("Accepted").await;
    run.ready("True").await;
    run.catalogues().modify("chat", |catalogue| drop(catalogue.spec.providers.pop())).await.expect("modified");
    let policies = run.client.namespaced::<BackendSecurityPolicy>("default");
    policies.wait_for("chat-anthropic", deleted(), limit()).await.expect("the policy is deleted");
    let services = run.client.namespaced::<AIServiceBackend>("default");
    services.wait_for("chat-anthropic", deleted(), limit()).await.expect("the backend is deleted");
    assert!(services.get("chat-openai").await.is_ok());
    run.stopped().await;
}

#[tokio::test]
async fn changed_objects_are_restored() {
    let run = Run::start();
    run.answer("Accepted").await;
    run.ready("True").await;
    let services = run.client.namespaced::<AIServiceBackend>("default");
    services
        .modify("chat-openai", |service| service.spec_mut().schema.name = "Anthropic".into())
        .await
        .expect("modified");
    let restored = matches("the schema of the provider", |service: &AIServiceBackend| {
        service.spec.as_ref().is_some_and(|spec| spec.schema.name.as_str() == "OpenAI")
    });
    services.wait_for("chat-openai", restored, limit()).await.expect("restored");
    run.stopped().await;
}

#[tokio::test]
async fn refused_route_is_reported_by_the_condition_and_an_event() {
    let run = Run::start();
    run.answer("NotAccepted").await;
    run.reason("RouteNotAccepted").await;
    let warning = matches("a warning", |event: &Event| event.reason.as_deref() == Some("RouteNotAccepted"));
    let events = run.client.namespaced::<Event>("default");
    events.wait_for_any(&ListOptions::default(), warning, limit()).await.expect("the event");
    run.stopped().await;
}

#[tokio::test]
async fn deployed_role_is_the_least_that_the_controller_needs() {
    let run = Run::start();
    for answer in ["NotAccepted", "Accepted", "NotAccepted", "Accepted"] {
        run.answer(answer).await;
        run.reason(if answer == "Accepted" { "Accepted" } else { "RouteNotAccepted" }).await;
    }
    let series = matches("an event that was repeated", |event: &Event| event.series.is_some());
    let events = run.client.namespaced::<Event>("default");
    events.wait_for_any(&ListOptions::default(), series, limit()).await.expect("the event");
    run.catalogues().modify("chat", |catalogue| drop(catalogue.spec.providers.pop())).await.expect("modified");
    let backends = run.client.namespaced_with::<DynamicObject>("default", backends());
    backends.wait_for("chat-anthropic", deleted(), limit()).await.expect("the backend is deleted");
    run.catalogues().delete("chat").await.expect("deleted");
    run.catalogues().wait_for("chat", deleted(), limit()).await.expect("the finalizer is removed");
    let role = run.client.cluster::<ClusterRole>().get("model-catalogue").await.expect("the cluster role");
    let in_namespace = run.client.namespaced::<Role>("model-catalogue").get("model-catalogue").await.expect("the role");
    let recording = run.stopped().await;
    let calls = Calls::all().from_user(USER);
    let recorded = recording.cluster_role("model-catalogue", &calls.clone().in_namespace("model-catalogue"));
    assert_eq!(json!(in_namespace.rules), recorded["rules"], "update manifests/rbac.yaml to {recorded:#}");
    let mut recorded = recording.cluster_role("model-catalogue", &calls);
    let rules = recorded["rules"].as_array_mut().expect("rules");
    rules.retain(|rule| rule["resources"] != json!(["leases"]));
    assert_eq!(json!(role.rules), recorded["rules"], "update manifests/rbac.yaml to {recorded:#}");
}

#[tokio::test]
async fn catalogue_is_not_ready_by_the_answer_to_an_older_route() {
    let run = Run::start();
    run.answer("Accepted").await;
    run.ready("True").await;
    run.advance(Duration::from_secs(2));
    run.catalogues().modify("chat", |catalogue| drop(catalogue.spec.providers.pop())).await.expect("modified");
    run.ready("False").await;
    run.answer("Accepted").await;
    assert_eq!(run.ready("True").await.status.and_then(|status| status.models), Some(2));
    run.stopped().await;
}

#[tokio::test]
async fn object_of_another_owner_is_reported_and_not_changed() {
    let run = Run::start();
    run.answer("Accepted").await;
    run.ready("True").await;
    let services = run.client.namespaced::<AIServiceBackend>("default");
    let mut other = services.get("chat-openai").await.expect("a backend");
    other.metadata = ObjectMeta { name: Some("chat-other".to_owned()), ..ObjectMeta::default() };
    services.create(&other).await.expect("created");
    let add = |catalogue: &mut ModelCatalogue| {
        let mut provider = catalogue.spec.providers[0].clone();
        "other".clone_into(&mut provider.name);
        catalogue.spec.providers.push(provider);
    };
    run.catalogues().modify("chat", add).await.expect("modified");
    let message = "chat-other exists, and this catalogue does not control it: rename one of them";
    let reported = matches("the conflict", move |catalogue: &ModelCatalogue| {
        catalogue.find_condition("Ready").is_some_and(|ready| ready.message.contains(message))
    });
    run.catalogues().wait_for("chat", reported, limit()).await.expect("the condition");
    let other = services.get("chat-other").await.expect("a backend");
    assert_eq!(other.metadata.owner_references, None);
    run.stopped().await;
}
