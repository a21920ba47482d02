//! Renewal, as `TestFastPathLeaderElection` and `renew` of client-go describe it.

use kube_client_runtime::controllers::election::{Loss, metrics_text};
use kube_fake_apiserver::{Failure, Reaction};

use super::*;

#[tokio::test(start_paused = true)]
async fn lease_is_renewed_every_retry_period_without_reading_it() {
    let server = server();
    let elector = elector(&server, "a");
    let leadership = acquired(&elector).await;
    let before = spec(&server).await;
    let recording = server.record();
    sleep(20.5).await;
    assert_eq!(verbs(&recording), ["update"; 10]);
    let after = spec(&server).await;
    assert!(after.renew_time > before.renew_time);
    assert_eq!((after.acquire_time, after.lease_transitions), (before.acquire_time, before.lease_transitions));
    assert!(leadership.is_valid());
    assert!(
        metrics_text(std::slice::from_ref(&elector))
            .contains("leader_election_slowpath_total{name=\"controller\"} 0\n")
    );
}

#[tokio::test(start_paused = true)]
async fn lease_is_read_before_it_is_renewed_after_a_conflict() {
    let server = server();
    let elector = elector(&server, "a");
    let leadership = acquired(&elector).await;
    let recording = server.record();
    let labels = Client::from(server.client()).namespaced::<Lease>("default");
    let label = ("by".to_owned(), "other".to_owned());
    labels.modify(NAME, |lease| lease.metadata.labels = Some([label.clone()].into())).await.unwrap();
    recording.clear();
    sleep(4.5).await;
    assert_eq!(verbs(&recording), ["update", "get", "update", "update"]);
    assert!(leadership.is_valid());
    assert_eq!(super::lease(&server).await.metadata.labels.unwrap()["by"], "other");
    assert!(
        metrics_text(std::slice::from_ref(&elector))
            .contains("leader_election_slowpath_total{name=\"controller\"} 1\n")
    );
}

#[tokio::test(start_paused = true)]
async fn deleted_lease_is_created_again_with_its_term() {
    let server = server();
    create(&server, &held_by("")).await;
    let leadership = acquired(&elector(&server, "a")).await;
    Client::from(server.client()).namespaced::<Lease>("default").delete(NAME).await.unwrap();
    sleep(5.0).await;
    let spec = spec(&server).await;
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some("a"), Some(5)));
    assert!(leadership.is_valid());
}

#[tokio::test(start_paused = true)]
async fn failed_renewals_are_repeated_every_retry_period_until_the_deadline() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    let start = Instant::now();
    let updates = server.react(Calls::to("update", "leases"), Reaction::fail(Failure::internal("etcd is down")));
    let gets = server.react(Calls::to("get", "leases"), Reaction::fail(Failure::internal("etcd is down")));
    assert_eq!(within(20, leadership.lost()).await, Loss::Deadline);
    assert!((9.9..10.1).contains(&since(start)), "{}", since(start));
    // After 2, 4, 6 and 8 seconds.
    assert_eq!((updates.seen(), gets.seen()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn leader_survives_failures_that_are_shorter_than_the_deadline() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    for _ in 0..5 {
        server.react(Calls::to("*", "leases"), Reaction::refuse().times(6));
        sleep(20.0).await;
        assert!(leadership.is_valid());
    }
}

#[tokio::test(start_paused = true)]
async fn request_that_hangs_does_not_outlive_the_renew_deadline() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    let start = Instant::now();
    server.react(Calls::to("*", "leases"), Reaction::hang());
    assert_eq!(within(20, leadership.lost()).await, Loss::Deadline);
    assert!((9.9..10.1).contains(&since(start)), "{}", since(start));
}

#[tokio::test(start_paused = true)]
async fn one_request_that_hangs_does_not_lose_the_lease() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    server.react(Calls::to("update", "leases"), Reaction::hang().once());
    sleep(60.0).await;
    assert!(leadership.is_valid());
}

/// Others may have seen the renewed lease when the request was sent.
#[tokio::test(start_paused = true)]
async fn renew_deadline_counts_from_the_start_of_the_request() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    let start = Instant::now();
    // The renewal after 2 seconds is answered after 6 seconds; later ones hang.
    server.react(Calls::to("update", "leases"), Reaction::delay_answer(Duration::from_secs(4)).once());
    server.react(Calls::to("*", "leases"), Reaction::hang().after(1));
    assert_eq!(within(30, leadership.lost()).await, Loss::Deadline);
    assert!((11.9..12.1).contains(&since(start)), "{}", since(start));
}

#[tokio::test(start_paused = true)]
async fn lease_that_another_takes_ends_leadership_at_once() {
    let server = server();
    let elector = elector(&server, "a");
    let leadership = acquired(&elector).await;
    change(&server, |spec| spec.holder_identity = Some("b".to_owned())).await;
    let start = Instant::now();
    assert_eq!(within(20, leadership.lost()).await, Loss::Taken("b".to_owned()));
    assert!(since(start) < 2.5);
    assert!(!elector.is_leader());
    assert_eq!(holder(&server).await, "b");
}

/// Another leader may have acquired and released it meanwhile.
#[tokio::test(start_paused = true)]
async fn lease_that_someone_frees_ends_leadership() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    change(&server, |spec| spec.holder_identity = None).await;
    assert_eq!(within(20, leadership.lost()).await, Loss::Taken(String::new()));
    assert_eq!(leadership.lost().await.to_string(), "the lease is held by \"\"");
}

#[tokio::test(start_paused = true)]
async fn renewal_does_not_wait_for_the_rate_limit_of_the_client() {
    let server = server();
    let limit = kube_client_runtime::client::RateLimit::new(0.01, 1);
    let client = Client::builder().rate_limit(limit).over(server.client());
    let elector = LeaderElector::builder(&client, "default", NAME).identity("a").build().unwrap();
    let leadership = acquired(&elector).await;
    sleep(60.0).await;
    assert!(leadership.is_valid());
}

#[tokio::test(start_paused = true)]
async fn next_leader_is_elected_after_the_lease_duration() {
    let server = server();
    let first = acquired(&elector(&server, "a")).await;
    let start = Instant::now();
    server.react(Calls::to("*", "leases").matching(|action| is_from("a", action)), Reaction::refuse());
    let second = acquired(&elector(&server, "b")).await;
    assert!(!first.is_valid());
    assert_eq!(second.transitions(), first.transitions() + 1);
    assert!((15.0..20.0).contains(&since(start)), "{}", since(start));
}

/// Whether a request writes the lease for this candidate.
fn is_from(identity: &str, action: &kube_fake_apiserver::Action) -> bool {
    action.json().is_some_and(|lease| lease["spec"]["holderIdentity"] == identity)
}
