//! Tests of informers against a scripted API server, with tokio's paused clock. `tests/compact_informer` runs the same tests
//! with compact caches.

#[cfg(feature = "controller")]
mod controller;
mod factories;
mod handlers;
mod histories;
mod listers;
mod reflector;
mod selections;
pub(crate) mod server;
mod shards;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::informer::{
    CompactOptions, Event, Events, FinalState, HandlerFuncs, HandlerOptions, Informer, InformerBuilder,
};
use server::{Fault, Server};
use testkit::time::{until, within};

fn informer(server: &Server) -> InformerBuilder<ConfigMap> {
    in_tested_form(server.client().all_namespaces::<ConfigMap>().informer().on_error(|_| {}))
}

/// Makes the cache compact in the tests of compact caches.
fn in_tested_form<K: kube::Resource>(builder: InformerBuilder<K>) -> InformerBuilder<K> {
    // Few decoded objects, so that some reads decode and others do not.
    let options = CompactOptions::default().decoded_objects(2);
    if env!("CARGO_CRATE_NAME") == "compact_informer" { builder.compact_with(options) } else { builder }
}

async fn started(server: &Server) -> Informer<ConfigMap> {
    let informer = informer(server).start();
    within(informer.synced()).await.unwrap();
    informer
}

/// Waits until the cache equals the state of the server.
async fn converged(server: &Server, informer: &Informer<ConfigMap>) {
    until(|| seen(informer) == server.objects()).await;
}

pub(crate) fn seen(informer: &Informer<ConfigMap>) -> BTreeMap<String, (String, String)> {
    let of = |map: &Arc<ConfigMap>| {
        let metadata = &map.metadata;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        (
            format!("{}/{}", text(&metadata.namespace), text(&metadata.name)),
            (text(&metadata.uid), text(&metadata.resource_version)),
        )
    };
    informer.snapshot().iter().map(of).collect()
}

pub(crate) fn events(informer: &Informer<ConfigMap>) -> Events<ConfigMap> {
    informer.events(HandlerOptions::default()).unwrap()
}

/// Formats an event as its type, the object's name and its data.
pub(crate) fn describe(event: &Event<ConfigMap>) -> String {
    let name = |map: &ConfigMap| map.metadata.name.clone().unwrap_or_default();
    let data = |map: &ConfigMap| map.data.as_ref().and_then(|data| data.get("value").cloned()).unwrap_or_default();
    match event {
        Event::Added { object, initial: true } => format!("initially {} {}", name(object), data(object)),
        Event::Added { object, .. } => format!("added {} {}", name(object), data(object)),
        Event::Updated { old, new } => format!("updated {} {} to {}", name(new), data(old), data(new)),
        Event::Deleted { object, state: FinalState::Known } => format!("deleted {} {}", name(object), data(object)),
        Event::Deleted { object, .. } => format!("lost {} {}", name(object), data(object)),
    }
}
