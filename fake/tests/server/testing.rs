//! Recordings, injected errors, states and other test features of the server.

use std::time::Duration;

use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use http_body_util::BodyExt;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchParams};
use kube_fake_apiserver::{Calls, Failure, FakeApiServer, GroupResource, Reaction};
use serde_json::json;
use tower::Service;

use super::{refused, resource, server, widget, widgets};

#[tokio::test]
async fn recording_contains_requests_with_options_and_body() {
    let server = server();
    let api = widgets(&server.client());
    let recording = server.record();
    api.create(&PostParams::default(), &widget("a", json!({"size": 2}))).await.expect("created");
    let patch = Patch::Merge(json!({"status": {"ready": true}}));
    api.patch_status("a", &PatchParams::apply("me"), &patch).await.expect("patched");
    api.get("a").await.expect("object exists");

    let actions: Vec<String> = recording.actions().iter().map(ToString::to_string).collect();
    assert_eq!(actions, ["create widgets default/", "patch widgets/status default/a", "get widgets default/a"]);
    let [create, patch] = &recording.writes()[..] else { panic!("two writes: {recording:?}") };
    assert_eq!(create.json().map(|body| body["spec"]["size"].clone()), Some(json!(2)));
    assert_eq!((create.group.as_str(), create.version.as_str()), ("example.com", "v1"));
    assert_eq!(patch.option("fieldManager"), Some("me"));
    assert_eq!(patch.content_type, "application/merge-patch+json");
    assert_eq!(recording.matching(&Calls::to("get", "widgets").named("a")).len(), 1);

    recording.clear();
    assert!(recording.actions().is_empty());
}

#[tokio::test]
async fn failure_is_injected_for_the_configured_calls() {
    let server = server();
    let api = widgets(&server.client());
    let widgets_resource = GroupResource { group: "example.com".to_owned(), resource: "widgets".to_owned() };
    let conflict = Failure::conflict(&widgets_resource, "a", "changed concurrently");
    let reactor = server.react(Calls::to("create", "widgets"), Reaction::fail(conflict).after(1).times(1));

    api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("the first call passes");
    let (code, reason, message) = refused(api.create(&PostParams::default(), &widget("b", json!({}))).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert_eq!(message, "Operation cannot be fulfilled on widgets.example.com \"a\": changed concurrently");
    assert!(api.get_opt("b").await.expect("a response").is_none(), "the failed create had no effect");
    api.create(&PostParams::default(), &widget("b", json!({}))).await.expect("the third call passes");
    assert_eq!(reactor.seen(), 3);
}

#[tokio::test]
async fn answer_function_overrides_responses_until_removed() {
    let server = server();
    let api = widgets(&server.client());
    let answer = |action: &kube_fake_apiserver::Action| {
        let known = json!({
            "apiVersion": "example.com/v1", "kind": "Widget",
            "metadata": {"name": action.name, "namespace": "default"}, "spec": {"size": 99},
        });
        (action.name == "synthetic").then_some(Ok(known))
    };
    let reactor = server.react(Calls::to("get", "widgets"), Reaction::answer(answer));
    assert_eq!(api.get("synthetic").await.expect("a response").data["spec"]["size"], 99);
    assert_eq!(refused(api.get("other").await).0, 404);
    reactor.remove();
    assert_eq!(refused(api.get("synthetic").await).0, 404);
}

#[tokio::test]
async fn lost_response_keeps_the_write_and_refused_request_has_no_effect() {
    let server = server();
    let api = widgets(&server.client());
    server.react(Calls::to("create", "*"), Reaction::lose_answer().once());
    let lost = api.create(&PostParams::default(), &widget("a", json!({}))).await;
    assert!(matches!(lost, Err(kube::Error::Service(_))), "{lost:?}");
    api.get("a").await.expect("the widget was created");

    server.react(Calls::to("delete", "widgets"), Reaction::refuse().once());
    assert!(matches!(api.delete("a", &DeleteParams::default()).await, Err(kube::Error::Service(_))));
    api.get("a").await.expect("the widget still exists");

    server.react(Calls::to("list", "widgets"), Reaction::truncate_answer_after(20).once());
    api.list(&ListParams::default()).await.expect_err("the response is truncated");
    assert_eq!(api.list(&ListParams::default()).await.expect("a list").items.len(), 1);
}

#[tokio::test]
async fn watch_cut_within_an_event_returns_an_error() {
    let server = server();
    let api = widgets(&server.client());
    api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("created");
    server.react(Calls::to("watch", "widgets"), Reaction::truncate_answer_after(40).once());
    let events = api.watch(&WatchParams::default(), "0").await.expect("a watch");
    let events: Vec<_> = events.collect().await;
    assert!(matches!(&events[..], [Err(_)]), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn delayed_response_arrives_late_and_hanging_request_never_returns() {
    let server = server();
    let api = widgets(&server.client());
    let slow = server.react(Calls::all(), Reaction::delay(Duration::from_secs(3)));
    let start = tokio::time::Instant::now();
    api.list(&ListParams::default()).await.expect("a list");
    assert_eq!(start.elapsed().as_secs(), 3);
    slow.remove();

    server.react(Calls::to("list", "widgets"), Reaction::hang());
    let response = tokio::time::timeout(Duration::from_secs(3600), api.list(&ListParams::default())).await;
    assert!(response.is_err(), "the request hangs");
}

#[tokio::test]
async fn state_diff_lists_changed_fields() {
    let server = server();
    let api = widgets(&server.client());
    api.create(&PostParams::default(), &widget("a", json!({"size": 1}))).await.expect("created");
    api.create(&PostParams::default(), &widget("b", json!({}))).await.expect("created");
    let before = server.state();
    let patch = Patch::Merge(json!({"spec": {"size": 2, "parts": [{"name": "x"}]}}));
    api.patch("a", &PatchParams::default(), &patch).await.expect("patched");
    api.delete("b", &DeleteParams::default()).await.expect("deleted");
    api.create(&PostParams::default(), &widget("c", json!({}))).await.expect("created");

    let diff = before.diff(&server.state()).without("metadata");
    assert_eq!(
        diff.to_string(),
        r#"~ widgets.example.com default/a
    spec.parts: nothing -> [{"name":"x"}]
    spec.size: 1 -> 2
- widgets.example.com default/b
+ widgets.example.com default/c
"#
    );
    let widgets = server.state().filter(|key| key.resource == "widgets.example.com" && key.name == "c");
    let text = widgets.to_string();
    assert!(text.starts_with("apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  creationTimestamp: \""), "{text}");
    assert!(text.ends_with("spec:\n  size: 1\n"), "{text}");
}

#[tokio::test]
async fn stored_object_skips_validation() {
    let old = widget("old", json!({"size": -5, "gone": "unknown"}));
    let server =
        FakeApiServer::builder().crds_yaml(super::CRD).stored(&old).and_then(kube_fake_apiserver::Builder::build);
    let api = widgets(&server.expect("a server").client());
    let read = api.get("old").await.expect("object exists");
    assert_eq!(read.data["spec"], json!({"size": -5, "gone": "unknown"}));
    assert!(read.metadata.uid.is_some() && read.metadata.resource_version.is_some());
    // Ratcheting: unchanged invalid values are accepted.
    let mut changed = read.clone();
    changed.metadata.labels = Some([("a".to_owned(), "b".to_owned())].into());
    api.replace("old", &PostParams::default(), &changed).await.expect("unchanged values are not validated");
}

#[tokio::test]
async fn kind_without_schema_is_served() {
    let set = resource("apps", "v1", "StatefulSet", "statefulsets");
    let server = FakeApiServer::builder().kind(set.clone(), kube::discovery::Scope::Namespaced).build();
    let client = server.expect("a server").client();
    let api: kube::Api<kube::api::DynamicObject> = kube::Api::default_namespaced_with(client, &set);
    let object = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
        "spec": {"replicas": 3}, "status": {"replicas": 3},
    });
    let object = serde_json::from_value(object).expect("an object");
    let created = api.create(&PostParams::default(), &object).await.expect("created");
    assert_eq!(created.data, json!({"spec": {"replicas": 3}}), "the status subresource is enabled");
    let patch = Patch::Merge(json!({"status": {"replicas": 3}}));
    let patched = api.patch_status("db", &PatchParams::default(), &patch).await.expect("patched");
    assert_eq!(patched.data["status"]["replicas"], 3);
}

#[tokio::test]
async fn settle_waits_until_watchers_received_all_events() {
    let server = server();
    let client = server.client();
    let api = widgets(&client);
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    // A minimal controller: creates a twin for each widget.
    let task = tokio::spawn({
        let (api, seen) = (api.clone(), std::sync::Arc::clone(&seen));
        async move {
            let mut events = api.watch(&WatchParams::default(), "0").await.expect("a watch").boxed();
            while let Some(event) = events.try_next().await.expect("an event") {
                let kube::api::WatchEvent::Added(widget) = event else { continue };
                seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let name = widget.metadata.name.unwrap_or_default();
                if !name.ends_with("-twin") {
                    let twin = super::widget(&format!("{name}-twin"), json!({}));
                    api.create(&PostParams::default(), &twin).await.expect("created");
                }
            }
        }
    });
    for index in 0..20 {
        api.create(&PostParams::default(), &widget(&format!("w{index}"), json!({}))).await.expect("created");
    }
    server.settle().await;
    assert_eq!(seen.load(std::sync::atomic::Ordering::SeqCst), 40);
    assert_eq!(api.list(&ListParams::default()).await.expect("a list").items.len(), 40);
    task.abort();
}

#[tokio::test]
async fn large_responses_are_compressed_when_accepted() {
    let server = server();
    let api = widgets(&server.client());
    let large = "x".repeat(200_000);
    let mut object = widget("large", json!({}));
    object.metadata.annotations = Some([("large".to_owned(), large)].into());
    api.create(&PostParams::default(), &object).await.expect("created");

    let path = "/apis/example.com/v1/namespaces/default/widgets/large";
    let request = |encoding: &str, accept: &str| {
        let request = http::Request::get(path).header("accept-encoding", encoding).header("accept", accept);
        request.body(kube_fake_apiserver::Body::default()).expect("a request")
    };
    let mut service = server.service();
    let response = service.call(request("br, gzip", "*/*")).await.expect("a response");
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    assert!(bytes.starts_with(&[0x1f, 0x8b]) && bytes.len() < 10_000, "{} bytes", bytes.len());

    let response = service.call(request("identity", "application/yaml")).await.expect("a response");
    assert_eq!(response.headers()["content-type"], "application/yaml");
    assert!(!response.headers().contains_key("content-encoding"));
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    let mut lines = bytes.lines();
    assert_eq!(lines.try_next().await.ok().flatten().as_deref(), Some("apiVersion: example.com/v1"));
}
