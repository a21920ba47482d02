//! Acquisition, as `TestTryAcquireOrRenew` of client-go describes it.

use kube_client_runtime::controllers::election::ConfigError;
use kube_fake_apiserver::{Failure, Reaction};

use super::*;

#[tokio::test(start_paused = true)]
async fn lease_that_does_not_exist_is_created_and_held() {
    let server = server();
    let recording = server.record();
    let leadership = acquired(&elector(&server, "a")).await;
    assert_eq!(verbs(&recording), ["get", "create"]);
    assert_eq!(leadership.transitions(), 0);
    let spec = spec(&server).await;
    assert_eq!(spec.holder_identity.as_deref(), Some("a"));
    assert_eq!((spec.lease_duration_seconds, spec.lease_transitions), (Some(15), Some(0)));
    assert_eq!(spec.acquire_time, spec.renew_time);
    let micros = spec.renew_time.unwrap().0.as_nanosecond() % 1000;
    assert_eq!(micros, 0, "times have microseconds");
}

#[tokio::test(start_paused = true)]
async fn lease_without_a_record_is_acquired_at_once() {
    let server = server();
    let mut empty = Lease::default();
    empty.metadata.name = Some(NAME.to_owned());
    create(&server, &empty).await;
    let recording = server.record();
    assert_eq!(acquired(&elector(&server, "a")).await.transitions(), 1);
    assert_eq!(verbs(&recording), ["get", "update"]);
}

#[tokio::test(start_paused = true)]
async fn lease_without_a_holder_is_acquired_at_once() {
    let server = server();
    create(&server, &held_by("")).await;
    let start = Instant::now();
    assert_eq!(acquired(&elector(&server, "a")).await.transitions(), 5);
    assert!(since(start) < 1.0);
}

#[tokio::test(start_paused = true)]
async fn lease_of_another_is_acquired_after_its_own_duration_without_a_change() {
    let server = server();
    let mut lease = held_by("b");
    lease.spec.as_mut().unwrap().lease_duration_seconds = Some(3);
    create(&server, &lease).await;
    let start = Instant::now();
    assert_eq!(acquired(&elector(&server, "a")).await.transitions(), 5);
    assert!((3.0..8.0).contains(&since(start)), "{}", since(start));
}

#[tokio::test(start_paused = true)]
async fn renew_time_of_the_record_does_not_matter() {
    for renewed in ["1999-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"] {
        let server = server();
        let mut lease = held_by("b");
        lease.spec.as_mut().unwrap().renew_time = Some(MicroTime(renewed.parse().unwrap()));
        create(&server, &lease).await;
        let start = Instant::now();
        acquired(&elector(&server, "a")).await;
        assert!((15.0..20.0).contains(&since(start)), "{renewed}: {}", since(start));
    }
}

#[tokio::test(start_paused = true)]
async fn lease_of_another_without_a_duration_is_acquired_after_the_own_duration() {
    let server = server();
    let mut lease = held_by("b");
    lease.spec.as_mut().unwrap().lease_duration_seconds = None;
    create(&server, &lease).await;
    let start = Instant::now();
    acquired(&elector(&server, "a")).await;
    assert!((15.0..20.0).contains(&since(start)), "{}", since(start));
}

#[tokio::test(start_paused = true)]
async fn lease_of_another_is_not_acquired_while_it_changes() {
    let server = server();
    create(&server, &held_by("b")).await;
    let elector = elector(&server, "a");
    let acquiring = tokio::spawn({
        let elector = elector.clone();
        async move { elector.acquire().await }
    });
    for second in 0..60 {
        let renewed = Timestamp::from_second(1_000_000_000 + second).unwrap();
        change(&server, |spec| spec.renew_time = Some(MicroTime(renewed))).await;
        sleep(1.0).await;
        assert!(!elector.is_leader());
    }
    assert_eq!(holder(&server).await, "b");
    let leadership = within(30, acquiring).await.unwrap();
    assert!(leadership.is_valid());
}

#[tokio::test(start_paused = true)]
async fn changed_labels_do_not_prolong_a_lease() {
    let server = server();
    create(&server, &held_by("b")).await;
    let elector = elector(&server, "a");
    let (labels, start) = (Client::from(server.client()).namespaced::<Lease>("default"), Instant::now());
    let relabel = async {
        for number in 0.. {
            let label = ("number".to_owned(), number.to_string());
            let changed = labels.modify(NAME, |lease| {
                lease.metadata.labels.get_or_insert_default().extend([label.clone()]);
            });
            changed.await.unwrap();
            sleep(1.1).await;
        }
    };
    tokio::select! {
        _ = acquired(&elector) => {}
        () = relabel => {}
    }
    assert!(since(start) < 30.0);
}

#[tokio::test(start_paused = true)]
async fn own_lease_is_acquired_at_once_and_keeps_its_term() {
    let server = server();
    create(&server, &held_by("a")).await;
    let start = Instant::now();
    let leadership = acquired(&elector(&server, "a")).await;
    assert!(since(start) < 1.0);
    assert_eq!(leadership.transitions(), 4);
    let spec = spec(&server).await;
    assert_eq!(spec.acquire_time, held_by("a").spec.unwrap().acquire_time);
    assert_ne!(spec.renew_time, spec.acquire_time);
}

#[tokio::test(start_paused = true)]
async fn failed_requests_are_repeated_after_the_retry_period_with_jitter() {
    let server = server();
    let forbidden = Reaction::fail(Failure::forbidden(&leases(), NAME, "no"));
    let gets = server.react(Calls::to("get", "leases"), forbidden.times(3));
    let start = Instant::now();
    acquired(&elector(&server, "a")).await;
    assert_eq!(gets.seen(), 4);
    assert!((6.0..13.2).contains(&since(start)), "{}", since(start));
}

#[tokio::test(start_paused = true)]
async fn create_by_another_at_the_same_time_is_respected() {
    let server = server();
    let exists = Reaction::fail(Failure::already_exists(&leases(), NAME));
    server.react(Calls::to("create", "leases"), exists.once());
    let start = Instant::now();
    acquired(&elector(&server, "a")).await;
    assert!((2.0..4.4).contains(&since(start)));
}

#[tokio::test(start_paused = true)]
async fn update_by_another_at_the_same_time_is_respected() {
    let server = server();
    create(&server, &held_by("")).await;
    let conflict = Reaction::fail(Failure::conflict(&leases(), NAME, "modified"));
    server.react(Calls::to("update", "leases"), conflict.once());
    let recording = server.record();
    acquired(&elector(&server, "a")).await;
    assert_eq!(verbs(&recording), ["get", "update", "get", "update"]);
}

#[tokio::test(start_paused = true)]
async fn request_that_hangs_is_abandoned_after_half_of_the_renew_deadline() {
    let server = server();
    server.react(Calls::to("get", "leases"), Reaction::hang().once());
    let start = Instant::now();
    acquired(&elector(&server, "a")).await;
    assert!((7.0..9.4).contains(&since(start)), "{}", since(start));
}

#[tokio::test(start_paused = true)]
async fn lost_response_of_a_create_is_noticed_by_the_next_attempt() {
    let server = server();
    server.react(Calls::to("create", "leases"), Reaction::lose_answer().once());
    let start = Instant::now();
    let leadership = acquired(&elector(&server, "a")).await;
    assert!(since(start) < 4.5);
    assert_eq!(leadership.transitions(), 0);
}

#[tokio::test(start_paused = true)]
async fn response_after_the_renew_deadline_does_not_make_a_leader() {
    let server = server();
    let short =
        builder(&server, "a").renew_deadline(Duration::from_millis(500)).retry_period(Duration::from_millis(100));
    let elector = short.build().unwrap();
    server.react(Calls::to("create", "leases"), Reaction::delay_answer(Duration::from_millis(501)).once());
    let (start, recording) = (Instant::now(), server.record());
    let leadership = acquired(&elector).await;
    assert_eq!(verbs(&recording), ["get", "create", "get", "update"]);
    assert!(leadership.is_valid() && since(start) > 0.5);
}

#[tokio::test(start_paused = true)]
async fn foreign_labels_annotations_and_fields_are_kept() {
    let server = server();
    let mut lease = held_by("");
    lease.metadata.labels = Some([("theirs".to_owned(), "1".to_owned()), ("ours".to_owned(), "old".to_owned())].into());
    lease.metadata.annotations = Some([("note".to_owned(), "x".to_owned())].into());
    create(&server, &lease).await;
    let elector = builder(&server, "a").labels([("ours", "new")]).build().unwrap();
    acquired(&elector).await;
    let metadata = super::lease(&server).await.metadata;
    let labels = [("ours".to_owned(), "new".to_owned()), ("theirs".to_owned(), "1".to_owned())];
    assert_eq!(metadata.labels, Some(labels.into()));
    assert_eq!(metadata.annotations.unwrap()["note"], "x");
}

#[tokio::test(start_paused = true)]
async fn created_lease_has_the_labels() {
    let server = server();
    let _leadership = acquired(&builder(&server, "a").labels([("team", "x")]).build().unwrap()).await;
    assert_eq!(super::lease(&server).await.metadata.labels.unwrap()["team"], "x");
}

#[tokio::test(start_paused = true)]
async fn one_of_several_candidates_leads() {
    let server = server();
    let electors: Vec<_> = ["a", "b", "c"].map(|identity| elector(&server, identity)).into();
    let tasks: Vec<_> = electors
        .iter()
        .map(|elector| {
            let elector = elector.clone();
            tokio::spawn(async move { elector.acquire().await })
        })
        .collect();
    sleep(120.0).await;
    assert_eq!(electors.iter().filter(|elector| elector.is_leader()).count(), 1);
    assert_eq!(tasks.iter().filter(|task| task.is_finished()).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn second_call_waits_until_the_first_leadership_ends() {
    let server = server();
    let elector = elector(&server, "a");
    let first = acquired(&elector).await;
    let mut second = std::pin::pin!(elector.acquire());
    assert!(tokio::time::timeout(Duration::from_secs(60), &mut second).await.is_err());
    drop(first);
    assert!(within(1, second).await.is_valid());
}

#[test]
fn settings_are_validated() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _guard = runtime.enter();
    let server = server();
    let short = builder(&server, "a").lease_duration(Duration::from_secs(10)).build();
    assert!(matches!(short, Err(ConfigError::LeaseDuration(..))));
    let text = short.unwrap_err().to_string();
    assert_eq!(
        text,
        "the lease duration 10s is not greater than the renew deadline 10s: raise it, or lower the deadline"
    );
    assert!(matches!(builder(&server, "").build(), Err(ConfigError::Identity)));
    let client = Client::from(server.client());
    assert!(matches!(LeaderElector::builder(&client, "default", "").build(), Err(ConfigError::Lease)));
}
