//! A property test: a compact cache returns what a cache of decoded objects returns, after any sequence of events.

use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::informer::{CompactOptions, Event, Events, Index, Informer, Selector};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use testkit::time::{until, within};

use crate::informer::server::Server;
use crate::informer::{describe, events, seen};

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8, u8),
    PutUndecodable(u8, u8),
    Delete(u8, u8),
    Recreate(u8, u8),
    WriteThrough(u8, u8),
    /// A relist.
    Expire,
    Snapshot,
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (0_u8..2, 0_u8..6);
    prop_oneof![
        8 => (place(), any::<u8>()).prop_map(|((namespace, name), data)| Step::Put(namespace, name, data)),
        1 => place().prop_map(|(namespace, name)| Step::PutUndecodable(namespace, name)),
        3 => place().prop_map(|(namespace, name)| Step::Delete(namespace, name)),
        1 => place().prop_map(|(namespace, name)| Step::Recreate(namespace, name)),
        1 => place().prop_map(|(namespace, name)| Step::WriteThrough(namespace, name)),
        1 => Just(Step::Expire),
        2 => Just(Step::Snapshot),
    ]
}

/// Informers of both forms on one server.
struct Twins {
    server: Server,
    decoded: Twin,
    compact: Twin,
}

struct Twin {
    informer: Informer<ConfigMap>,
    by_data: Index<ConfigMap, String>,
    events: Events<ConfigMap>,
}

impl Twin {
    fn new(server: &Server, compact: Option<CompactOptions>) -> Self {
        let mut builder = server.client().all_namespaces::<ConfigMap>().informer().on_error(|_| {});
        if let Some(options) = compact {
            builder = builder.compact_with(options);
        }
        let informer = builder.build();
        informer.add_label_index("team");
        let by_data = informer.add_index(|map: &ConfigMap| map.data.clone().unwrap_or_default().into_values());
        let events = events(&informer);
        informer.start();
        Twin { informer, by_data, events }
    }

    /// Waits until the cache has applied everything that the server has sent.
    async fn caught_up(&self, server: &Server) {
        within(self.informer.synced()).await.unwrap();
        let undecodable = server.undecodable();
        let decodable = |(key, _): &(String, (String, String))| !undecodable.contains(key);
        let expected = || server.objects().into_iter().filter(decodable).collect::<Vec<_>>();
        let version = server.version().to_string().parse().ok();
        until(|| {
            let seen: Vec<_> = seen(&self.informer).into_iter().filter(decodable).collect();
            seen == expected() && self.informer.snapshot().resource_version() >= version.as_ref()
        })
        .await;
    }
}

/// Returns the objects in the order of their keys.
fn sorted<'o>(objects: impl IntoIterator<Item = &'o Arc<ConfigMap>>) -> Vec<ConfigMap> {
    let mut objects: Vec<ConfigMap> = objects.into_iter().map(|object| (**object).clone()).collect();
    let key = |map: &ConfigMap| (map.metadata.namespace.clone(), map.metadata.name.clone());
    objects.sort_by_key(key);
    objects
}

/// Everything that readers can see.
fn views(twin: &Twin) -> Vec<(String, Vec<ConfigMap>)> {
    let Twin { informer, by_data, .. } = twin;
    let (snapshot, lister) = (informer.snapshot(), informer.lister());
    let mut views = vec![("all".to_owned(), sorted(snapshot.iter())), ("listed".to_owned(), sorted(&lister.all()))];
    for selector in ["team=a", "team in (a,b)", "team!=a", "tier in (x)", "!tier", "team=b,tier=x", "size>3"] {
        let parsed: Selector = selector.parse().unwrap();
        views.push((format!("snapshot {selector}"), sorted(snapshot.select(&parsed))));
        views.push((format!("lister {selector}"), sorted(&lister.list(&parsed))));
        views.push((format!("one {selector}"), sorted(&lister.namespace("space-1").list(&parsed))));
    }
    for namespace in ["space-0", "space-1"] {
        views.push((namespace.to_owned(), sorted(snapshot.namespace(namespace))));
        let found = (0..6).filter_map(|name| lister.find(Some(namespace), &format!("map-{name}")));
        views.push((format!("found in {namespace}"), sorted(&found.collect::<Vec<_>>())));
    }
    let mut values: Vec<String> = snapshot.index_values(*by_data).cloned().collect();
    values.sort();
    for value in values {
        assert_eq!(snapshot.index_count(*by_data, &value), snapshot.by_index(*by_data, &value).count());
        views.push((format!("snapshot {value}"), sorted(snapshot.by_index(*by_data, &value))));
        views.push((format!("lister {value}"), sorted(&lister.by_index(*by_data, &value))));
    }
    views
}

impl Twins {
    fn perform(&self, step: &Step) {
        let server = &self.server;
        let names = |namespace: u8, name: u8| (format!("space-{namespace}"), format!("map-{name}"));
        match step {
            Step::Put(namespace, name, data) => {
                let (namespace, name) = names(*namespace, *name);
                let team = ["a", "b", "c"][usize::from(data % 3)];
                let tier = ["x", "y"][usize::from(data % 2)];
                let size = (data % 7).to_string();
                let labels = [("team", team), ("tier", tier), ("size", &*size)];
                server.put_labelled(&namespace, &name, &(data % 5).to_string(), &labels[..usize::from(data % 4)]);
            }
            Step::PutUndecodable(namespace, name) => {
                let (namespace, name) = names(*namespace, *name);
                server.put_raw(&namespace, &name, json!({"data": 7}));
            }
            Step::Delete(namespace, name) => {
                let (namespace, name) = names(*namespace, *name);
                server.delete(&namespace, &name);
            }
            Step::Recreate(namespace, name) => {
                let (namespace, name) = names(*namespace, *name);
                server.delete(&namespace, &name);
                server.put(&namespace, &name, "again");
            }
            Step::WriteThrough(namespace, name) => {
                let object = json!({
                    "metadata": {
                        "namespace": format!("space-{namespace}"), "name": format!("map-{name}"), "uid": "written",
                        "resourceVersion": (server.version() + 1).to_string(), "labels": {"team": "b"},
                    },
                    "data": {"value": "written"},
                });
                let object: Arc<ConfigMap> = Arc::new(serde_json::from_value(object).unwrap());
                self.decoded.informer.write_through(Arc::clone(&object));
                self.compact.informer.write_through(object);
            }
            Step::Expire => {
                server.compact();
                server.cut();
            }
            Step::Snapshot => {}
        }
    }
}

async fn run(steps: &[Step], options: CompactOptions) -> Result<(), TestCaseError> {
    let server = Server::new();
    let decoded = Twin::new(&server, None);
    let compact = Twin::new(&server, Some(options));
    let mut twins = Twins { server, decoded, compact };
    let mut snapshots = Vec::new();
    for step in steps {
        twins.perform(step);
        if matches!(step, Step::WriteThrough(..)) {
            prop_assert_eq!(views(&twins.compact), views(&twins.decoded));
            // The watch passes the version of the write, so that it is discarded.
            twins.server.put("space-0", "other", "1");
        }
        twins.decoded.caught_up(&twins.server).await;
        twins.compact.caught_up(&twins.server).await;
        prop_assert_eq!(views(&twins.compact), views(&twins.decoded));
        let (compact, decoded) = (twins.compact.informer.snapshot(), twins.decoded.informer.snapshot());
        prop_assert_eq!(compact.undecodable(), decoded.undecodable());
        prop_assert_eq!(compact.json_bytes(), decoded.json_bytes());
        if matches!(step, Step::Snapshot) {
            snapshots.push((sorted(decoded.iter()), compact));
        }
    }
    for (then, snapshot) in &snapshots {
        prop_assert_eq!(&sorted(snapshot.iter()), then);
    }
    twins.server.put("space-0", "the-last", "1");
    let mut histories = Vec::new();
    for twin in [&mut twins.decoded, &mut twins.compact] {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line: &String| !line.contains("the-last")) {
            let event = within(twin.events.next()).await.unwrap();
            if let Event::Updated { old, new } = &event {
                prop_assert!(old.metadata.uid == new.metadata.uid);
            }
            lines.push(describe(&event));
        }
        histories.push(lines);
    }
    prop_assert_eq!(&histories[0], &histories[1]);
    Ok(())
}

#[test]
fn compact_cache_returns_what_a_cache_of_decoded_objects_returns_after_any_events() {
    let cases = std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(64);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let histories = (prop::collection::vec(step(), 0..30), 0_usize..4);
    let result = runner.run(&histories, |(steps, decoded)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(&steps, CompactOptions::default().decoded_objects(decoded)))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
