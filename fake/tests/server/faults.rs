//! Faults that tests inject: delays, errors with headers, broken connections and slow bodies.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::header::{HeaderValue, RETRY_AFTER, WARNING};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use kube::api::{ListParams, PostParams};
use kube_fake_apiserver::{Body, Calls, Failure, FakeApiServer, Reaction};
use serde_json::json;
use testkit::requests::request;
use tokio::time::{Instant, timeout};
use tower::Service;

use super::raw::{JSON, WIDGETS};
use super::{server, widget, widgets};

/// Longer than all delays of these tests.
const LONG: Duration = Duration::from_secs(3600);

async fn get(server: &FakeApiServer, path: &str) -> Response<Body> {
    server.service().call(request("GET", path, &[], "")).await.expect("a response")
}

async fn create(server: &FakeApiServer, name: &str, spec: serde_json::Value) -> std::io::Result<Response<Body>> {
    let body = testkit::crds::widget(name, spec).to_string();
    server.service().call(request("POST", WIDGETS, &[("content-type", JSON)], body)).await
}

async fn exists(server: &FakeApiServer, name: &str) -> bool {
    widgets(&server.client()).get_opt(name).await.expect("a response").is_some()
}

fn warnings(response: &Response<Body>) -> Vec<String> {
    let text = |value: &HeaderValue| String::from_utf8(value.as_bytes().to_vec()).expect("UTF-8");
    response.headers().get_all(WARNING).iter().map(text).collect()
}

#[tokio::test]
async fn retry_after_header_follows_the_details_of_a_failure() {
    let overloaded = Failure::new(StatusCode::SERVICE_UNAVAILABLE, "Draining", "shutting down");
    let cases = [
        (Failure::too_many_requests(7), 429, "TooManyRequests", json!(7), Some("7")),
        (Failure::unavailable().with_retry_after(30), 503, "ServiceUnavailable", json!(30), Some("30")),
        (overloaded.clone().with_retry_after(0), 503, "Draining", json!(0), None),
        (overloaded, 503, "Draining", json!(null), None),
    ];
    for (failure, code, reason, seconds, header) in cases {
        let server = server();
        server.react(Calls::to("list", "widgets"), Reaction::fail(failure));
        let response = get(&server, WIDGETS).await;
        let found = response.headers().get(RETRY_AFTER).map(|value| value.to_str().expect("ASCII").to_owned());
        assert_eq!((response.status().as_u16(), found.as_deref()), (code, header));
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let status: serde_json::Value = serde_json::from_slice(&body).expect("a Status");
        assert_eq!((&status["reason"], &status["details"]["retryAfterSeconds"]), (&json!(reason), &seconds));
    }
}

#[tokio::test]
async fn header_of_a_reaction_replaces_that_of_the_answer() {
    let server = server();
    let date = HeaderValue::from_static("Wed, 21 Oct 2026 07:28:00 GMT");
    let later = Reaction::fail(Failure::too_many_requests(7)).with_header(RETRY_AFTER, date.clone());
    server.react(Calls::to("list", "widgets"), later.once());
    let response = get(&server, WIDGETS).await;
    assert_eq!(response.headers().get_all(RETRY_AFTER).iter().collect::<Vec<_>>(), [&date]);

    server.react(Calls::all(), Reaction::pass().with_header(RETRY_AFTER, HeaderValue::from_static("1")).once());
    let response = get(&server, WIDGETS).await;
    assert_eq!((response.status(), &response.headers()[RETRY_AFTER]), (StatusCode::OK, &HeaderValue::from_static("1")));
    assert!(!get(&server, WIDGETS).await.headers().contains_key(RETRY_AFTER), "the reaction applies once");
}

#[tokio::test]
async fn warnings_of_reactions_follow_those_of_the_server() {
    let server = server();
    let warned = Reaction::pass().with_warning("use \"count\", not \\size").with_warning("größer, später");
    server.react(Calls::to("create", "widgets"), warned);
    server.react(Calls::all(), Reaction::pass().with_warning("line\nbreak"));
    let response = create(&server, "a", json!({"unknown": 1})).await.expect("a response");
    assert_eq!(response.status(), StatusCode::CREATED);
    let expected = [
        r#"299 - "unknown field \"spec.unknown\"""#,
        r#"299 - "use \"count\", not \\size""#,
        r#"299 - "größer, später""#,
    ];
    assert_eq!(warnings(&response), expected, "a text with control characters is not sent");
}

#[tokio::test]
async fn warnings_are_sent_with_failures() {
    let server = server();
    let failed = Reaction::fail(Failure::internal("etcd is unavailable")).with_warning("first").with_warning("second");
    server.react(Calls::to("create", "widgets"), failed);
    let response = create(&server, "a", json!({})).await.expect("a response");
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(warnings(&response), [r#"299 - "first""#, r#"299 - "second""#]);
}

#[tokio::test]
async fn any_response_replaces_that_of_the_server() {
    let server = server();
    let throttled = Reaction::respond(|action| {
        let mut response = Response::new(format!("{}: too many requests\n", action.verb).into());
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response
    });
    let reactor = server.react(Calls::to("create", "widgets"), throttled);
    let response = create(&server, "a", json!({})).await.expect("a response");
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, "create: too many requests\n");
    reactor.remove();
    assert!(!exists(&server, "a").await);
}

#[tokio::test]
async fn create_has_no_effect_if_the_connection_breaks_before_it_is_handled() {
    let server = server();
    server.react(Calls::to("create", "widgets"), Reaction::refuse().once());
    let error = create(&server, "a", json!({})).await.expect_err("the connection breaks");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(!exists(&server, "a").await);
}

#[tokio::test]
async fn create_is_executed_if_the_connection_breaks_after_it_was_handled() {
    for broken in [Reaction::lose_answer(), Reaction::truncate_answer_after(0), Reaction::truncate_answer_after(30)] {
        let server = server();
        server.react(Calls::to("create", "widgets"), broken.once());
        let api = widgets(&server.client());
        api.create(&PostParams::default(), &widget("a", json!({}))).await.expect_err("the connection breaks");
        assert!(exists(&server, "a").await);
        let again = super::refused(api.create(&PostParams::default(), &widget("a", json!({}))).await);
        assert_eq!((again.0, again.1.as_str()), (409, "AlreadyExists"));
    }
}

#[tokio::test]
async fn truncated_body_has_the_length_of_the_complete_one_until_it_breaks() {
    let server = server();
    let complete = get(&server, WIDGETS).await.into_body().collect().await.expect("a body").to_bytes();
    server.react(Calls::to("list", "widgets"), Reaction::truncate_answer_after(25));
    let mut body = get(&server, WIDGETS).await.into_body();
    assert_eq!(http_body::Body::size_hint(&body).exact(), Some(complete.len() as u64));
    let frame = body.frame().await.expect("a frame").expect("bytes before the connection breaks");
    assert_eq!(frame.into_data().expect("data"), complete[..25]);
    let error = body.frame().await.expect("a frame").expect_err("the connection breaks");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn stalled_body_never_ends() {
    let server = server();
    let complete = get(&server, WIDGETS).await.into_body().collect().await.expect("a body").to_bytes();
    for bytes in [0, 25, complete.len(), usize::MAX] {
        let reactor = server.react(Calls::to("list", "widgets"), Reaction::stall_answer_after(bytes));
        let mut body = get(&server, WIDGETS).await.into_body();
        let mut received = Vec::new();
        while let Ok(frame) = timeout(LONG, body.frame()).await {
            received.extend(frame.expect("the body does not end").expect("no error").into_data().expect("data"));
        }
        assert_eq!(received, complete[..bytes.min(complete.len())]);
        reactor.remove();
    }
}

#[tokio::test(start_paused = true)]
async fn trickled_body_is_complete_after_the_intervals_of_its_parts() {
    let server = server();
    let complete = get(&server, WIDGETS).await.into_body().collect().await.expect("a body").to_bytes();
    server.react(Calls::to("list", "widgets"), Reaction::trickle_answer(10, Duration::from_secs(5)));
    let start = Instant::now();
    let body = get(&server, WIDGETS).await.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, complete);
    assert_eq!(start.elapsed().as_secs(), 5 * complete.len().div_ceil(10) as u64);
}

#[tokio::test(start_paused = true)]
async fn streamed_body_of_a_response_may_never_end() {
    let server = server();
    server.react(
        Calls::to("get", "widgets"),
        Reaction::respond(|_| Response::new(Body::from_stream(stream::repeat(Bytes::from_static(b" "))))),
    );
    let mut body = get(&server, &format!("{WIDGETS}/a")).await.into_body();
    for _ in 0..1000 {
        let frame = body.frame().await.expect("the body does not end").expect("no error");
        assert_eq!(frame.into_data().expect("data"), " ");
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_gives_up_prevents_a_delayed_request_but_not_one_with_a_delayed_answer() {
    let server = server();
    let api = widgets(&server.client());
    let (short, delay) = (Duration::from_secs(10), Duration::from_secs(60));
    for (reaction, name, is_executed) in
        [(Reaction::delay(delay), "late", false), (Reaction::delay_answer(delay), "executed", true)]
    {
        let reactor = server.react(Calls::to("create", "widgets"), reaction);
        timeout(short, create(&server, name, json!({}))).await.expect_err("no answer in time");
        reactor.remove();
        assert_eq!(exists(&server, name).await, is_executed, "{name}");
    }

    server.react(Calls::to("list", "widgets"), Reaction::delay(delay));
    server.react(Calls::to("list", "widgets"), Reaction::delay_answer(delay));
    let start = Instant::now();
    api.list(&ListParams::default()).await.expect("a list");
    assert_eq!(start.elapsed(), 2 * delay);
}
