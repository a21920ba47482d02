//! Lists, watches and discovery.

use aigateway_client::Clientset;
use serde_json::{Value, json};
use testkit::crds::{DEFINITIONS, definition};

use super::{JSON, MERGE, Probes, summaries};

async fn three_probes(clients: &Clientset, namespace: &str) -> Probes {
    let probes = Probes::new(clients, namespace).await;
    for (name, color) in [("a", "red"), ("b", "green"), ("c", "red")] {
        probes.create(name, json!({"color": color})).await.ok();
        probes.patch(name, MERGE, json!({"metadata": {"labels": {"color": color}}})).await.ok();
    }
    probes
}

/// C7: label selectors limit lists and watches.
///
/// # Panics
/// If the server behaves differently.
pub async fn c7_label_selectors_limit_lists_and_watches(clients: &Clientset, namespace: &str) {
    let probes = three_probes(clients, namespace).await;
    for (selector, names) in [
        ("color%3Dred", vec!["a", "c"]),
        ("color!%3Dred", vec!["b"]),
        ("color%20in%20(red,blue)", vec!["a", "c"]),
        ("color%20notin%20(red)", vec!["b"]),
        ("color", vec!["a", "b", "c"]),
        ("!color", vec![]),
    ] {
        let query = format!("labelSelector={selector}");
        assert_eq!(probes.get(&format!("?{query}")).await.ok().names(), names, "{selector}");
        let events = summaries(&probes.events(&format!("&{query}&resourceVersion=0")).await);
        let mut received: Vec<&str> = events.iter().map(|(_, name)| name.as_str()).collect();
        received.sort_unstable();
        assert_eq!(received, names, "{selector}");
    }
    assert_eq!(probes.get("?labelSelector=color%20in%20()%20x").await.code, 400);
}

/// C8: field selectors limit lists.
///
/// # Panics
/// If the server behaves differently.
pub async fn c8_field_selectors_limit_lists(clients: &Clientset, namespace: &str) {
    let probes = three_probes(clients, namespace).await;
    assert_eq!(probes.get("?fieldSelector=metadata.name%3Db").await.ok().names(), ["b"]);
    assert_eq!(probes.get("?fieldSelector=spec.color%3Dred").await.ok().names(), ["a", "c"]);
    assert_eq!(probes.get("?fieldSelector=spec.color!%3Dred,metadata.name!%3Da").await.ok().names(), ["b"]);
    let unknown = probes.get("?fieldSelector=spec.size%3D1").await;
    assert_eq!(unknown.reason(), (400, "BadRequest".to_owned()));
}

/// C9: pages are from one resource version.
///
/// # Panics
/// If the server behaves differently.
pub async fn c9_pages_are_from_one_resource_version(clients: &Clientset, namespace: &str) {
    let probes = three_probes(clients, namespace).await;
    let first = probes.get("?limit=2").await.ok();
    assert_eq!((first.names(), first.at("/metadata/remainingItemCount")), (vec!["a".into(), "b".into()], json!(1)));
    probes.delete("c").await.ok();
    let token = first.at("/metadata/continue").as_str().unwrap_or_default().to_owned();
    let second = probes.get(&format!("?limit=2&continue={token}")).await.ok();
    assert_eq!(second.names(), ["c"], "the page is from the first version");
    assert_eq!(second.version(), first.version());
    let exact = probes.get(&format!("?resourceVersion={}&resourceVersionMatch=Exact", first.version())).await.ok();
    assert_eq!(exact.names(), ["a", "b", "c"]);
    assert_eq!(probes.get("?resourceVersionMatch=Exact").await.code, 422);
    assert_eq!(probes.get("?continue=nonsense").await.code, 400);
}

/// C10: collection deletion is limited by selector.
///
/// # Panics
/// If the server behaves differently.
pub async fn c10_collection_deletion_is_limited_by_selector(clients: &Clientset, namespace: &str) {
    let probes = three_probes(clients, namespace).await;
    let deleted = probes.delete("?labelSelector=color%3Dred").await.ok();
    assert_eq!(deleted.names(), ["a", "c"]);
    assert_eq!(probes.get("").await.ok().names(), ["b"]);
    probes.delete("").await.ok();
    assert_eq!(probes.get("").await.ok().names(), Vec::<String>::new());
}

/// C15: watches replay events send bookmarks and expire.
///
/// # Panics
/// If the server behaves differently.
pub async fn c15_watches_replay_events_send_bookmarks_and_expire(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let start = probes.get("").await.ok().version();
    probes.create("a", json!({})).await.ok();
    probes.patch("a", MERGE, json!({"spec": {"size": 2}})).await.ok();
    probes.delete("a").await.ok();
    probes.create("b", json!({})).await.ok();
    let events = summaries(&probes.events(&format!("&resourceVersion={start}")).await);
    let expected = [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a"), ("ADDED", "b")];
    assert_eq!(events, expected.map(|(type_, name)| (type_.to_owned(), name.to_owned())));

    let streamed = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let events = probes.events(streamed).await;
    let ends = events[1].pointer("/object/metadata/annotations/k8s.io~1initial-events-end").cloned();
    assert_eq!(
        (summaries(&events)[0].1.as_str(), &events[1]["type"], ends),
        ("b", &json!("BOOKMARK"), Some(json!("true")))
    );

    let expired = probes.events("&resourceVersion=1").await;
    assert_eq!((&expired[0]["type"], &expired[0]["object"]["code"]), (&json!("ERROR"), &json!(410)));
}

/// C17: object is readable in every served version.
///
/// # Panics
/// If the server behaves differently.
pub async fn c17_object_is_readable_in_every_served_version(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let created = probes.create("a", json!({"size": 3, "color": "red"})).await.ok();
    let path = probes.path("a").replace("/v1/", "/v1old/");
    let old = probes.send("GET", &path, JSON, None).await.ok();
    assert_eq!(old.at("/apiVersion"), json!("probes.example.com/v1old"));
    assert_eq!(old.at("/spec"), json!({"size": 3}), "pruned by the schema of that version");
    assert_eq!(old.warnings(), ["299 - \"use v1\""]);
    assert_eq!(old.version(), created.version());
    probes.send("PATCH", &path, MERGE, Some(&json!({"spec": {"size": 4}}))).await.ok();
    let new = probes.get("a").await.ok();
    assert_eq!((new.at("/apiVersion"), new.at("/spec/size")), (json!(super::V1), json!(4)));
}

/// C18: discovery tables and openapi are served.
///
/// # Panics
/// If the server behaves differently.
pub async fn c18_discovery_tables_and_openapi_are_served(clients: &Clientset, namespace: &str) {
    let probes = three_probes(clients, namespace).await;
    for path in ["/version", "/healthz", "/livez", "/readyz", "/api", "/apis"] {
        probes.send("GET", path, JSON, None).await.ok();
    }
    let resources = probes.send("GET", "/apis/probes.example.com/v1", JSON, None).await.ok();
    let names = resources.at("/resources").as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = names.iter().filter_map(|resource| resource["name"].as_str()).collect();
    assert_eq!(names, ["probes", "probes/status", "probes/scale"]);
    let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let groups = probes.send_accepting("GET", "/apis", JSON, None, aggregated).await.ok();
    assert_eq!(groups.at("/kind"), json!("APIGroupDiscoveryList"));
    let document = probes.send("GET", "/openapi/v3/apis/probes.example.com/v1", JSON, None).await.ok();
    assert!(document.at("/components/schemas/com.example.probes.v1.Probe").is_object());

    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let table = probes.send_accepting("GET", &probes.path(""), JSON, None, table).await.ok();
    assert_eq!(table.at("/columnDefinitions/1/name"), json!("Color"));
    assert_eq!(table.at("/rows/1/cells"), json!(["b", "green"]));
    let partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    let partial = probes.send_accepting("GET", &probes.path("a"), JSON, None, partial).await.ok();
    assert_eq!((partial.at("/kind"), partial.at("/spec")), (json!("PartialObjectMetadata"), Value::Null));
    probes.patch_scale("a").await;
}

impl Probes {
    async fn patch_scale(&self, name: &str) {
        let scale = self.patch(&format!("{name}/scale"), MERGE, json!({"spec": {"replicas": 4}})).await.ok();
        assert_eq!((scale.at("/kind"), scale.at("/spec/replicas")), (json!("Scale"), json!(4)));
        assert_eq!(self.get(name).await.ok().at("/spec/replicas"), json!(4));
    }
}

/// C19: kinds and namespaces are created and deleted.
///
/// # Panics
/// If the server behaves differently.
pub async fn c19_kinds_and_namespaces_are_created_and_deleted(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let definition = definition("brief.example.com", "Brief", "briefs");
    probes.send("POST", DEFINITIONS, JSON, Some(&definition)).await.ok();
    let path = format!("/apis/brief.example.com/v1/namespaces/{namespace}/briefs");
    let brief = json!({"apiVersion": "brief.example.com/v1", "kind": "Brief", "metadata": {"name": "a"}});
    wait_until(|| async { probes.send("POST", &path, JSON, Some(&brief)).await.code == 201 }).await;
    probes.send("DELETE", &format!("{DEFINITIONS}/briefs.brief.example.com"), JSON, None).await.ok();
    wait_until(|| async { probes.send("GET", &path, JSON, None).await.code == 404 }).await;

    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}});
    let path = format!("/api/v1/namespaces/{namespace}/secrets");
    let secret = probes.send("POST", &path, JSON, Some(&secret)).await.ok();
    assert_eq!((secret.at("/data/a"), secret.at("/type")), (json!("Yg=="), json!("Opaque")));
    let other = format!("{namespace}-other");
    let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}});
    let created = probes.send("POST", "/api/v1/namespaces", JSON, Some(&space)).await.ok();
    assert_eq!(created.at("/status/phase"), json!("Active"));
    let path = format!("/api/v1/namespaces/{other}");
    let deleted = probes.send("DELETE", &path, JSON, None).await.ok();
    assert!(deleted.at("/status/phase") == json!("Terminating") || deleted.at("/status") == json!("Success"));
}

/// Polls until a condition is true.
async fn wait_until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    for _ in 0..300 {
        if condition().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the condition did not become true within 30 seconds");
}
