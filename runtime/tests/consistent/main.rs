//! Tests of clients that read their own writes, with a network that delays watches and loses answers.

mod histories;
mod namespaces;
mod network;
mod writes;

use std::time::Duration;

use kube_client_runtime::client::Client;
use kube_client_runtime::informer::{ConsistentClient, InformerFactory};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use network::Network;

type Maps = ConsistentClient<ConfigMap>;

fn map(name: &str, value: &str) -> ConfigMap {
    let mut map = ConfigMap { data: Some([("value".to_owned(), value.to_owned())].into()), ..ConfigMap::default() };
    map.metadata.name = Some(name.to_owned());
    map
}

fn value(map: &ConfigMap) -> &str {
    map.data.as_ref().and_then(|data| data.get("value")).map_or("", String::as_str)
}

/// Returns a consistent client of these namespaces, or of all; its informer has synced.
async fn consistent(client: &Client, namespaces: &[&str]) -> Maps {
    let factory = InformerFactory::builder(client.clone()).namespaces(namespaces.iter().copied()).build();
    let maps = factory.consistent::<ConfigMap>();
    factory.start();
    within(factory.wait_for_cache_sync()).await.unwrap();
    maps
}

/// Awaits a future with a timeout, which is shorter than the interval of bookmarks.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(50), future).await.expect("timed out")
}
