//! What controllers need: leader election and events.

use std::time::Duration;

use aigateway_client::Clientset;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Event as CoreEvent, Namespace};
use k8s_openapi::api::events::v1::Event;
use kube_client_runtime::client::ListOptions;
use kube_client_runtime::controllers::election::LeaderElector;
use kube_client_runtime::controllers::events::{EventRecorder, EventType, Reporter};

/// Elects a leader, renews and releases its lease, and elects another one.
///
/// # Panics
/// If a lease is not as it should be.
pub async fn leader_is_elected_and_releases_its_lease(clients: Clientset, namespace: String) {
    let leases = clients.client().namespaced::<Lease>(&namespace);
    let elector = |identity: &str| {
        let builder = LeaderElector::builder(clients.client(), &namespace, "leader").identity(identity);
        builder.retry_period(Duration::from_millis(50)).labels([("team", "search")]).build().expect("valid settings")
    };
    let (one, other) = (elector("one"), elector("other"));
    let leadership = one.acquire().await;
    let first = leases.get("leader").await.unwrap();
    assert_eq!(first.metadata.labels.as_ref().unwrap()["team"], "search");
    let renewed = async {
        while leases.get("leader").await.unwrap().spec == first.spec {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), renewed).await.expect("the lease is renewed");

    let mut leader = other.leader();
    let waiting = tokio::spawn(async move { other.acquire().await });
    leader.wait_for(|leader| leader.as_deref() == Some("one")).await.unwrap();
    leadership.release().await.unwrap();
    let leadership = tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("the lease is free").unwrap();
    assert_eq!(leadership.transitions(), 1);
    let spec = leases.get("leader").await.unwrap().spec.unwrap_or_default();
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_duration_seconds), (Some("other"), Some(15)));
    assert!(spec.renew_time >= spec.acquire_time && spec.acquire_time > first.spec.and_then(|spec| spec.acquire_time));
}

/// Records events and reads them through both of their APIs.
///
/// # Panics
/// If the API server rejects an event, or stores another one.
pub async fn recorded_events_are_accepted(clients: Clientset, namespace: String) {
    let client = clients.client();
    let mut map = ConfigMap::default();
    map.metadata.name = Some("map".to_owned());
    let map = client.namespaced::<ConfigMap>(&namespace).create(&map).await.unwrap();
    let reporter = Reporter::new("example.com/e2e").expect("a valid name").instance("i".repeat(200));
    let recorder = EventRecorder::new(client, reporter);
    for _ in 0..3 {
        recorder.event(&map, EventType::Warning, "Again", "Repeat", "the same");
    }
    for number in 0..12 {
        recorder.event(&map, EventType::Normal, "Similar", "Vary", format!("note {number}"));
    }
    recorder.event(&map, EventType::Normal, "R".repeat(200), "A".repeat(200), "é".repeat(2000));
    recorder.flush().await;
    assert_eq!(recorder.dropped(), 0);

    let events = client.namespaced::<Event>(&namespace).list(&ListOptions::default()).await.unwrap().items;
    let count = |reason: &str, note: &str| {
        let is_it = |event: &&Event| event.reason.as_deref() == Some(reason) && event.note.as_deref() == Some(note);
        let event = events.iter().find(is_it).unwrap_or_else(|| panic!("no event {reason} {note}"));
        assert_eq!(event.regarding.as_ref().and_then(|object| object.uid.clone()), map.metadata.uid);
        event.series.as_ref().map_or(1, |series| series.count)
    };
    assert_eq!(events.len(), 1 + 10 + 1);
    assert_eq!(count("Again", "the same"), 3);
    assert_eq!(count("Similar", "note 8"), 1);
    assert_eq!(count("Similar", "(combined from similar events): note 9"), 3);

    let options = ListOptions { field_selector: Some("reason=Again".to_owned()), ..ListOptions::default() };
    let [event] = client.namespaced::<CoreEvent>(&namespace).list(&options).await.unwrap().items.try_into().unwrap();
    assert_eq!(event.message.as_deref(), Some("the same"));
    assert_eq!(event.reporting_component.as_deref(), Some("example.com/e2e"));

    let scope = client.cluster::<Namespace>().get(&namespace).await.unwrap();
    recorder.event(&scope, EventType::Normal, "Seen", "See", "an object without a namespace");
    recorder.flush().await;
    assert_eq!(recorder.dropped(), 0);
}
