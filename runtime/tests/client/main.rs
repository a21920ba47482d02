//! Tests of typed clients against the in-memory API server and a scripted one.

mod conversions;
mod deletions;
#[cfg(feature = "dynamic")]
mod dynamic;
mod fault_scripts;
mod faults;
mod field_managers;
mod finalizers;
mod metadata;
mod modify;
mod pages;
mod requests;
mod retries;
mod scale;
mod status;
mod timestamps;
mod upsert;
mod wait;

use kube_client_runtime::client::Client;
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_fake_apiserver::FakeApiServer;

fn server() -> FakeApiServer {
    FakeApiServer::builder().build().expect("a server without CRDs")
}

fn client(server: &FakeApiServer) -> Client {
    Client::from(server.client())
}

fn map(name: &str) -> ConfigMap {
    let mut map = ConfigMap { data: Some([("key".to_owned(), String::new())].into()), ..ConfigMap::default() };
    map.metadata.name = Some(name.to_owned());
    map
}
