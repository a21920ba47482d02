//! What the API server does, and what the cache then has.

use futures::StreamExt;
use kube_client_runtime::client::ListOptions;
use kube_client_runtime::informer::{InformerError, ProblemKind, ResourceVersion};
use serde_json::json;
use std::sync::Mutex;

use super::*;

async fn next(events: &mut Events<ConfigMap>) -> String {
    within(events.next()).await.map_or_else(|| "the end".to_owned(), |event| told(&event))
}

#[tokio::test(start_paused = true)]
async fn it_streams_the_list_and_follows_on_the_same_request() {
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
async fn it_lists_what_the_server_has_at_hand_where_it_cannot_stream() {
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
async fn pages_are_read_to_the_end() {
    let server = Server::new().without_streaming().paged(7);
    for number in 0..50 {
        server.put("a", &format!("map-{number}"), "");
    }
    let informer = started(&server).await;
    assert_eq!(informer.snapshot().len(), 50);
    assert_eq!(seen(&informer), server.objects());
}

#[tokio::test(start_paused = true)]
async fn pages_that_run_out_of_time_are_read_all_at_once() {
    let server = Server::new().without_streaming().paged(7);
    for number in 0..20 {
        server.put("a", &format!("map-{number}"), "");
    }
    server.refuse_after(1, Refusal::Status(410, "Expired"));
    let informer = informer(&server).without_streaming().start();
    within(informer.synced()).await.unwrap();
    assert_eq!(seen(&informer), server.objects());
    let requests = server.requests();
    assert!(requests[1].contains("continue=30%3A7"), "{requests:?}");
    assert!(!requests[2].contains("limit") && !requests[2].contains("continue"), "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn a_broken_watch_goes_on_at_the_last_version_without_a_list() {
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
async fn an_expired_version_is_listed_anew_and_missed_deletions_are_told_as_lost() {
    let server = Server::new();
    server.put("a", "stays", "1");
    server.put("a", "changes", "1");
    server.put("a", "goes", "1");
    server.put("a", "comes-again", "1");
    let informer = started(&server).await;
    let mut events = events(&informer);
    for _ in 0..4 {
        assert!(next(&mut events).await.starts_with("initially"));
    }
    server.refuse(Refusal::Transport);
    server.cut();
    server.put("a", "changes", "2");
    server.delete("a", "goes");
    server.delete("a", "comes-again");
    server.put("a", "comes-again", "2");
    server.put("a", "new", "1");
    server.compact();
    converged(&server, &informer).await;
    let mut story = Vec::new();
    for _ in 0..5 {
        story.push(next(&mut events).await);
    }
    let place =
        |line: &str| story.iter().position(|told| told == line).unwrap_or_else(|| panic!("{line} in {story:?}"));
    place("updated changes 1 to 2");
    place("lost goes 1");
    place("added new 1");
    assert!(place("lost comes-again 1") < place("added comes-again 2"));
    let relist = server.requests().into_iter().rev().find(|request| request.contains("sendInitialEvents")).unwrap();
    assert!(relist.contains("resourceVersion=14"), "{relist}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_gone_back_in_time_is_read_anew() {
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
async fn too_many_requests_and_internal_errors_are_tried_again_after_a_while() {
    let server = Server::new();
    server.put("a", "one", "1");
    for refusal in [Refusal::Status(429, "TooManyRequests"), Refusal::Status(500, "InternalError"), Refusal::Transport]
    {
        server.refuse(refusal);
    }
    let began = tokio::time::Instant::now();
    let informer = started(&server).await;
    let waited = began.elapsed();
    assert!(waited > Duration::from_millis(800 + 1600 + 3200), "{waited:?}");
    assert_eq!(informer.status().errors, 3);
    assert_eq!(server.requests().len(), 4, "kube must not repeat requests by itself: {:?}", server.requests());
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_at_once_is_not_opened_without_a_pause() {
    let server = Server::new();
    let informer = started(&server).await;
    (0..5).for_each(|_| server.refuse(Refusal::EmptyWatch));
    let before = server.requests().len();
    let began = tokio::time::Instant::now();
    server.end_watches();
    server.put("a", "one", "1");
    converged(&server, &informer).await;
    assert!(began.elapsed() > Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(server.requests().len() - before < 12, "{:?}", server.requests());
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_kind_keeps_trying_and_says_why() {
    let server = Server::new();
    (0..8).for_each(|_| server.refuse(Refusal::Status(403, "Forbidden")));
    let informer = informer(&server).start();
    within(async {
        while informer.status().reflectors[0].problem.as_ref().is_none_or(|problem| problem.attempts < 2) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let status = informer.status();
    assert!(!status.is_ready() && !status.synced);
    let problem = status.reflectors[0].problem.clone().unwrap();
    assert_eq!(problem.kind, ProblemKind::Forbidden);
    assert!(status.to_string().contains("configmaps: not synced; forbidden for"), "{status}");
    within(informer.synced()).await.unwrap();
    assert!(informer.status().is_ready(), "{}", informer.status());
}

#[tokio::test(start_paused = true)]
async fn an_object_that_does_not_decode_is_kept_as_it_is_and_the_rest_goes_on() {
    let server = Server::new();
    server.put("a", "good", "1");
    server.put_raw("a", "bad", json!({"data": 7}));
    let errors = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&errors);
    let informer = server
        .client()
        .all_namespaces::<ConfigMap>()
        .informer()
        .on_error(move |error: &InformerError| heard.lock().unwrap().push(error.to_string()))
        .start();
    within(informer.synced()).await.unwrap();
    let snapshot = informer.snapshot();
    assert_eq!(snapshot.len(), 1);
    let (key, what) = snapshot.undecodable().iter().next().unwrap();
    assert_eq!((key.to_string().as_str(), what.json().expect("JSON")["data"].clone()), ("a/bad", json!(7)));
    assert!(errors.lock().unwrap()[0].starts_with("cannot decode a/bad: invalid type: integer `7`"), "{errors:?}");

    // One that could be read stays as it was, and is told gone when it is.
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

/// JSON that nests deeper than any decoder goes.
fn deep() -> serde_json::Value {
    (0..1_000).fold(json!(1), |inner, _| json!({"a": inner}))
}

#[tokio::test(start_paused = true)]
async fn an_object_that_nests_too_deep_stops_neither_the_list_nor_the_watch() {
    let server = Server::new();
    server.put("a", "good", "1");
    server.put_raw("a", "deep", json!({"data": deep()}));
    let informer = server.client().all_namespaces::<ConfigMap>().informer().start();
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
async fn a_list_names_the_object_that_it_cannot_decode_and_a_lossy_one_has_the_others() {
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
async fn lines_come_in_any_pieces() {
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
async fn what_is_no_event_is_read_anew() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    server.send("{\"type\":\"ADDED\",\"object\":{nonsense}}\n");
    server.put("a", "two", "1");
    converged(&server, &informer).await;
    assert_eq!(informer.status().lists, 2);
}

#[tokio::test(start_paused = true)]
async fn bookmarks_tell_how_far_the_cache_has_come() {
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
async fn several_namespaces_are_watched_one_by_one_and_nothing_else() {
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
    // One that is read anew leaves the others alone.
    server.cut();
    server.compact();
    server.delete("a", "one");
    assert_eq!(next(&mut events).await, "lost one 1");
    assert_eq!(informer.snapshot().len(), 2);
    assert_eq!(informer.status().lists, 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_watch_is_met_as_one_outside() {
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
