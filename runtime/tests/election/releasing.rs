//! Release, as `TestReleaseLease` and `TestReleaseOnCancellation` of client-go describe it.

use kube_client_runtime::controllers::election::{Ended, Loss};
use kube_fake_apiserver::{Failure, Reaction};

use super::*;

/// Waits until the lease has this holder.
async fn held(server: &FakeApiServer, by: &str) {
    within(30, async {
        while holder(server).await != by {
            sleep(0.01).await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn released_lease_has_no_holder_and_expires_after_a_second() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    let recording = server.record();
    leadership.release().await.unwrap();
    assert_eq!(verbs(&recording), ["get", "update"]);
    let spec = spec(&server).await;
    assert_eq!(spec.holder_identity.as_deref(), Some(""));
    assert_eq!((spec.lease_duration_seconds, spec.lease_transitions), (Some(1), Some(0)));
    assert_eq!(spec.acquire_time, spec.renew_time);
}

#[tokio::test(start_paused = true)]
async fn released_lease_is_acquired_by_another_at_its_next_attempt() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    let other = elector(&server, "b");
    let acquiring = tokio::spawn(async move { other.acquire().await });
    sleep(10.0).await;
    let start = Instant::now();
    leadership.release().await.unwrap();
    let second = within(5, acquiring).await.unwrap();
    assert_eq!(second.transitions(), 1);
    assert!(since(start) < 4.5);
}

#[tokio::test(start_paused = true)]
async fn release_ends_all_clones_before_the_request_is_sent() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    let clone = leadership.clone();
    server.react(Calls::to("get", "leases"), Reaction::delay(Duration::from_secs(1)));
    let releasing = tokio::spawn(leadership.release());
    sleep(0.1).await;
    assert!(!clone.is_valid());
    assert_eq!(clone.lost().await, Loss::Released);
    within(5, releasing).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn lease_is_released_when_the_work_ends_if_configured() {
    let server = server();
    let elector = builder(&server, "a").release_on_cancel(true).build().unwrap();
    assert_eq!(within(5, elector.run(async |_| ())).await, Ended::Finished(()));
    assert_eq!(holder(&server).await, "");
}

#[tokio::test(start_paused = true)]
async fn lease_is_released_on_cancellation_if_configured() {
    let server = server();
    let elector = builder(&server, "a").release_on_cancel(true).build().unwrap();
    let running = elector.run(|_| std::future::pending::<()>());
    assert!(tokio::time::timeout(Duration::from_secs(5), running).await.is_err());
    held(&server, "").await;
}

/// "release acquired lock on cancellation of update": the update is executed although it was cancelled.
#[tokio::test(start_paused = true)]
async fn lease_is_released_on_cancellation_of_a_renewal() {
    let server = server();
    let elector = builder(&server, "a").release_on_cancel(true).build().unwrap();
    let leadership = acquired(&elector).await;
    server.react(Calls::to("update", "leases"), Reaction::delay_answer(Duration::from_secs(4)).once());
    sleep(3.0).await;
    drop(leadership);
    held(&server, "").await;
}

#[tokio::test(start_paused = true)]
async fn release_is_repeated_on_conflict() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    let conflict = Reaction::fail(Failure::conflict(&leases(), NAME, "modified"));
    server.react(Calls::to("update", "leases"), conflict.times(3));
    let recording = server.record();
    leadership.release().await.unwrap();
    assert_eq!(verbs(&recording), ["get", "update"].repeat(4));
    assert_eq!(holder(&server).await, "");
}

#[tokio::test(start_paused = true)]
async fn lease_of_another_is_not_released() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    change(&server, |spec| spec.holder_identity = Some("b".to_owned())).await;
    let recording = server.record();
    leadership.release().await.unwrap();
    assert_eq!(verbs(&recording), ["get"]);
    assert_eq!(holder(&server).await, "b");
}

#[tokio::test(start_paused = true)]
async fn release_of_a_deleted_lease_does_nothing() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    Client::from(server.client()).namespaced::<Lease>("default").delete(NAME).await.unwrap();
    let recording = server.record();
    leadership.release().await.unwrap();
    assert_eq!(verbs(&recording), ["get"]);
}

#[tokio::test(start_paused = true)]
async fn release_fails_if_the_server_does_not_answer_within_the_renew_deadline() {
    let server = server();
    let leadership = acquired(&elector(&server, "a")).await;
    server.react(Calls::to("*", "leases"), Reaction::hang());
    let start = Instant::now();
    let error = within(20, leadership.release()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot release the lease, which now has to expire: the request timed out");
    assert!(since(start) < 10.1);
}
