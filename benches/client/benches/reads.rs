//! Measures how long consistent reads wait for a write: with the in-memory server and, if `E2E_KUBECONFIG` is set, with a real
//! one.
//!
//! A read starts as soon as its write has ended, in a namespace with its own watch next to another one. The wait includes
//! nothing else: the read itself is a lookup in the cache.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube_client_runtime::client::Client;
use kube_client_runtime::informer::{InformerFactory, metrics_text};
use kube_fake_apiserver::FakeApiServer;

const WRITES: usize = 1000;
const NAMES: usize = 10;

type Failure = Box<dyn std::error::Error>;

async fn real() -> Result<Option<Client>, Failure> {
    let Ok(path) = std::env::var("E2E_KUBECONFIG") else { return Ok(None) };
    let kubeconfig = Kubeconfig::read_from(path)?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Some(Client::try_from(config)?))
}

fn map(number: usize) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(format!("map-{}", number % NAMES));
    map.data = Some([("number".to_owned(), number.to_string())].into());
    map
}

/// Writes, deletes and reads, and returns the sorted waits.
async fn waits(client: &Client, namespaces: &[String; 2]) -> Result<Vec<Duration>, Failure> {
    let factory = InformerFactory::builder(client.clone()).namespaces(namespaces.clone()).build();
    let maps = factory.consistent::<ConfigMap>().with_timeout(Duration::from_secs(30));
    factory.start();
    factory.wait_for_cache_sync().await?;
    let mut waits = Vec::with_capacity(WRITES);
    for number in 0..WRITES {
        let namespace = &namespaces[number % 2];
        let (map, data) = (map(number), map(number).data);
        let (written, _) = maps.namespaced(namespace).create_or_update(&map, |map| map.data.clone_from(&data)).await?;
        let started = Instant::now();
        let read = maps.get(Some(namespace), map.metadata.name.as_deref().unwrap_or_default()).await?;
        waits.push(started.elapsed());
        assert_eq!(read.as_deref(), Some(&written), "a read missed its write");
    }
    for number in 0..NAMES {
        let (namespace, name) = (&namespaces[number % 2], format!("map-{number}"));
        maps.namespaced(namespace).delete(&name).await?;
        let started = Instant::now();
        assert!(maps.get(Some(namespace), &name).await?.is_none(), "a read missed a deletion");
        waits.push(started.elapsed());
    }
    let text = metrics_text(&factory.status());
    text.lines().filter(|line| line.contains("consistent_read")).for_each(|line| println!("  {line}"));
    factory.shutdown().await;
    waits.sort();
    Ok(waits)
}

async fn measure(server: &str, client: &Client) -> Result<(), Failure> {
    // Without its controller, a namespace is never deleted completely.
    let namespaces = ["a", "b"].map(|suffix| format!("consistent-reads-{}-{suffix}", std::process::id()));
    for namespace in &namespaces {
        let mut object = Namespace::default();
        object.metadata.name = Some(namespace.clone());
        client.cluster::<Namespace>().create(&object).await?;
    }
    let waits = waits(client, &namespaces).await;
    for namespace in &namespaces {
        client.cluster::<Namespace>().delete(namespace).await?;
    }
    let waits = waits?;
    let at = |part: usize| waits[(waits.len() - 1) * part / 100];
    println!("{server}: {} reads waited {:?} (median), {:?} (99 %), {:?} (most)", waits.len(), at(50), at(99), at(100));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let server = FakeApiServer::builder().build()?;
    measure("in memory", &Client::from(server.client())).await?;
    match real().await? {
        Some(client) => measure("real", &client).await?,
        None => println!("real: skipped, because E2E_KUBECONFIG is not set"),
    }
    Ok(())
}
