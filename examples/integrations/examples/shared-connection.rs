//! Runs kube's client, kube's watcher, our client and our informer side by side over one connection, until it is interrupted:
//! `cargo run --package integration-examples --example shared-connection`.

use std::pin::pin;

use futures::TryStreamExt;
use integration_examples::http2;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::ListParams;
use kube::runtime::{WatchStreamExt, watcher};
use kube_client_runtime::client::ListOptions;
use kube_client_runtime::informer::InformerFactory;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().nth(1).as_deref() == Some("--help") {
        println!("usage: shared-connection");
        return Ok(());
    }
    let client = http2::connect(&kube::Config::infer().await?)?;
    let factory = InformerFactory::new(client.clone());
    let informer = factory.informer::<ConfigMap>();
    factory.start();
    factory.wait_for_cache_sync().await?;

    let theirs: Api<ConfigMap> = Api::default_namespaced(client.kube().clone());
    let ours = client.namespaced::<ConfigMap>(client.default_namespace());
    let (listed, read) = (theirs.list(&ListParams::default()).await?, ours.list(&ListOptions::default()).await?);
    println!(
        "{} with kube, {} with ours, {} in the cache",
        listed.items.len(),
        read.items.len(),
        informer.snapshot().len()
    );

    let mut events = pin!(watcher(theirs, watcher::Config::default()).applied_objects());
    while let Some(map) = events.try_next().await? {
        println!("{} changed", map.metadata.name.unwrap_or_default());
    }
    Ok(())
}
