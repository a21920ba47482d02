//! Coordinated leader election, with the test in the place of the control plane that selects the leader. The sources are
//! `tryCoordinatedRenew` and `leasecandidate.go` of client-go.

use k8s_openapi::api::coordination::v1beta1::{LeaseCandidate, LeaseCandidateSpec};
use kube::core::ApiResource;
use kube::discovery::Scope;
use kube_client_runtime::controllers::election::{Candidate, Loss};
use kube_fake_apiserver::{Failure, Reaction};
use tokio::task::JoinHandle;

use super::*;

/// A server that has LeaseCandidates.
fn coordinating_server() -> FakeApiServer {
    let kind = ApiResource::erase::<LeaseCandidate>(&());
    FakeApiServer::builder().kind(kind, Scope::Namespaced).build().expect("a server")
}

fn coordinated(server: &FakeApiServer, identity: &str) -> LeaderElector {
    let candidate = Candidate::new("1.2.0").emulation_version("1.1.0");
    builder(server, identity).coordinated(candidate).build().expect("valid settings")
}

fn acquiring(elector: &LeaderElector) -> JoinHandle<Leadership> {
    let elector = elector.clone();
    tokio::spawn(async move { elector.acquire().await })
}

/// A lease for which the control plane has selected this candidate.
fn selected(candidate: &str) -> Lease {
    let mut lease = held_by(candidate);
    lease.spec.get_or_insert_default().acquire_time = None;
    lease
}

/// Returns an answer to reads of the lease with fields that the in-memory server drops, since it does not coordinate elections.
async fn lease_with(server: &FakeApiServer, change: impl Fn(&mut LeaseSpec)) -> Reaction {
    let mut lease = super::lease(server).await;
    change(lease.spec.get_or_insert_default());
    let lease = serde_json::to_value(&lease).unwrap();
    Reaction::answer(move |_| Some(Ok(lease.clone())))
}

/// Returns the spec. It is optional in the types for some versions of Kubernetes, and required in those for others.
#[allow(clippy::useless_conversion)]
fn spec_of(candidate: LeaseCandidate) -> LeaseCandidateSpec {
    Option::from(candidate.spec).unwrap_or_default()
}

/// Waits for a LeaseCandidate whose spec satisfies a predicate.
async fn candidate(server: &FakeApiServer, is_expected: impl Fn(&LeaseCandidateSpec) -> bool) -> LeaseCandidateSpec {
    let candidates = Client::from(server.client()).namespaced::<LeaseCandidate>("default");
    within(600, async {
        loop {
            if let Some(spec) = candidates.get("a").await.ok().map(spec_of).filter(|spec| is_expected(spec)) {
                return spec;
            }
            sleep(0.1).await;
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn candidate_is_published_with_its_lease_and_versions() {
    let server = coordinating_server();
    let _waiting = acquiring(&coordinated(&server, "a"));
    let spec = candidate(&server, |_| true).await;
    assert_eq!((spec.lease_name.as_str(), spec.strategy.as_str()), (NAME, "OldestEmulationVersion"));
    assert_eq!((spec.binary_version.as_str(), spec.emulation_version.as_deref()), ("1.2.0", Some("1.1.0")));
    assert!(spec.renew_time.is_some() && spec.ping_time.is_none());
}

#[tokio::test(start_paused = true)]
async fn candidate_is_renewed_when_it_is_pinged() {
    let server = coordinating_server();
    let _waiting = acquiring(&coordinated(&server, "a"));
    let first = candidate(&server, |_| true).await.renew_time.expect("a time");
    let ping = MicroTime(first.0.checked_add(jiff::SignedDuration::from_micros(1)).unwrap());
    let candidates = Client::from(server.client()).namespaced::<LeaseCandidate>("default");
    let pinged = candidates.modify("a", |candidate| {
        let spec = LeaseCandidateSpec { ping_time: Some(ping.clone()), ..spec_of(candidate.clone()) };
        candidate.spec = spec.into();
    });
    pinged.await.unwrap();
    let start = Instant::now();
    candidate(&server, |spec| spec.renew_time.as_ref().is_some_and(|time| *time > ping)).await;
    assert!(since(start) < 5.0, "not only with the next regular renewal: {}", since(start));
}

#[tokio::test(start_paused = true)]
async fn candidate_is_renewed_every_five_minutes() {
    let server = coordinating_server();
    let _waiting = acquiring(&coordinated(&server, "a"));
    let first = candidate(&server, |_| true).await.renew_time;
    let start = Instant::now();
    candidate(&server, |spec| spec.renew_time != first).await;
    assert!((290.0..310.0).contains(&since(start)), "{}", since(start));
}

#[tokio::test(start_paused = true)]
async fn deleted_candidate_is_published_again() {
    let server = coordinating_server();
    let _waiting = acquiring(&coordinated(&server, "a"));
    candidate(&server, |_| true).await;
    let start = Instant::now();
    Client::from(server.client()).namespaced::<LeaseCandidate>("default").delete("a").await.unwrap();
    candidate(&server, |_| true).await;
    assert!(since(start) < 5.0, "{}", since(start));
}

#[tokio::test(start_paused = true)]
async fn candidate_that_is_not_selected_writes_no_lease() {
    let server = coordinating_server();
    let waiting = acquiring(&coordinated(&server, "a"));
    let recording = server.record();
    sleep(60.0).await;
    assert!(!waiting.is_finished());
    let verbs = verbs(&recording);
    assert!(verbs.len() > 10 && verbs.iter().all(|verb| verb == "get"), "{verbs:?}");
}

#[tokio::test(start_paused = true)]
async fn lease_of_another_candidate_is_not_acquired_after_it_has_expired() {
    let server = coordinating_server();
    create(&server, &selected("b")).await;
    let elector = coordinated(&server, "a");
    let waiting = acquiring(&elector);
    sleep(120.0).await;
    assert!(!waiting.is_finished() && !elector.is_leader());
    assert_eq!(elector.leader().borrow().as_deref(), Some("b"));
    assert_eq!(spec(&server).await.renew_time, selected("b").spec.unwrap().renew_time);
}

#[tokio::test(start_paused = true)]
async fn selected_candidate_acquires_the_lease_and_keeps_its_strategy() {
    let server = coordinating_server();
    create(&server, &selected("a")).await;
    let strategy = "OldestEmulationVersion";
    let read = lease_with(&server, |spec| spec.strategy = Some(strategy.to_owned())).await;
    server.react(Calls::to("get", "leases"), read.once());
    let recording = server.record();
    let leadership = acquired(&coordinated(&server, "a")).await;
    let updates = recording.matching(&Calls::to("update", "leases"));
    assert_eq!(updates[0].json().map(|lease| lease["spec"]["strategy"].clone()), Some(strategy.into()));
    assert_eq!(leadership.transitions(), 5);
    let first = spec(&server).await;
    assert_eq!((first.holder_identity.as_deref(), first.lease_transitions), (Some("a"), Some(5)));
    assert_eq!(first.acquire_time, first.renew_time);
    recording.clear();
    sleep(20.5).await;
    assert_eq!(verbs(&recording)[..4], ["get", "update", "get", "update"], "each renewal reads the lease");
    let renewed = spec(&server).await;
    assert!(leadership.is_valid() && renewed.renew_time > first.renew_time);
    assert_eq!((renewed.acquire_time, renewed.lease_transitions), (first.acquire_time, Some(5)));
}

#[tokio::test(start_paused = true)]
async fn leader_steps_down_for_the_preferred_candidate() {
    let server = coordinating_server();
    create(&server, &selected("a")).await;
    let leadership = acquired(&coordinated(&server, "a")).await;
    let read = lease_with(&server, |spec| spec.preferred_holder = Some("b".to_owned())).await;
    server.react(Calls::to("get", "leases"), read);
    let (start, recording) = (Instant::now(), server.record());
    assert_eq!(within(20, leadership.lost()).await, Loss::Preferred("b".to_owned()));
    assert!(since(start) < 2.5, "{}", since(start));
    sleep(10.0).await;
    assert_eq!(verbs(&recording), ["get"], "the lease is not renewed any more");
}

#[tokio::test(start_paused = true)]
async fn expired_lease_of_the_own_candidate_is_not_renewed() {
    let server = coordinating_server();
    create(&server, &selected("a")).await;
    let failing = server.react(Calls::to("update", "leases"), Reaction::fail(Failure::internal("etcd is down")));
    let elector = coordinated(&server, "a");
    let waiting = acquiring(&elector);
    sleep(20.0).await;
    failing.remove();
    sleep(60.0).await;
    assert!(!waiting.is_finished(), "only the control plane can prolong it");
    let renewed = MicroTime(Timestamp::from_second(1_000_000_100).unwrap());
    change(&server, |spec| spec.renew_time = Some(renewed.clone())).await;
    let leadership = within(10, waiting).await.unwrap();
    assert!(leadership.is_valid() && elector.is_leader());
}
