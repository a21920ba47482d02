//! Tests of what is particular to compact caches.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::informer::{CompactOptions, Event, Informer, InformerBuilder, InformerFactory};
use serde_json::json;
use testkit::time::{until, within};

use crate::informer::events;
use crate::informer::server::Server;

fn compact(server: &Server, options: CompactOptions) -> InformerBuilder<ConfigMap> {
    server.client().all_namespaces::<ConfigMap>().informer().on_error(|_| {}).compact_with(options)
}

async fn started(builder: InformerBuilder<ConfigMap>) -> Informer<ConfigMap> {
    let informer = builder.start();
    within(informer.synced()).await.unwrap();
    informer
}

fn put_with_managed_fields(server: &Server, name: &str, value: &str) {
    let metadata = json!({"managedFields": [{"manager": "kubectl", "fieldsV1": {"f:data": {"f:value": {}}}}]});
    server.put_raw("a", name, json!({"metadata": metadata, "data": {"value": value}}));
}

#[tokio::test(start_paused = true)]
async fn object_read_by_name_stays_decoded_until_others_take_its_place() {
    let server = Server::new();
    for name in ["one", "two", "three"] {
        server.put("a", name, "1");
    }
    let informer = started(compact(&server, CompactOptions::default().decoded_objects(1))).await;
    let lister = informer.lister();
    let get = |name: &str| lister.namespace("a").get(name).unwrap();
    let first = get("one");
    assert!(Arc::ptr_eq(&first, &get("one")));
    get("two");
    let again = get("one");
    assert!(!Arc::ptr_eq(&first, &again), "two objects were kept");
    assert_eq!(first, again);
}

#[tokio::test(start_paused = true)]
async fn snapshot_returns_the_same_reference_for_each_read_of_an_object() {
    let server = Server::new();
    for number in 0..100 {
        server.put("a", &format!("map-{number}"), "1");
    }
    let informer = started(compact(&server, CompactOptions::default().decoded_objects(0))).await;
    let snapshot = informer.snapshot();
    let found: Vec<&Arc<ConfigMap>> = snapshot.iter().collect();
    let copy = snapshot.clone();
    for (number, object) in snapshot.namespace("a").enumerate() {
        let name = object.metadata.name.as_deref().unwrap_or_default();
        assert!(Arc::ptr_eq(object, found[number]));
        assert!(Arc::ptr_eq(object, copy.get(Some("a"), name).unwrap()));
    }
    assert_eq!(found.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn threads_that_read_one_snapshot_receive_the_same_references() {
    let server = Server::new();
    for number in 0..200 {
        server.put("a", &format!("map-{number}"), "1");
    }
    let informer = started(compact(&server, CompactOptions::default().decoded_objects(0))).await;
    let snapshot = informer.snapshot();
    // The first read initializes what the clones share.
    let first = snapshot.get(Some("a"), "map-0").map(Arc::as_ptr);
    let read = |snapshot: &kube_client_runtime::informer::Snapshot<ConfigMap>| -> Vec<usize> {
        snapshot.iter().map(|object| Arc::as_ptr(object).addr()).collect()
    };
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| read(&snapshot))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(all.iter().all(|addresses| *addresses == all[0] && addresses.len() == 200));
    assert_eq!(snapshot.get(Some("a"), "map-0").map(Arc::as_ptr), first);
}

#[tokio::test(start_paused = true)]
async fn managed_fields_are_kept_unless_they_are_dropped() {
    let server = Server::new();
    put_with_managed_fields(&server, "one", "1");
    let kept = started(compact(&server, CompactOptions::default())).await;
    let dropped = started(compact(&server, CompactOptions::default().without_managed_fields())).await;
    let factory = InformerFactory::builder(server.client()).strip_managed_fields().compact().build();
    let of_factory = factory.informer::<ConfigMap>();
    factory.start();
    within(factory.wait_for_cache_sync()).await.unwrap();
    let mut reported = events(&dropped);
    put_with_managed_fields(&server, "two", "2");
    for informer in [&kept, &dropped, &of_factory] {
        until(|| informer.snapshot().len() == 2).await;
    }
    for name in ["one", "two"] {
        let read = |informer: &Informer<ConfigMap>| (*informer.lister().namespace("a").get(name).unwrap()).clone();
        let mut complete = read(&kept);
        assert!(complete.metadata.managed_fields.is_some());
        complete.metadata.managed_fields = None;
        assert_eq!((&read(&dropped), &read(&of_factory)), (&complete, &complete));
    }
    for _ in 0..2 {
        let event = within(reported.next()).await.unwrap();
        assert!(event.object().metadata.managed_fields.is_none());
    }
    assert_eq!(kept.snapshot().json_bytes(), dropped.snapshot().json_bytes());
}

#[tokio::test(start_paused = true)]
async fn transform_applies_to_every_read_and_one_that_fails_later_omits_the_object() {
    let server = Server::new();
    server.put("a", "one", "1");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let transform = move |map: &mut ConfigMap| {
        assert!(counted.fetch_add(1, Ordering::Relaxed) < 2, "expected panic");
        map.data.get_or_insert_default().insert("added".to_owned(), "yes".to_owned());
    };
    let options = CompactOptions::default().decoded_objects(0);
    let informer = started(compact(&server, options).transform(transform)).await;
    let lister = informer.lister();
    let found = lister.namespace("a").get("one").unwrap();
    assert_eq!(found.data.as_ref().unwrap()["added"], "yes");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert!(lister.find(Some("a"), "one").is_none());
    assert_eq!((informer.snapshot().iter().count(), informer.snapshot().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn object_that_the_transform_rejects_is_undecodable() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(compact(&server, CompactOptions::default()).transform(|_| panic!("expected panic"))).await;
    let snapshot = informer.snapshot();
    assert_eq!((snapshot.len(), snapshot.undecodable().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn changed_object_is_decoded_once_for_handlers_and_the_next_read() {
    let server = Server::new();
    server.put("a", "one", "1");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let transform = move |_: &mut ConfigMap| {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let informer = started(compact(&server, CompactOptions::default()).transform(transform)).await;
    let mut streams = [events(&informer), events(&informer)];
    for stream in &mut streams {
        within(stream.next()).await.unwrap();
    }
    server.put("a", "one", "2");
    let mut before = None;
    for stream in &mut streams {
        let event = within(stream.next()).await.unwrap();
        let Event::Updated { new, .. } = event else { panic!("{event:?}") };
        assert!(Arc::ptr_eq(&new, &informer.lister().namespace("a").get("one").unwrap()));
        before.get_or_insert_with(|| calls.load(Ordering::Relaxed));
    }
    server.put("a", "one", "3");
    for stream in &mut streams {
        within(stream.next()).await.unwrap();
    }
    informer.lister().namespace("a").get("one").unwrap();
    assert_eq!(calls.load(Ordering::Relaxed) - before.unwrap_or_default(), 1);
}
