//! Informers whose selection of objects changes.

use std::collections::BTreeSet;

use futures::StreamExt;
use kube_client_runtime::client::{Client, ShardKey, ShardSelector};
use kube_client_runtime::informer::{Phase, Selection, Selector};
use kube_fake_apiserver::{FakeApiServer, Recording};
use tokio::sync::watch;

use super::*;

struct Cluster {
    server: FakeApiServer,
    informer: Informer<ConfigMap>,
    select: watch::Sender<Selection>,
    events: Events<ConfigMap>,
    requests: Recording,
}

impl Cluster {
    /// Starts an informer that selects nothing, of 20 objects.
    async fn new() -> Self {
        let server = FakeApiServer::builder().seed(1).build().expect("a server");
        let client = Client::from(server.client());
        let select = watch::Sender::new(Selection::Nothing);
        let informer = in_tested_form(client.all_namespaces::<ConfigMap>().informer()).build();
        assert!(informer.follow(select.subscribe()));
        let events = events(&informer);
        let requests = server.record();
        let cluster = Cluster { server, informer, select, events, requests };
        for number in 0..20 {
            cluster.create(&format!("map-{number}"), "a").await;
        }
        cluster.requests.clear();
        cluster.informer.start();
        within(cluster.informer.synced()).await.expect("synced");
        cluster
    }

    async fn create(&self, name: &str, team: &str) {
        let mut map = ConfigMap::default();
        map.metadata.name = Some(name.to_owned());
        map.metadata.labels = Some(BTreeMap::from([("team".to_owned(), team.to_owned())]));
        Client::from(self.server.client()).namespaced("default").create(&map).await.expect("created");
    }

    fn names(&self) -> BTreeSet<String> {
        self.informer.snapshot().iter().filter_map(|map| map.metadata.name.clone()).collect()
    }

    async fn len(&self, expected: usize) {
        until(|| self.informer.snapshot().len() == expected).await;
    }

    /// Returns the next events, one for each change.
    async fn events(&mut self, count: usize) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for _ in 0..count {
            let event = within(self.events.next()).await.expect("an event");
            let what = match &event {
                Event::Deleted { state: FinalState::Deselected, object } => {
                    format!("deselected {}", object.metadata.name.as_deref().unwrap_or_default())
                }
                event => describe(event).trim_end().to_owned(),
            };
            all.insert(what);
        }
        all
    }
}

fn half() -> ShardSelector {
    ShardSelector::split(ShardKey::Uid, 2).remove(0)
}

#[tokio::test(start_paused = true)]
async fn informer_of_nothing_is_synced_and_sends_no_request() {
    let cluster = Cluster::new().await;
    let status = cluster.informer.status();
    assert!(status.is_ready());
    assert_eq!((status.objects, status.reflectors[0].phase), (0, Phase::Idle));
    assert_eq!(cluster.requests.actions().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn objects_that_join_are_added_and_objects_that_leave_are_deselected() {
    let mut cluster = Cluster::new().await;
    cluster.select.send_replace(Selection::Shard(half()));
    until(|| cluster.informer.status().lists > 0).await;
    let first = cluster.names();
    assert!((1..20).contains(&first.len()), "{first:?}");
    let expected: BTreeSet<String> = first.iter().map(|name| format!("initially {name}")).collect();
    assert_eq!(cluster.events(first.len()).await, expected);

    cluster.select.send_replace(Selection::Everything);
    cluster.len(20).await;
    let joined = cluster.events(20 - first.len()).await;
    assert!(joined.iter().all(|event| event.starts_with("initially")), "{joined:?}");

    cluster.select.send_replace(Selection::Nothing);
    cluster.len(0).await;
    let left = cluster.events(20).await;
    assert!(left.iter().all(|event| event.starts_with("deselected")), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn smaller_selection_is_not_listed_again_and_its_watch_continues() {
    let cluster = Cluster::new().await;
    cluster.select.send_replace(Selection::Everything);
    cluster.len(20).await;
    let lists = cluster.informer.status().lists;
    cluster.select.send_replace(Selection::Shard(half()));
    until(|| cluster.informer.snapshot().len() < 20).await;
    let before = cluster.names();
    for number in 20..40 {
        cluster.create(&format!("map-{number}"), "a").await;
    }
    until(|| cluster.informer.snapshot().len() > before.len() + 3).await;
    assert_eq!(cluster.informer.status().lists, lists);
    assert!(cluster.informer.snapshot().iter().all(|map| half().selects(&map.metadata)));
}

#[tokio::test(start_paused = true)]
async fn objects_are_selected_by_labels() {
    let cluster = Cluster::new().await;
    cluster.create("other", "b").await;
    cluster.select.send_replace(Selection::Labels(Selector::everything().equal("team", "b")));
    cluster.len(1).await;
    assert_eq!(cluster.names(), BTreeSet::from(["other".to_owned()]));
    cluster.select.send_replace(Selection::Labels(Selector::everything().equal("team", "a")));
    cluster.len(20).await;
}

#[tokio::test(start_paused = true)]
async fn objects_that_join_are_read_at_the_latest_version() {
    let cluster = Cluster::new().await;
    cluster.select.send_replace(Selection::Shard(half()));
    until(|| cluster.informer.status().lists > 0).await;
    cluster.select.send_replace(Selection::Everything);
    cluster.len(20).await;
    let requests = cluster.requests.actions();
    let lists: Vec<_> = requests.iter().filter(|request| request.option("sendInitialEvents").is_some()).collect();
    assert_eq!(lists.len(), 2);
    assert!(lists.iter().all(|list| list.option("resourceVersion").is_none()), "{lists:?}");
}

#[tokio::test(start_paused = true)]
async fn started_informer_does_not_follow() {
    let cluster = Cluster::new().await;
    assert!(!cluster.informer.follow(cluster.select.subscribe()));
}
