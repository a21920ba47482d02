//! Tests of discovery and dynamic clients.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use kube::client::Body;
use kube::core::{ApiResource, DynamicObject, GroupVersionKind, GroupVersionResource};
use kube::discovery::Scope;
use kube_client_runtime::client::{Client, ListOptions, WriteOptions};
use kube_client_runtime::dynamic::{
    DiscoveredResource, KindError, MapperError, RestMapper, from_typed, try_into_typed,
};
use kube_client_runtime::k8s_openapi::api::apps::v1::Deployment;
use kube_client_runtime::k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube_client_runtime::k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube_fake_apiserver::{Builder, FakeApiServer};
use serde_json::json;

use super::{client, map};

fn widgets() -> CustomResourceDefinition {
    let version = |name: &str| {
        json!({
            "name": name, "served": true, "storage": name == "v1",
            "subresources": {"scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
            }}},
        })
    };
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "shortNames": ["cm", "wd"], "categories": ["parts"]},
            "versions": [version("v1alpha1"), version("v1")],
        },
    });
    serde_json::from_value(crd).unwrap()
}

fn server() -> FakeApiServer {
    let kind = ApiResource::erase::<Deployment>(&());
    let builder = FakeApiServer::builder().kind(kind, Scope::Namespaced).crds([widgets()]);
    builder.and_then(Builder::build).expect("a server with widgets")
}

#[tokio::test]
async fn names_are_resolved_as_kubectl_resolves_them() {
    let server = server();
    let mapper = RestMapper::new(client(&server));
    for (name, expected) in [
        ("widgets", "example.com/v1 widgets"),
        ("widget", "example.com/v1 widgets"),
        ("Widget", "example.com/v1 widgets"),
        ("wd", "example.com/v1 widgets"),
        ("WIDGETS.example.com", "example.com/v1 widgets"),
        ("widgets.v1alpha1.example.com", "example.com/v1alpha1 widgets"),
        ("cm", "v1 configmaps"),
        ("cm.example.com", "example.com/v1 widgets"),
        ("configmaps.v1.", "v1 configmaps"),
        ("ns", "v1 namespaces"),
        ("deployments.v1.apps", "apps/v1 deployments"),
    ] {
        let found = mapper.resolve(name).await.unwrap_or_else(|error| panic!("{name}: {error}")).api_resource;
        assert_eq!(format!("{} {}", found.api_version, found.plural), expected, "{name}");
    }
    for name in ["gadgets", "widgets.apps", "widgets.v2.example.com", ""] {
        assert!(matches!(mapper.resolve(name).await, Err(MapperError::NotFound { .. })), "{name}");
    }
    let parts = mapper.by_category("parts").await.unwrap();
    assert_eq!(
        parts.iter().map(DiscoveredResource::gvr).collect::<Vec<_>>(),
        [GroupVersionResource::gvr("example.com", "v1", "widgets")]
    );
    let by_resource =
        mapper.by_resource(&GroupVersionResource::gvr("example.com", "v1alpha1", "widgets")).await.unwrap();
    assert_eq!(by_resource.gvk(), GroupVersionKind::gvk("example.com", "v1alpha1", "Widget"));
}

#[tokio::test(start_paused = true)]
async fn missing_kind_refreshes_discovery_at_most_once_per_interval() {
    let server = FakeApiServer::builder().build().expect("a server without CRDs");
    let mapper = RestMapper::new(client(&server));
    let recording = server.record();
    let requests = || recording.actions().iter().filter(|action| action.path == "/apis").count();
    assert!(mapper.resolve("widgets").await.is_err());
    assert_eq!(requests(), 1);
    client(&server).cluster::<CustomResourceDefinition>().create(&widgets()).await.unwrap();
    let storm = futures::future::join_all((0..100).map(|_| mapper.resolve("widgets"))).await;
    assert!(storm.iter().all(Result::is_err));
    assert_eq!(requests(), 1, "the last discovery was just now");
    tokio::time::advance(Duration::from_secs(11)).await;
    let found = futures::future::join_all((0..100).map(|_| mapper.resolve("widgets"))).await;
    assert!(found.iter().all(Result::is_ok));
    assert_eq!(requests(), 2, "one discovery for all");
    mapper.resolve("widgets").await.unwrap();
    assert_eq!(requests(), 2);
}

#[tokio::test]
async fn clients_for_a_discovered_kind_follow_its_scope() {
    let server = server();
    let client = client(&server);
    let mapper = RestMapper::new(client.clone());
    let widget = GroupVersionKind::gvk("example.com", "v1", "Widget");
    let resource = mapper.by_kind(&widget).await.unwrap();
    let widgets = mapper.namespaced(&widget, "default").await.unwrap();
    let object = DynamicObject::new("one", &resource.api_resource).data(json!({"spec": {"replicas": 2}}));
    widgets.create(&object).await.unwrap();
    let all = mapper.all_namespaces(&widget).await.unwrap().list(&ListOptions::default()).await.unwrap();
    assert_eq!(all.items[0].data["spec"], json!({"replicas": 2}));

    let mut scale = resource.scales(widgets).unwrap().get("one").await.unwrap();
    assert_eq!(scale.spec.as_ref().and_then(|spec| spec.replicas), Some(2));
    scale.spec.get_or_insert_default().replicas = Some(4);
    let scales = resource.scales(resource.namespaced(&client, "default").unwrap()).unwrap();
    scales.update(&scale, &WriteOptions::default()).await.unwrap();
    assert_eq!(scales.get("one").await.unwrap().spec.and_then(|spec| spec.replicas), Some(4));

    let maps = mapper.resolve("configmaps").await.unwrap();
    let of_maps = maps.namespaced(&client, "default").unwrap();
    assert!(matches!(maps.scales(of_maps), Err(KindError::NoSubresource { .. })));
    assert!(matches!(maps.cluster(&client), Err(KindError::Namespaced(_))));
    let namespaces = mapper.resolve("Namespace").await.unwrap();
    assert!(matches!(namespaces.namespaced(&client, "default"), Err(KindError::ClusterScoped(_))));
    assert!(namespaces.cluster(&client).unwrap().get_opt("default").await.is_ok());
}

#[tokio::test]
async fn objects_are_converted_both_ways() {
    let server = server();
    let client = client(&server);
    let created = client.namespaced::<ConfigMap>("default").create(&map("one")).await.unwrap();
    let maps = RestMapper::new(client).resolve("configmaps").await.unwrap();
    let all = maps.all_namespaces(&super::client(&server)).list(&ListOptions::default()).await.unwrap();
    let dynamic = all.items.into_iter().next().expect("one object");
    let typed: ConfigMap = try_into_typed(dynamic).unwrap();
    assert_eq!(typed, created);
    let error = try_into_typed::<Namespace>(from_typed(&typed, &()).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the object is ConfigMap.v1, not Namespace.v1");
}

/// A server that answers paths with JSON, and others with 503.
fn scripted(answers: &'static [(&'static str, &'static str)]) -> Client {
    let service = tower::service_fn(move |request: Request<Body>| async move {
        let accept = request.headers().get("accept").and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let aggregated = accept.contains("APIGroupDiscoveryList");
        let key = format!("{}{}", request.uri().path(), if aggregated { " aggregated" } else { "" });
        let answer = answers.iter().find(|(path, _)| *path == key || *path == request.uri().path());
        let (code, text) = answer.map_or((503, "no"), |(_, text)| (200, *text));
        Ok::<_, Infallible>(Response::builder().status(code).body(Full::new(Bytes::from(text))).expect("a response"))
    });
    Client::from(kube::Client::new(service, "default"))
}

const CORE: &str = r#"{"kind": "APIGroupDiscoveryList", "items": [{"versions": [{"version": "v1", "resources": [
    {"resource": "pods", "responseKind": {"kind": "Pod"}, "scope": "Namespaced", "shortNames": ["po"]}]}]}]}"#;

const STALE: &str = r#"{"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "metrics.k8s.io"}, "versions": [
    {"version": "v1beta1", "freshness": "Stale", "resources": []}]}]}"#;

#[tokio::test]
async fn groups_that_fail_are_reported_and_the_others_are_usable() {
    let mapper = RestMapper::new(scripted(&[("/api", CORE), ("/apis", STALE)]));
    assert_eq!(mapper.resolve("po").await.unwrap().api_resource.plural, "pods");
    assert_eq!(mapper.failures()[0].api_version, "metrics.k8s.io/v1beta1");
    let missing = mapper.resolve("podmetrics").await.unwrap_err();
    assert!(
        missing.to_string().starts_with(r#"the server has no resource "podmetrics"; discovery is incomplete: metrics"#),
        "{missing}"
    );
}

#[tokio::test]
async fn server_without_aggregated_discovery_is_asked_for_each_group_version() {
    let mapper = RestMapper::new(scripted(&[
        ("/api", r#"{"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}"#),
        (
            "/api/v1",
            r#"{"kind": "APIResourceList", "groupVersion": "v1", "resources": [
            {"name": "pods", "singularName": "pod", "namespaced": true, "kind": "Pod", "verbs": ["get"]},
            {"name": "pods/status", "singularName": "", "namespaced": true, "kind": "Pod", "verbs": ["get"]}]}"#,
        ),
        (
            "/apis",
            r#"{"kind": "APIGroupList", "groups": [{"name": "apps",
            "preferredVersion": {"groupVersion": "apps/v1", "version": "v1"},
            "versions": [{"groupVersion": "apps/v1beta1", "version": "v1beta1"}, {"groupVersion": "apps/v1", "version": "v1"}]}]}"#,
        ),
        (
            "/apis/apps/v1",
            r#"{"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
            {"name": "deployments", "singularName": "deployment", "namespaced": true, "kind": "Deployment", "verbs": ["get"], "shortNames": ["deploy"]}]}"#,
        ),
    ]));
    let deployments = mapper.resolve("deploy").await.unwrap();
    assert_eq!(deployments.api_resource.api_version, "apps/v1");
    assert!(mapper.resolve("pod").await.unwrap().has_subresource("status"));
    let failed: Vec<_> = mapper.failures().into_iter().map(|failure| failure.api_version).collect();
    assert_eq!(failed, ["apps/v1beta1"]);
}

#[tokio::test(start_paused = true)]
async fn failing_discovery_is_an_error_and_not_repeated_at_once() {
    let mapper = RestMapper::new(scripted(&[]));
    assert!(matches!(mapper.resolve("pods").await, Err(MapperError::Discovery(_))));
    assert!(matches!(mapper.resolve("pods").await, Err(MapperError::Throttled)));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(matches!(mapper.resolve("pods").await, Err(MapperError::Discovery(_))));
}
