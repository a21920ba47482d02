//! Tests of timeouts, rate limits, warnings, metrics and remedies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use kube_client_runtime::client::{
    Client, ListOptions, Phase, RateLimit, Reason, RequestTimeout, RetryPolicy, Timeouts, Warning, WatchOptions,
};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use serde_json::json;
use tokio::time::Instant;

use super::faults::{Fault, Script};
use super::{client, map, server};

fn within(seconds: u64) -> Timeouts {
    Timeouts { call: Some(Duration::from_secs(seconds)), ..Timeouts::default() }
}

#[tokio::test(start_paused = true)]
async fn timeout_names_the_phase() {
    let server = server();
    client(&server).namespaced("default").create(&map("one")).await.unwrap();
    for (fault, phase) in [
        (Fault::Hang, Phase::Response),
        (Fault::Endless, Phase::Body),
        (Fault::Trickle(Duration::from_secs(1)), Phase::Body),
    ] {
        let script = Script::new(&server, [fault]);
        let maps = script.client(Client::builder().timeouts(within(5))).namespaced::<ConfigMap>("default");
        let start = Instant::now();
        let error = maps.get("one").await.unwrap_err();
        let expected = RequestTimeout { after: Duration::from_secs(5), phase, fate_unknown: false };
        assert!(matches!(&error.reason, Reason::Timeout(timeout) if *timeout == expected), "{error:?}");
        assert!(error.is_timeout() && !error.is_fate_unknown());
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }
}

#[tokio::test(start_paused = true)]
async fn fate_of_a_create_that_times_out_is_unknown_unless_it_was_not_sent() {
    let server = server();
    let script = Script::new(&server, [Fault::Hang]);
    let maps = script.client(Client::builder().timeouts(within(5))).namespaced::<ConfigMap>("default");
    let error = maps.create(&map("one")).await.unwrap_err();
    assert!(error.is_timeout() && error.is_fate_unknown(), "{error}");
    let message = "create ConfigMap default/one: timed out after 5s waiting for the response; the API server may have \
                   executed the request";
    assert_eq!(error.to_string(), message);

    let limit = RateLimit::new(0.01, 1);
    let maps = client_with(Client::builder().timeouts(within(5)).rate_limit(limit), &server);
    maps.create(&map("one")).await.unwrap();
    let error = maps.create(&map("two")).await.unwrap_err();
    assert!(!error.is_fate_unknown(), "{error}");
    assert!(matches!(error.reason, Reason::Timeout(RequestTimeout { phase: Phase::RateLimit, .. })), "{error:?}");
}

fn client_with(
    builder: kube_client_runtime::client::ClientBuilder,
    server: &kube_fake_apiserver::FakeApiServer,
) -> kube_client_runtime::client::Namespaced<ConfigMap> {
    builder.over(server.client()).namespaced("default")
}

#[tokio::test(start_paused = true)]
async fn default_timeout_ends_a_call_that_is_not_answered() {
    let server = server();
    let script = Script::new(&server, [Fault::Hang]);
    let maps = script.client(Client::builder()).namespaced::<ConfigMap>("default");
    let start = Instant::now();
    assert!(maps.get("one").await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), Timeouts::default().call.unwrap());
}

#[tokio::test(start_paused = true)]
async fn idle_watch_ends_with_an_error_and_an_active_one_does_not() {
    let server = server();
    let timeouts = Timeouts { idle: Some(Duration::from_secs(20)), ..within(5) };
    let maps = client_with(Client::builder().timeouts(timeouts), &server);
    let options = WatchOptions { no_bookmarks: true, ..WatchOptions::default().resource_version("1") };
    let mut watch = Box::pin(maps.watch(&options).await.unwrap());
    let other = client(&server).namespaced::<ConfigMap>("default");
    for name in ["one", "two", "three"] {
        tokio::time::sleep(Duration::from_secs(15)).await;
        other.create(&map(name)).await.unwrap();
        watch.next().await.unwrap().unwrap();
    }
    let start = Instant::now();
    let error = watch.next().await.unwrap().unwrap_err();
    assert!(matches!(error.reason, Reason::Timeout(RequestTimeout { phase: Phase::Idle, .. })), "{error:?}");
    assert_eq!(start.elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn rate_limit_is_shared_by_all_clients_of_one_client() {
    let server = server();
    let client = Client::builder().rate_limit(RateLimit::new(1.0, 2)).over(server.client());
    let start = Instant::now();
    for _ in 0..2 {
        client.namespaced::<ConfigMap>("a").list(&ListOptions::default()).await.unwrap();
        client.clone().all_namespaces::<ConfigMap>().list(&ListOptions::default()).await.unwrap();
    }
    assert_eq!(start.elapsed().as_secs(), 2);
    client.prioritized().all_namespaces::<ConfigMap>().list(&ListOptions::default()).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn warnings_of_the_server_reach_the_handler() {
    let server = server();
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let seen = warnings.clone();
    let handler = move |warning: &Warning| seen.lock().unwrap().push(warning.text.clone());
    let client = Client::builder().warnings(handler).over(server.client());
    let maps = client
        .namespaced_with::<kube::core::DynamicObject>("default", kube::core::ApiResource::erase::<ConfigMap>(&()));
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "unknown": 1});
    maps.create(&serde_json::from_value(object).unwrap()).await.unwrap();
    assert_eq!(*warnings.lock().unwrap(), [r#"unknown field "unknown""#]);
}

#[tokio::test(start_paused = true)]
async fn metrics_count_requests_retries_and_durations() {
    let server = server();
    let script = Script::new(&server, [Fault::Reject(503, Some(1)), Fault::CutAfter]);
    let client = script.client(Client::builder().rate_limit(RateLimit::new(100.0, 100)));
    let maps = client.namespaced::<ConfigMap>("default");
    maps.create(&map("one")).await.unwrap_err();
    maps.get("one").await.unwrap();
    let text = client.metrics_text();
    for line in [
        r#"rest_client_requests_total{code="503",host="",method="POST"} 1"#,
        r#"rest_client_requests_total{code="<error>",host="",method="POST"} 1"#,
        r#"rest_client_requests_total{code="200",host="",method="GET"} 1"#,
        r#"rest_client_request_retries_total{code="503",verb="POST",host=""} 1"#,
        r#"rest_client_request_duration_seconds_count{verb="POST",host=""} 2"#,
        r#"rest_client_request_duration_seconds_bucket{verb="GET",host="",le="+Inf"} 1"#,
        r#"rest_client_rate_limiter_duration_seconds_count{verb="POST",host=""} 2"#,
        r#"rest_client_requests_in_flight{verb="GET",host=""} 0"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(text.lines().all(|line| line.starts_with("# ") || line.starts_with("rest_client_")), "{text}");
}

#[tokio::test(start_paused = true)]
async fn errors_name_the_remedy() {
    let server = server();
    let maps = client(&server).namespaced::<ConfigMap>("default");
    assert!(maps.get("none").await.unwrap_err().remedy().is_none());
    for (code, remedy) in [(401, "log in again"), (403, "grant the verb")] {
        let script = Script::new(&server, [Fault::Reject(code, None)]);
        let maps = script.client(Client::builder()).namespaced::<ConfigMap>("default");
        let error = maps.get("one").await.unwrap_err();
        assert!(error.to_string().contains(remedy), "{error}");
    }
    let resource = kube::core::ApiResource::from_gvk(&kube::core::GroupVersionKind::gvk("none.io", "v1", "None"));
    let none = client(&server).namespaced_with::<kube::core::DynamicObject>("default", resource);
    let error = none.get("one").await.unwrap_err();
    assert!(error.to_string().contains("install its CRD"), "{error}");
}

#[tokio::test]
async fn address_without_a_server_is_reported_with_a_remedy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri: http::Uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let policy = RetryPolicy { min_delay: Duration::ZERO, max_delay: Duration::ZERO, ..RetryPolicy::default() };
    let client = Client::builder().retry(policy).connect_to(kube::Config::new(uri)).unwrap();
    let error = client.namespaced::<ConfigMap>("default").create(&map("one")).await.unwrap_err();
    assert!(!error.is_fate_unknown() && error.is_transport(), "{error:?}");
    assert!(error.to_string().contains("is the cluster running"), "{error}");
    assert!(client.metrics_text().contains(r#"rest_client_requests_total{code="<error>",host="127.0.0.1:"#));
}
