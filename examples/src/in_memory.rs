//! An API server in memory with a simulation of the AI Gateway controller, on which the examples run without a cluster.

use std::collections::BTreeMap;
use std::fmt::Debug;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::{AIGatewayRoute, BackendSecurityPolicy};
use aigateway_client::runtime::client::{Error, Namespaced, Patch, PatchOptions, WatchOptions};
use aigateway_client::runtime::kube::Resource;
use aigateway_client::runtime::resource::HasStatusSubresource;
use futures::{StreamExt as _, pin_mut};
use kube::core::WatchEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// What the controller decides about an object: `None` accepts it, and a text is the reason why not.
pub type Review<K> = fn(&K) -> Option<String>;

/// Creates a server, on which routes and policies of the namespace `default` are reviewed until the runtime ends.
///
/// # Panics
/// If the embedded CRDs cannot be served.
pub fn clients(routes: Review<AIGatewayRoute>, policies: Review<BackendSecurityPolicy>) -> Clientset {
    let server = aigateway_client::fake::server().expect("the embedded CRDs can be served");
    let clients = Clientset::from(server.client());
    let version = clients.aigateway_v1beta1();
    tokio::spawn(review(version.ai_gateway_routes("default"), routes));
    tokio::spawn(review(version.backend_security_policies("default"), policies));
    clients
}

/// Sets a condition after each change of an object, as the controller does.
async fn review<K>(objects: Namespaced<K>, decide: Review<K>) -> Result<(), Error>
where
    K: Resource<DynamicType = ()>
        + HasStatusSubresource
        + Clone
        + Debug
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static,
{
    let events = objects.watch(&WatchOptions::default()).await?;
    pin_mut!(events);
    let mut reviewed = BTreeMap::new();
    while let Some(event) = events.next().await {
        let (WatchEvent::Added(object) | WatchEvent::Modified(object)) = event? else { continue };
        let metadata = object.meta();
        let (name, generation) = (metadata.name.clone().unwrap_or_default(), metadata.generation);
        if reviewed.insert(name.clone(), generation) == Some(generation) {
            continue;
        }
        let (type_, message) = match decide(&object) {
            None => ("Accepted", format!("generation {} is accepted", generation.unwrap_or_default())),
            Some(reason) => ("NotAccepted", reason),
        };
        let time = "2026-01-01T00:00:00Z";
        let condition =
            json!({"type": type_, "status": "True", "reason": type_, "message": message, "lastTransitionTime": time});
        let status = Patch::Merge(json!({"status": {"conditions": [condition]}}));
        objects.patch_status(&name, &status, &PatchOptions::default()).await?;
    }
    Ok(())
}
