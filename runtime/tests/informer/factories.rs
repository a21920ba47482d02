//! Tests of factories, settings and metrics.

use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::core::{ApiResource, DynamicObject, PartialObjectMeta};
use kube_client_runtime::informer::{InformerFactory, metrics_text, strip_managed_fields};
use kube_client_runtime::resource::Scope;
use serde_json::json;

use super::*;

#[tokio::test(start_paused = true)]
async fn factory_shares_one_watch_for_each_kind() {
    let server = Server::new();
    server.put("a", "one", "1");
    let factory = InformerFactory::new(server.client());
    let first = factory.informer::<ConfigMap>();
    let second = factory.clone().informer::<ConfigMap>();
    factory.start();
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    assert!(Arc::ptr_eq(&first.lister().all()[0], &second.lister().all()[0]));
    assert_eq!(server.requests().len(), 1);
    // An informer that is created later is started by another call of `start`.
    let metadata = factory.metadata_informer::<ConfigMap>();
    let unsynced = factory.wait_for_cache_sync_within(Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(unsynced.to_string(), "not synced: configmaps/2: not synced; not started");
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    assert_eq!(metadata.lister().all().len(), 1);
    assert!(factory.is_ready());
    factory.shutdown().await;
    assert!(!factory.is_ready());
    let late = factory.informer::<Secret>();
    factory.start();
    assert!(!late.has_synced());
}

#[tokio::test(start_paused = true)]
async fn sync_error_names_unsynced_kinds_and_reasons() {
    let server = Server::new();
    (0..100).for_each(|_| server.inject(Fault::Status(404, "NotFound")));
    let factory =
        InformerFactory::builder(server.client()).sync_timeout(Duration::from_secs(10)).on_error(|_| {}).build();
    let _maps = factory.informer::<ConfigMap>();
    factory.start();
    let unsynced = factory.wait_for_cache_sync().await.unwrap_err();
    assert_eq!(unsynced.informers.len(), 1);
    let text = unsynced.to_string();
    assert!(text.starts_with("not synced: configmaps: not synced; no such kind for 9s, tried"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn factory_settings_apply_to_its_informers() {
    let server = Server::new();
    server.put_raw("a", "one", json!({"metadata": {"managedFields": [{"manager": "x"}]}, "data": {"value": "1"}}));
    server.put("b", "one", "1");
    let factory = InformerFactory::builder(server.client())
        .namespace("a")
        .name("test")
        .strip_managed_fields()
        .list_options(|options| options.label_selector = Some("team=search".to_owned()))
        .configure::<ConfigMap>(|builder| {
            builder.resync(Duration::from_secs(3)).transform(|map| {
                strip_managed_fields(map);
                map.data = None;
            })
        })
        .build();
    let informer = factory.informer::<ConfigMap>();
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    let all = informer.lister().all();
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0].metadata.managed_fields, &all[0].data), (&None, &None));
    let request = &server.requests()[0];
    assert!(request.starts_with("/api/v1/namespaces/a/configmaps?"), "{request}");
    assert!(request.contains("labelSelector=team%3Dsearch"), "{request}");
    let mut events = events(&informer);
    assert_eq!(describe(&within(events.next()).await.unwrap()), "initially one ");
    assert_eq!(describe(&within(events.next()).await.unwrap()), "updated one  to ");
    assert_eq!(informer.name(), "test/configmaps");
}

#[tokio::test(start_paused = true)]
async fn factory_supports_dynamic_and_metadata_informers() {
    let server = Server::new();
    server.put_labelled("a", "one", "1", &[("team", "search")]);
    let factory = InformerFactory::new(server.client());
    let resource = ApiResource::erase::<ConfigMap>(&());
    let dynamic = factory.dynamic_informer(&resource, Scope::Namespaced);
    let metadata = factory.metadata_informer::<ConfigMap>();
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    let found: Arc<DynamicObject> = dynamic.lister().namespace("a").get("one").unwrap();
    assert_eq!(found.types.as_ref().unwrap().kind, "ConfigMap");
    assert_eq!(found.data["data"]["value"], "1");
    let found: Arc<PartialObjectMeta<ConfigMap>> = metadata.lister().namespace("a").get("one").unwrap();
    assert_eq!(found.metadata.labels.as_ref().unwrap()["team"], "search");
    assert!(server.accepts().iter().any(|accept| accept.contains("as=PartialObjectMetadata;")));
    assert!(dynamic.lister().namespace("a").get("two").unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn metrics_count_lists_events_and_deliveries() {
    let server = Server::new();
    server.put("a", "one", "1");
    let factory = InformerFactory::new(server.client());
    let informer = factory.informer::<ConfigMap>();
    let registration =
        informer.add_event_handler_with(super::HandlerFuncs::new(), HandlerOptions::named("counter")).unwrap();
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    assert!(within(registration.synced()).await);
    server.put("a", "two", "1");
    server.bookmark();
    within(informer.wait_for(&"12".parse().unwrap())).await.unwrap();
    until(|| registration.metrics().delivered >= 2).await;
    let text = metrics_text(&factory.status());
    for line in [
        "informer_synced{informer=\"configmaps\"} 1",
        "informer_objects{informer=\"configmaps\"} 2",
        "informer_lists_total{informer=\"configmaps\"} 1",
        "informer_events_total{informer=\"configmaps\"} 2",
        "informer_handler_queue_depth{informer=\"configmaps\",handler=\"counter\"} 0",
        "informer_handler_delivered_total{informer=\"configmaps\",handler=\"counter\"} 2",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    let bytes: usize = server.json().iter().map(String::len).sum();
    assert_eq!(informer.status().json_bytes, bytes as u64);
}

/// Parses a text as Prometheus does: the samples by name and labels, without duplicates, each after its type.
fn scrape(text: &str) -> BTreeMap<String, String> {
    let (mut samples, mut types) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, kind) = typed.split_once(' ').unwrap();
            assert!(types.insert(name, kind).is_none(), "{name} is typed twice");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line} has no number");
        let name = series.split('{').next().unwrap();
        let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|suffix| name.strip_suffix(suffix));
        let histogram = parts.into_iter().any(|name| types.get(name) == Some(&"histogram"));
        assert!(histogram || types.contains_key(name), "{line} has no type");
        assert!(samples.insert(series.to_owned(), value.to_owned()).is_none(), "duplicate series {series}");
    }
    samples
}

#[tokio::test(start_paused = true)]
async fn metrics_have_the_names_and_labels_of_component_base() {
    let server = Server::new();
    server.put("a", "one", "1");
    let factory = InformerFactory::builder(server.client()).name("shop").build();
    let informer = factory.informer::<ConfigMap>();
    let labels = |name: &str| format!("name=\"{name}\",group=\"\",version=\"v1\",resource=\"configmaps\"");
    let of_maps = labels("shop/configmaps");
    let version = format!("informer_store_resource_version{{{of_maps}}}");
    assert_eq!(scrape(&metrics_text(&factory.status()))[&version], "0");
    // A second informer of the resource has its own series.
    factory.metadata_informer::<ConfigMap>();
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    server.put("a", "two", "1");
    within(informer.wait_for(&"12".parse().unwrap())).await.unwrap();
    let samples = scrape(&metrics_text(&factory.status()));
    assert_eq!(samples[&version], "12");
    assert!(samples.contains_key(&format!("informer_store_resource_version{{{}}}", labels("shop/configmaps/2"))));
    assert_eq!(samples[&format!("informer_queued_items{{{of_maps}}}")], "0");
    // The list, and the event.
    let latency = "informer_processing_latency_seconds";
    assert_eq!(samples[&format!("{latency}_count{{{of_maps}}}")], "2");
    let bounds: Vec<&str> = samples
        .keys()
        .filter_map(|series| series.strip_prefix(&format!("{latency}_bucket{{{of_maps},le=\"")))
        .map(|bound| bound.trim_end_matches("\"}"))
        .collect();
    // In the order of the text, not of the numbers.
    let expected = ["+Inf", "0.001", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "10", "2.5", "5"];
    assert_eq!(bounds, expected);
}

/// A factory as in emitted crates.
#[derive(Clone, Debug)]
struct Typed {
    factory: InformerFactory,
}

kube_client_runtime::informer_factory!(Typed);

#[tokio::test]
async fn builder_of_a_typed_factory_returns_the_typed_factory() {
    let typed: Typed = Typed::builder(Server::new().client()).namespace("a").name("typed").build();
    assert!(typed.factory.status().is_empty());
    let generic: InformerFactory = InformerFactory::builder(Server::new().client()).build();
    assert!(generic.status().is_empty());
}
