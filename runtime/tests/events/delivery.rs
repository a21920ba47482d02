//! How events reach the API server, as `TestWriteEventError` and `TestLotsOfEvents` of client-go describe it.

use kube_fake_apiserver::{Failure, GroupResource, Reaction};
use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn recording_does_not_wait_for_the_server() {
    let server = server();
    server.react(Calls::to("create", "events"), Reaction::hang());
    let recorder = recorder(&server);
    let start = Instant::now();
    for number in 0..100 {
        warn(&recorder, &map("one"), &number.to_string());
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn events_beyond_the_queue_are_dropped_and_counted() {
    let server = server();
    server.react(Calls::to("create", "events"), Reaction::delay(MINUTE).once());
    let recorder = recorder(&server);
    warn(&recorder, &map("first"), "x");
    sleep(Duration::from_secs(1)).await;
    for number in 0..1100 {
        warn(&recorder, &map(&format!("map-{number}")), "x");
    }
    assert_eq!(recorder.dropped(), 100);
    recorder.flush().await;
    assert_eq!(events(&server).await.len(), 1001);
    let metric = "event_recorder_events_total{reporting_controller=\"example.com/test\",result=\"queue_full\"} 100\n";
    assert!(recorder.metrics_text().contains(metric));
}

#[tokio::test(start_paused = true)]
async fn event_is_written_after_an_outage() {
    let server = server();
    server.react(Calls::to("*", "events"), Reaction::refuse().times(8));
    let recorder = recorder(&server);
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!(notes(&server).await, noted(&[("x", 1)]));
    assert_eq!(recorder.dropped(), 0);
}

#[tokio::test(start_paused = true)]
async fn event_is_dropped_after_12_attempts_10_seconds_apart() {
    let server = server();
    let creates = server.react(Calls::to("create", "events"), Reaction::lose_answer());
    server.react(Calls::to("create", "events"), Reaction::fail(Failure::internal("unused")));
    let recorder = recorder(&server);
    let start = Instant::now();
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!((creates.seen(), recorder.dropped()), (12, 1));
    assert!((110..140).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert!(recorder.metrics_text().contains("result=\"failed\"} 1\n"));
}

#[tokio::test(start_paused = true)]
async fn event_whose_response_was_lost_is_written_once() {
    let server = server();
    server.react(Calls::to("create", "events"), Reaction::lose_answer().once());
    let recorder = recorder(&server);
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!(notes(&server).await, noted(&[("x", 1)]));
    assert_eq!(recorder.dropped(), 0);
}

#[tokio::test(start_paused = true)]
async fn rejected_event_is_not_sent_again() {
    let server = server();
    let events = GroupResource { group: "events.k8s.io".to_owned(), resource: "events".to_owned() };
    let forbidden = Reaction::fail(Failure::forbidden(&events, "x", "no"));
    let creates = server.react(Calls::to("create", "events"), forbidden.times(2));
    let recorder = recorder(&server);
    warn(&recorder, &map("one"), "x");
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!((creates.seen(), recorder.dropped()), (2, 2));
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!(notes(&server).await, noted(&[("x", 1)]));
}

#[tokio::test(start_paused = true)]
async fn event_in_a_missing_namespace_is_rejected() {
    let server = server();
    let recorder = recorder(&server);
    let mut map = map("one");
    map.metadata.namespace = Some("missing".to_owned());
    warn(&recorder, &map, "x");
    recorder.flush().await;
    assert!(recorder.metrics_text().contains("result=\"rejected\"} 1\n"));
}

#[tokio::test(start_paused = true)]
async fn events_are_written_after_the_last_recorder_is_dropped() {
    let server = server();
    let recorder = recorder(&server);
    for _ in 0..5 {
        warn(&recorder, &map("one"), "x");
    }
    drop(recorder);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(notes(&server).await, noted(&[("x", 5)]));
}
