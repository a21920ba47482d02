//! Informers of a shard, with API servers that filter and that do not.

use std::collections::BTreeSet;

use kube_client_runtime::client::{Client, ListOptions, ShardKey, ShardSelector};
use kube_fake_apiserver::FakeApiServer;

use super::*;

fn map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map
}

fn names(informer: &Informer<ConfigMap>) -> BTreeSet<String> {
    informer.snapshot().iter().filter_map(|map| map.metadata.name.clone()).collect()
}

/// Starts an informer for each of three shards.
fn shards(client: &Client, streaming: bool) -> Vec<Informer<ConfigMap>> {
    let start = |shard: ShardSelector| {
        let maps = client.all_namespaces::<ConfigMap>();
        let builder = in_tested_form(maps.informer()).list_options(|options| options.shard_selector = Some(shard));
        let builder = if streaming { builder } else { builder.without_streaming() };
        builder.start()
    };
    ShardSelector::split(ShardKey::Uid, 3).into_iter().map(start).collect()
}

/// Verifies that each object is in the cache of one informer, before and after changes.
async fn verify(server: FakeApiServer, streaming: bool) -> Vec<u64> {
    let client = Client::from(server.client());
    let maps = client.namespaced::<ConfigMap>("default");
    for number in 0..20 {
        maps.create(&map(&format!("before-{number}"))).await.expect("created");
    }
    let informers = shards(&client, streaming);
    for informer in &informers {
        within(informer.synced()).await.expect("synced");
    }
    for number in 0..20 {
        maps.create(&map(&format!("after-{number}"))).await.expect("created");
    }
    for number in 0..10 {
        maps.delete(&format!("before-{number}")).await.expect("deleted");
    }
    let last = maps.create(&map("last")).await.expect("created");
    let version = last.metadata.resource_version.expect("a version").parse().expect("a number");
    for informer in &informers {
        // Events of other shards, and bookmarks, also tell how far the watch has come.
        within(informer.wait_for(&version)).await.expect("it follows");
    }
    let expected: BTreeSet<String> = {
        let list = maps.list(&ListOptions::default()).await.expect("a list");
        list.items.into_iter().filter_map(|map| map.metadata.name).collect()
    };
    let caches: Vec<_> = informers.iter().map(names).collect();
    assert_eq!(caches.iter().flatten().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(caches.iter().map(BTreeSet::len).sum::<usize>(), expected.len(), "no object is in two shards");
    assert!(caches.iter().all(|cache| cache.len() < expected.len()));
    informers.iter().map(|informer| informer.status().foreign).collect()
}

#[tokio::test(start_paused = true)]
async fn informer_filters_the_objects_of_its_shard_if_the_server_does_not() {
    for streaming in [true, false] {
        let server = FakeApiServer::builder().seed(1).build().expect("a server");
        let foreign = verify(server, streaming).await;
        assert!(foreign.iter().all(|foreign| *foreign > 0), "{foreign:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn informer_receives_only_the_objects_of_its_shard_if_the_server_filters() {
    for streaming in [true, false] {
        let server = FakeApiServer::builder().seed(1).sharded_list_and_watch().build().expect("a server");
        assert_eq!(verify(server, streaming).await, [0, 0, 0]);
    }
}
