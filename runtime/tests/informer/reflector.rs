//! Tests of lists, watches and their errors.

use futures::StreamExt;
use kube_client_runtime::client::ListOptions;
use kube_client_runtime::informer::{InformerError, ProblemKind, ResourceVersion};
use serde_json::json;
use std::sync::Mutex;

use super::*;

async fn next(events: &mut Events<ConfigMap>) -> String {
    within(events.next()).await.map_or_else(|| "end of stream".to_owned(), |event| describe(&event))
}

#[tokio::test(start_paused = true)]
async fn streaming_list_continues_as_the_watch_of_the_same_request() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let mut events = events(&informer);
    assert_eq!(next(&mut events).await, "initially one 1");
    server.put("a", "two", "1");
    assert_eq!(next(&mut events).await, "added two 1");
    server.put("a", "one", "2");
    assert_eq!(next(&mut events).await, "updated one 1 to 2");
    server.delete("a", "one");
    assert_eq!(next(&mut events).await, "deleted one 2");
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(
        requests[0].contains("sendInitialEvents=true") && requests[0].contains("resourceVersionMatch=NotOlderThan")
    );
    assert!(!requests[0].contains("resourceVersion="), "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn list_from_the_watch_cache_replaces_an_unsupported_streaming_list() {
    let server = Server::new().without_streaming();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    server.put("a", "two", "2");
    converged(&server, &informer).await;
    let requests = server.requests();
    assert!(requests[1].contains("resourceVersion=0") && requests[1].contains("limit=500"), "{requests:?}");
    assert!(requests[2].contains("watch=true") && requests[2].contains("resourceVersion=11"), "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_a_list_are_read() {
    let server = Server::new().without_streaming().paged(7);
    for number in 0..50 {
        server.put("a", &format!("map-{number}"), "");
    }
    let informer = started(&server).await;
    assert_eq!(informer.snapshot().len(), 50);
    assert_eq!(seen(&informer), server.objects());
}

#[tokio::test(start_paused = true)]
async fn expired_continue_token_restarts_the_list_without_pages() {
    let server = Server::new().without_streaming().paged(7);
    for number in 0..20 {
        server.put("a", &format!("map-{number}"), "");
    }
    server.inject_after(1, Fault::Status(410, "Expired"));
    let informer = informer(&server).without_streaming().start();
    within(informer.synced()).await.unwrap();
    assert_eq!(seen(&informer), server.objects());
    let requests = server.requests();
    assert!(requests[1].contains("continue=30%3A7"), "{requests:?}");
    assert!(!requests[2].contains("limit") && !requests[2].contains("continue"), "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn interrupted_watch_resumes_at_the_last_version_without_a_relist() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    for round in 0..5 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        server.cut();
        server.put("a", "one", &round.to_string());
        converged(&server, &informer).await;
    }
    let relists = server.requests().iter().filter(|request| request.contains("sendInitialEvents")).count();
    assert_eq!(relists, 1, "{:?}", server.requests());
    assert_eq!(informer.status().lists, 1);
}

#[tokio::test(start_paused = true)]
async fn expired_version_relists_and_reports_missed_deletions_as_lost() {
    let server = Server::new();
    server.put("a", "stays", "1");
    server.put("a", "changes", "1");
    server.put("a", "deleted", "1");
    server.put("a", "recreated", "1");
    let informer = started(&server).await;
    let mut events = events(&informer);
    for _ in 0..4 {
        assert!(next(&mut events).await.starts_with("initially"));
    }
    server.inject(Fault::Transport);
    server.cut();
    server.put("a", "changes", "2");
    server.delete("a", "deleted");
    server.delete("a", "recreated");
    server.put("a", "recreated", "2");
    server.put("a", "new", "1");
    server.compact();
    converged(&server, &informer).await;
    let mut received = Vec::new();
    for _ in 0..5 {
        received.push(next(&mut events).await);
    }
    let position = |line: &str| {
        received.iter().position(|event| event == line).unwrap_or_else(|| panic!("{line} in {received:?}"))
    };
    position("updated changes 1 to 2");
    position("lost deleted 1");
    position("added new 1");
    assert!(position("lost recreated 1") < position("added recreated 2"));
    let relist = server.requests().into_iter().rev().find(|request| request.contains("sendInitialEvents")).unwrap();
    assert!(relist.contains("resourceVersion=14"), "{relist}");
}

#[tokio::test(start_paused = true)]
async fn server_restored_to_an_older_version_is_relisted() {
    let server = Server::new();
    server.put("a", "one", "1");
    server.put("a", "two", "1");
    let informer = started(&server).await;
    for number in 0..100 {
        server.put("a", "two", &number.to_string());
    }
    converged(&server, &informer).await;
    server.restore(101, false);
    server.put("a", "three", "1");
    converged(&server, &informer).await;
    assert_eq!(informer.snapshot().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn throttling_internal_and_transport_errors_are_retried_with_backoff() {
    let server = Server::new();
    server.put("a", "one", "1");
    for fault in [Fault::Status(429, "TooManyRequests"), Fault::Status(500, "InternalError"), Fault::Transport] {
        server.inject(fault);
    }
    let start = tokio::time::Instant::now();
    let informer = started(&server).await;
    let waited = start.elapsed();
    assert!(waited > Duration::from_millis(800 + 1600 + 3200), "{waited:?}");
    assert_eq!(informer.status().errors, 3);
    assert_eq!(server.requests().len(), 4, "kube must not retry requests: {:?}", server.requests());
}

#[tokio::test(start_paused = true)]
async fn watch_that_ends_immediately_is_reopened_with_backoff() {
    let server = Server::new();
    let informer = started(&server).await;
    (0..5).for_each(|_| server.inject(Fault::EmptyWatch));
    let before = server.requests().len();
    let start = tokio::time::Instant::now();
    server.end_watches();
    server.put("a", "one", "1");
    converged(&server, &informer).await;
    assert!(start.elapsed() > Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(server.requests().len() - before < 12, "{:?}", server.requests());
}

#[tokio::test(start_paused = true)]
async fn forbidden_kind_is_retried_and_reported() {
    let server = Server::new();
    (0..8).for_each(|_| server.inject(Fault::Status(403, "Forbidden")));
    let informer = informer(&server).start();
    until(|| informer.status().reflectors[0].problem.as_ref().is_some_and(|problem| problem.attempts >= 2)).await;
    let status = informer.status();
    assert!(!status.is_ready() && !status.synced);
    let problem = status.reflectors[0].problem.clone().unwrap();
    assert_eq!(problem.kind, ProblemKind::Forbidden);
    assert!(status.to_string().contains("configmaps: not synced; forbidden for"), "{status}");
    within(informer.synced()).await.unwrap();
    assert!(informer.status().is_ready(), "{}", informer.status());
}

#[tokio::test(start_paused = true)]
async fn undecodable_object_is_kept_and_does_not_affect_others() {
    let server = Server::new();
    server.put("a", "good", "1");
    server.put_raw("a", "bad", json!({"data": 7}));
    let errors = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&errors);
    let informer =
        informer(&server).on_error(move |error: &InformerError| heard.lock().unwrap().push(error.to_string())).start();
    within(informer.synced()).await.unwrap();
    let snapshot = informer.snapshot();
    assert_eq!(snapshot.len(), 1);
    let (key, what) = snapshot.undecodable().iter().next().unwrap();
    assert_eq!((key.to_string().as_str(), what.json().expect("JSON")["data"].clone()), ("a/bad", json!(7)));
    assert!(errors.lock().unwrap()[0].starts_with("cannot decode a/bad: invalid type: integer `7`"), "{errors:?}");

    // An object that becomes undecodable stays in its last decodable state until it is deleted.
    let mut events = events(&informer);
    assert_eq!(next(&mut events).await, "initially good 1");
    server.put_raw("a", "good", json!({"data": 7}));
    server.put("a", "bad", "2");
    assert_eq!(next(&mut events).await, "added bad 2");
    assert!(informer.snapshot().get(Some("a"), "good").is_some());
    assert_eq!(informer.snapshot().undecodable().len(), 1);
    server.delete("a", "good");
    assert_eq!(next(&mut events).await, "lost good 1");
    assert!(informer.snapshot().undecodable().is_empty());
}

/// Returns JSON beyond the depth limit of the decoder.
fn deep() -> serde_json::Value {
    (0..1_000).fold(json!(1), |inner, _| json!({"a": inner}))
}

#[tokio::test(start_paused = true)]
async fn too_deep_object_interrupts_neither_the_list_nor_the_watch() {
    let server = Server::new();
    server.put("a", "good", "1");
    server.put_raw("a", "deep", json!({"data": deep()}));
    let informer = informer(&server).start();
    within(informer.synced()).await.unwrap();
    let snapshot = informer.snapshot();
    assert_eq!(snapshot.len(), 1);
    let (key, what) = snapshot.undecodable().iter().next().unwrap();
    assert_eq!((key.to_string().as_str(), what.name.as_str()), ("a/deep", "deep"));
    assert!(what.raw.contains(r#"{"a":{"a":{"a":"#), "{}", what.error);

    let mut events = events(&informer);
    assert_eq!(next(&mut events).await, "initially good 1");
    server.put_raw("a", "later", json!({"data": deep()}));
    server.put("a", "after", "2");
    assert_eq!(next(&mut events).await, "added after 2");
    assert_eq!(informer.snapshot().undecodable().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn list_error_names_the_undecodable_object_and_list_lossy_returns_the_others() {
    let server = Server::new();
    server.put("a", "good", "1");
    server.put_raw("a", "deep", json!({"data": deep()}));
    let maps = server.client().all_namespaces::<ConfigMap>();
    let error = maps.list(&ListOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("a/deep: "), "{error}");
    let lossy = maps.list_lossy(&ListOptions::default()).await.unwrap();
    let names: Vec<_> = lossy.page.items.iter().map(|map| map.metadata.name.as_deref()).collect();
    assert_eq!(names, [Some("good")]);
    assert_eq!(lossy.undecodable.len(), 1);
    assert!(lossy.page.metadata.resource_version.is_some());
}

#[tokio::test(start_paused = true)]
async fn watch_events_are_decoded_from_any_chunks() {
    let server = Server::new();
    let informer = started(&server).await;
    let mut events = events(&informer);
    let object = |name: &str| {
        format!(
            "{{\"type\":\"ADDED\",\"object\":{{\"metadata\":{{\"name\":\"{name}\",\"namespace\":\"a\",\"uid\":\"{name}\",\"resourceVersion\":\"20\"}}}}}}\n"
        )
    };
    let text = object("one")
        + "\n"
        + &object("two")
        + "{ \"object\": {\"metadata\": {\"name\": \"three\", \"namespace\": \"a\"}}, \"type\": \"ADDED\" }\n";
    for piece in text.as_bytes().chunks(11) {
        server.send(std::str::from_utf8(piece).unwrap());
    }
    for name in ["one", "two", "three"] {
        assert_eq!(next(&mut events).await, format!("added {name} "));
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_watch_event_causes_a_relist() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    server.send("{\"type\":\"ADDED\",\"object\":{nonsense}}\n");
    server.put("a", "two", "1");
    converged(&server, &informer).await;
    assert_eq!(informer.status().lists, 2);
}

#[tokio::test(start_paused = true)]
async fn bookmarks_advance_the_version_of_the_cache() {
    let server = Server::new();
    let informer = started(&server).await;
    let version: ResourceVersion = "11".parse().unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(60), informer.wait_for(&version)).await.is_err());
    server.put("elsewhere", "one", "1");
    within(informer.wait_for(&version)).await.unwrap();
    server.delete("elsewhere", "one");
    server.bookmark();
    within(informer.wait_for(&"12".parse().unwrap())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_namespace_has_its_own_watch() {
    let server = Server::new();
    for namespace in ["a", "b", "c"] {
        server.put(namespace, "one", "1");
    }
    let informer = informer(&server).namespaces(["a", "b"]).start();
    within(informer.synced()).await.unwrap();
    let mut events = events(&informer);
    assert_eq!(informer.snapshot().len(), 2);
    server.put("c", "two", "1");
    server.put("b", "two", "1");
    for expected in ["initially one 1", "initially one 1", "added two 1"] {
        assert_eq!(next(&mut events).await, expected);
    }
    assert!(server.requests().iter().all(|request| request.contains("/namespaces/")));
    // A relist of one namespace does not affect the others.
    server.cut();
    server.compact();
    server.delete("a", "one");
    assert_eq!(next(&mut events).await, "lost one 1");
    assert_eq!(informer.snapshot().len(), 2);
    assert_eq!(informer.status().lists, 3);
}

#[tokio::test(start_paused = true)]
async fn error_event_is_handled_like_an_error_response() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    for (code, reason, lists) in [(429, "TooManyRequests", 1), (500, "InternalError", 1), (410, "Expired", 2)] {
        server.fail_watches(code, reason);
        server.put("a", "one", reason);
        converged(&server, &informer).await;
        assert_eq!(informer.status().lists, lists, "{reason}");
        assert!(informer.status().is_ready(), "{}", informer.status());
    }
}
