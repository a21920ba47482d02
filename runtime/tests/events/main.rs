//! Tests of the recorder of events on the in-memory API server, with tokio's paused clock.

mod aggregation;
mod content;
mod delivery;
mod series;

use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::events::v1::Event;
use kube_client_runtime::client::{Client, ListOptions};
use kube_client_runtime::controllers::events::{EventRecorder, EventType, Reporter};
use kube_fake_apiserver::{Calls, FakeApiServer, Recording};

fn server() -> FakeApiServer {
    FakeApiServer::builder().build().expect("a server without CRDs")
}

fn recorder(server: &FakeApiServer) -> EventRecorder {
    let reporter = Reporter::new("example.com/test").unwrap().instance("test-1");
    EventRecorder::new(&Client::from(server.client()), reporter)
}

/// An object that need not exist on the server.
fn map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map.metadata.namespace = Some("default".to_owned());
    map.metadata.uid = Some(format!("uid-of-{name}"));
    map.metadata.resource_version = Some("7".to_owned());
    map
}

fn warn(recorder: &EventRecorder, map: &ConfigMap, note: &str) {
    recorder.event(map, EventType::Warning, "Failed", "Sync", note);
}

async fn events(server: &FakeApiServer) -> Vec<Event> {
    let events = Client::from(server.client()).namespaced::<Event>("default");
    events.list(&ListOptions::default()).await.unwrap().items
}

/// Returns the note and the count of each event on the server.
async fn notes(server: &FakeApiServer) -> Vec<(String, i32)> {
    let count = |event: &Event| event.series.as_ref().map_or(1, |series| series.count);
    let mut notes: Vec<_> =
        events(server).await.iter().map(|event| (event.note.clone().unwrap_or_default(), count(event))).collect();
    notes.sort();
    notes
}

fn noted(notes: &[(&str, i32)]) -> Vec<(String, i32)> {
    notes.iter().map(|(note, count)| ((*note).to_owned(), *count)).collect()
}

fn verbs(recording: &Recording) -> Vec<String> {
    let requests = recording.matching(&Calls::to("*", "events"));
    requests.into_iter().map(|action| action.verb).filter(|verb| verb != "list").collect()
}

/// Waits until everything that is due was done.
async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

const MINUTE: Duration = Duration::from_secs(60);
