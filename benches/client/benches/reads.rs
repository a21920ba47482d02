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
const NAMESPACES: [&str; 2] = ["consistent-reads-a", "consistent-reads-b"];

type Failure = Box<dyn std::error::Error>;

async fn real() -> Result<Option<Client>, Failure> {
    let Ok(path) = std::env::var("E2E_KUBECONFIG") else { return Ok(None) };
    let kubeconfig = Kubeconfig::read_from(path)?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Some(Client::try_from(config)?))
}

fn map(number: usize) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(format!("map-{}", number % 10));
    map.data = Some([("number".to_owned(), number.to_string())].into());
    map
}

/// Writes and reads, and returns the sorted waits.
async fn waits(client: &Client) -> Result<Vec<Duration>, Failure> {
    let factory = InformerFactory::builder(client.clone()).namespaces(NAMESPACES).build();
    let maps = factory.consistent::<ConfigMap>().with_timeout(Duration::from_secs(30));
    factory.start();
    factory.wait_for_cache_sync().await?;
    let mut waits = Vec::with_capacity(WRITES);
    for number in 0..WRITES {
        let namespace = NAMESPACES[number % 2];
        let (map, data) = (map(number), map(number).data);
        let (written, _) = maps.namespaced(namespace).create_or_update(&map, |map| map.data.clone_from(&data)).await?;
        let started = Instant::now();
        let read = maps.get(Some(namespace), map.metadata.name.as_deref().unwrap_or_default()).await?;
        waits.push(started.elapsed());
        assert_eq!(read.as_deref(), Some(&written), "a read missed its write");
    }
    let text = metrics_text(&factory.status());
    text.lines().filter(|line| line.contains("consistent_read")).for_each(|line| println!("  {line}"));
    factory.shutdown().await;
    waits.sort();
    Ok(waits)
}

async fn measure(server: &str, client: &Client) -> Result<(), Failure> {
    for namespace in NAMESPACES {
        let mut object = Namespace::default();
        object.metadata.name = Some(namespace.to_owned());
        client.cluster::<Namespace>().create_or_update(&object, |_| {}).await?;
    }
    let waits = waits(client).await;
    for namespace in NAMESPACES {
        client.cluster::<Namespace>().delete(namespace).await?;
    }
    let waits = waits?;
    let at = |part: usize| waits[(waits.len() - 1) * part / 100];
    println!("{server}: {WRITES} reads waited {:?} (median), {:?} (99 %), {:?} (most)", at(50), at(99), at(100));
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
