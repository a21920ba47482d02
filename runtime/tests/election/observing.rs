//! What others see of an election: the leader, health, metrics and events.

use k8s_openapi::api::events::v1::Event;
use kube_client_runtime::client::ListOptions;
use kube_client_runtime::controllers::election::metrics_text;
use kube_client_runtime::controllers::events::{EventRecorder, Reporter};

use super::*;

#[tokio::test(start_paused = true)]
async fn new_leaders_are_reported_including_the_first() {
    let server = server();
    create(&server, &held_by("b")).await;
    let elector = elector(&server, "a");
    let mut leader = elector.leader();
    assert_eq!(*leader.borrow_and_update(), None);
    let acquiring = tokio::spawn({
        let elector = elector.clone();
        async move { elector.acquire().await }
    });
    within(5, leader.changed()).await.unwrap();
    assert_eq!(leader.borrow_and_update().as_deref(), Some("b"));
    within(30, leader.changed()).await.unwrap();
    assert_eq!(leader.borrow_and_update().as_deref(), Some("a"));
    let leadership = within(1, acquiring).await.unwrap();
    sleep(30.0).await;
    assert!(!leader.has_changed().unwrap(), "renewals are not reported");
    leadership.release().await.unwrap();
    assert_eq!(*leader.borrow_and_update(), None);
}

#[tokio::test(start_paused = true)]
async fn master_status_is_1_while_leading() {
    let server = server();
    let elector = elector(&server, "a");
    let status = |value| format!("leader_election_master_status{{name=\"controller\"}} {value}\n");
    assert!(metrics_text(std::slice::from_ref(&elector)).contains(&status(0)));
    let leadership = acquired(&elector).await;
    assert!(metrics_text(std::slice::from_ref(&elector)).contains(&status(1)));
    leadership.release().await.unwrap();
    assert!(metrics_text(std::slice::from_ref(&elector)).contains(&status(0)));
}

#[tokio::test(start_paused = true)]
async fn candidate_that_waits_or_renews_is_healthy() {
    let server = server();
    let (leader, other) = (elector(&server, "a"), elector(&server, "b"));
    assert_eq!(leader.check(Duration::ZERO), Ok(()));
    let _leadership = acquired(&leader).await;
    let waiting = tokio::time::timeout(Duration::from_secs(60), other.acquire());
    assert!(waiting.await.is_err());
    assert_eq!([leader.check(Duration::ZERO), other.check(Duration::ZERO)], [Ok(()), Ok(())]);
}

#[test]
fn leader_that_is_blocked_beyond_the_tolerance_is_unhealthy() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (elector, _leadership) = runtime.block_on(async {
        let elector = elector(&server(), "a");
        let leadership = acquired(&elector).await;
        (elector, leadership)
    });
    // No task runs any more, while the clock goes on.
    let _guard = runtime.enter();
    for (seconds, tolerance, is_healthy) in [(16, 1, true), (1, 1, false), (0, 30, true)] {
        advance(&runtime, Duration::from_secs(seconds));
        let check = elector.check(Duration::from_secs(tolerance));
        assert_eq!(check.is_ok(), is_healthy, "{seconds} {tolerance}");
        let expected = "failed election to renew leadership on lease controller";
        assert!(check.err().is_none_or(|error| error.to_string() == expected));
    }
    assert!(!elector.is_leader());
}

/// Advances the clock without running other tasks than this one.
fn advance(runtime: &tokio::runtime::Runtime, by: Duration) {
    let mut advancing = Box::pin(tokio::time::advance(by));
    let _guard = runtime.enter();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = advancing.as_mut().poll(&mut context);
}

#[tokio::test(start_paused = true)]
async fn events_of_the_lease_report_changes_of_the_leader() {
    let server = server();
    let client = Client::from(server.client());
    let recorder = EventRecorder::new(&client, Reporter::new("test").unwrap());
    let elector = builder(&server, "a").events(recorder.clone()).build().unwrap();
    acquired(&elector).await.release().await.unwrap();
    recorder.flush().await;
    let events = client.namespaced::<Event>("default").list(&ListOptions::default()).await.unwrap().items;
    let mut notes: Vec<_> = events.iter().filter_map(|event| event.note.clone()).collect();
    notes.sort();
    assert_eq!(notes, ["a became leader", "a stopped leading"]);
    let regarding = events[0].regarding.clone().unwrap();
    let uid = lease(&server).await.metadata.uid;
    assert_eq!((regarding.kind.as_deref(), regarding.name.as_deref()), (Some("Lease"), Some(NAME)));
    assert_eq!((regarding.api_version.as_deref(), regarding.uid), (Some("coordination.k8s.io/v1"), uid));
    assert_eq!(events[0].reason.as_deref(), Some("LeaderElection"));
}
