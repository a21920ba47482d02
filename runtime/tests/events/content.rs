//! What an event contains.

use k8s_openapi::api::core::v1::{Namespace, ObjectReference};
use k8s_openapi::jiff::Timestamp;
use kube_client_runtime::controllers::events::{NewEvent, object_reference};

use super::*;

#[tokio::test(start_paused = true)]
async fn event_has_all_fields_that_the_server_requires() {
    let server = server();
    let recorder = recorder(&server);
    let before = Timestamp::now();
    warn(&recorder, &map("one"), "it failed");
    recorder.flush().await;
    let [event] = events(&server).await.try_into().unwrap();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    assert_eq!(text(&event.type_), "Warning");
    assert_eq!((text(&event.reason), text(&event.action)), ("Failed".to_owned(), "Sync".to_owned()));
    assert_eq!(text(&event.note), "it failed");
    assert_eq!(text(&event.reporting_controller), "example.com/test");
    assert_eq!(text(&event.reporting_instance), "test-1");
    let expected = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("ConfigMap".to_owned()),
        namespace: Some("default".to_owned()),
        name: Some("one".to_owned()),
        uid: Some("uid-of-one".to_owned()),
        resource_version: Some("7".to_owned()),
        field_path: None,
    };
    assert_eq!(event.regarding, Some(expected));
    assert_eq!((event.related, event.series), (None, None));
    let time = event.event_time.unwrap().0;
    assert!(time.as_microsecond() >= before.as_microsecond() && time <= Timestamp::now());
    let (object, nanos) = event.metadata.name.as_deref().and_then(|name| name.rsplit_once('.')).unwrap();
    let nanos = i128::from_str_radix(nanos, 16).unwrap();
    assert_eq!(object, "one");
    assert_eq!(nanos / 1000, i128::from(time.as_microsecond()));
}

#[tokio::test(start_paused = true)]
async fn event_of_a_cluster_scoped_object_is_in_the_namespace_default() {
    let server = server();
    let recorder = recorder(&server);
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some("team".to_owned());
    recorder.event(&namespace, EventType::Normal, "Seen", "See", "a namespace");
    recorder.flush().await;
    let [event] = events(&server).await.try_into().unwrap();
    assert_eq!(event.regarding.unwrap().namespace, None);
    assert_eq!(recorder.dropped(), 0);
}

#[tokio::test(start_paused = true)]
async fn event_can_have_a_related_object_and_annotations() {
    let server = server();
    let recorder = recorder(&server);
    let [regarding, related] = ["one", "two"].map(|name| object_reference(&map(name), &()));
    let event = NewEvent::new(regarding, EventType::Normal, "Created", "Create", "created two");
    recorder.record(event.related(related.clone()).annotation("example.com/trace", "4f"));
    recorder.flush().await;
    let [event] = events(&server).await.try_into().unwrap();
    assert_eq!(event.related, Some(related));
    assert_eq!(event.metadata.annotations.unwrap()["example.com/trace"], "4f");
}

#[tokio::test(start_paused = true)]
async fn texts_that_are_too_long_are_cut_and_accepted() {
    let server = server();
    let reporter = Reporter::new("test").unwrap().instance("i".repeat(300));
    let recorder = EventRecorder::new(&Client::from(server.client()), reporter);
    recorder.event(&map("one"), EventType::Normal, "R".repeat(300), "A".repeat(300), "é".repeat(600));
    recorder.flush().await;
    let [event] = events(&server).await.try_into().unwrap();
    let length = |text: Option<String>| text.unwrap_or_default().len();
    let note = event.note.unwrap();
    assert!(note.ends_with("é...") && note.len() == 1023, "{}", note.len());
    let lengths = [event.reason, event.action, event.reporting_instance].map(length);
    assert_eq!(lengths, [128, 128, 128]);
}

#[tokio::test(start_paused = true)]
async fn name_of_an_object_that_is_no_dns_subdomain_yields_a_uuid() {
    let server = server();
    let recorder = recorder(&server);
    warn(&recorder, &map("system:node"), "x");
    recorder.flush().await;
    let [event] = events(&server).await.try_into().unwrap();
    assert_eq!(event.metadata.name.unwrap().len(), 36);
}

#[tokio::test(start_paused = true)]
async fn event_without_a_reason_or_an_action_is_dropped() {
    let server = server();
    let recorder = recorder(&server);
    recorder.event(&map("one"), EventType::Normal, "", "A", "n");
    recorder.event(&map("one"), EventType::Normal, "R", "", "n");
    recorder.flush().await;
    assert_eq!((events(&server).await.len(), recorder.dropped()), (0, 2));
    let metric = "event_recorder_events_total{reporting_controller=\"example.com/test\",result=\"invalid\"} 2\n";
    assert!(recorder.metrics_text().contains(metric));
}
