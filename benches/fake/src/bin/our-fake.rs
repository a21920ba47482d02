//! Measures the in-memory server and our client in one process: the microseconds of each operation on ConfigMaps, as the Go
//! program `fakes` prints them for the fakes of client-go and controller-runtime.
//!
//! `our-fake [--seconds 1] [--objects 1000]`

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use aigateway_client::runtime::client::{Client, ListOptions, Namespaced, WatchOptions};
use aigateway_client::runtime::k8s_openapi::api::core::v1::ConfigMap;
use futures::StreamExt;
use informer_benches::{BoxError, Measurements, number, print};
use kube_fake_apiserver::{Builder, FakeApiServer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let mut result = Measurements::new();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let objects = number("objects", 1000.0) as usize;
    result.insert("start_us", measure(async |_| server(0).map(drop)).await?);
    result.insert("start_with_objects_us", measure(async |_| server(objects).map(drop)).await?);

    let maps = client(&server(objects)?);
    let create = async |at| maps.create(&config_map(&format!("created-{at}"))).await.map(drop).map_err(Into::into);
    result.insert("create_us", measure(create).await?);

    let maps = client(&server(objects)?);
    let seeded = |at: usize| format!("seed-{}", at % objects);
    let get = async |at| maps.get(&seeded(at)).await.map(drop).map_err(Into::into);
    result.insert("get_us", measure(get).await?);
    let update = async |at: usize| {
        let mut object = maps.get(&seeded(at)).await?;
        object.data.get_or_insert_default().insert("value".to_owned(), at.to_string());
        maps.update(&object).await.map(drop).map_err(Into::into)
    };
    result.insert("update_us", measure(update).await?);
    let list = async |_| {
        let count = maps.list(&ListOptions::default()).await?.items.len();
        if count == objects { Ok(()) } else { Err(format!("{count} objects").into()) }
    };
    result.insert("list_us", measure(list).await?);

    let maps = client(&server(0)?);
    let version = maps.list(&ListOptions::default()).await?.metadata.resource_version;
    let options = WatchOptions { resource_version: version, ..WatchOptions::default() };
    let mut events = pin!(maps.watch(&options).await?);
    let mut at = 0_usize;
    let limit = Duration::from_secs_f64(number("seconds", 1.0));
    let start = Instant::now();
    while start.elapsed() < limit {
        maps.create(&config_map(&format!("watched-{at}"))).await?;
        events.next().await.ok_or("the watch ended")??;
        at += 1;
    }
    result.insert("create_and_event_us", mean(start, at));
    print(&result)
}

/// Returns the mean microseconds of an operation.
async fn measure(mut operation: impl AsyncFnMut(usize) -> Result<(), BoxError>) -> Result<f64, BoxError> {
    let limit = Duration::from_secs_f64(number("seconds", 1.0));
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < limit {
        operation(count).await?;
        count += 1;
    }
    Ok(mean(start, count))
}

#[allow(clippy::cast_precision_loss)]
fn mean(start: Instant, count: usize) -> f64 {
    start.elapsed().as_secs_f64() * 1e6 / count as f64
}

fn server(objects: usize) -> Result<FakeApiServer, BoxError> {
    let maps = (0..objects).map(|at| config_map(&format!("seed-{at}")));
    let builder = maps.into_iter().try_fold(FakeApiServer::builder(), |builder, map| builder.object(&map))?;
    Ok(Builder::build(builder)?)
}

fn client(server: &FakeApiServer) -> Namespaced<ConfigMap> {
    Client::from(server.client()).namespaced("default")
}

fn config_map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map.metadata.namespace = Some("default".to_owned());
    map.metadata.labels = Some(BTreeMap::from([("app".to_owned(), "bench".to_owned())]));
    let data = [("value", "0"), ("other", "a value")];
    map.data = Some(data.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    map
}
