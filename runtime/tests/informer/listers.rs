//! Tests of listers, snapshots and indexes.

use kube_client_runtime::informer::{ObjectKey, Selector};

use super::*;

fn names(maps: &[Arc<ConfigMap>]) -> Vec<String> {
    let mut names: Vec<String> = maps.iter().filter_map(|map| map.metadata.name.clone()).collect();
    names.sort();
    names
}

async fn started_with_objects() -> (Server, Informer<ConfigMap>) {
    let server = Server::new();
    server.put_labelled("a", "one", "1", &[("team", "search"), ("tier", "gold")]);
    server.put_labelled("a", "two", "1", &[("team", "ads")]);
    server.put_labelled("b", "one", "2", &[("team", "search")]);
    server.put("b", "three", "2");
    let informer = started(&server).await;
    (server, informer)
}

#[tokio::test(start_paused = true)]
async fn objects_are_found_by_name_namespace_and_label() {
    let (_server, informer) = started_with_objects().await;
    let lister = informer.lister();
    assert_eq!(lister.all().len(), 4);
    assert_eq!(names(&lister.namespace("a").all()), ["one", "two"]);
    let selector = |text: &str| text.parse::<Selector>().unwrap();
    assert_eq!(names(&lister.list(&selector("team=search"))), ["one", "one"]);
    assert_eq!(names(&lister.list(&selector("team!=search"))), ["three", "two"]);
    assert_eq!(names(&lister.namespace("a").list(&selector("team in (ads, search),tier"))), ["one"]);
    let found = lister.namespace("b").get("one").unwrap();
    assert_eq!(found.data.as_ref().unwrap()["value"], "2");
    let mut namespaces: Vec<_> = informer.snapshot().namespaces().map(str::to_owned).collect();
    namespaces.sort();
    assert_eq!(namespaces, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn missing_object_returns_the_not_found_error_of_client_go() {
    let (_server, informer) = started_with_objects().await;
    let error = informer.lister().namespace("a").get("three").unwrap_err();
    assert!(error.is_not_found());
    let status = error.status().unwrap();
    assert_eq!(status.message, "configmaps \"three\" not found");
    let details = status.details.as_ref().unwrap();
    assert_eq!((details.name.as_str(), details.kind.as_str(), details.group.as_str()), ("three", "configmaps", ""));
    assert_eq!(error.to_string(), "get ConfigMap a/three: configmaps \"three\" not found (404 NotFound)");
}

#[tokio::test(start_paused = true)]
async fn snapshot_is_not_affected_by_later_changes() {
    let (server, informer) = started_with_objects().await;
    let before = informer.snapshot();
    let held: Vec<_> = before.iter().cloned().collect();
    server.delete("a", "one");
    server.put("a", "two", "changed");
    converged(&server, &informer).await;
    assert_eq!(before.len(), 4);
    assert_eq!(before.get(Some("a"), "two").unwrap().data.as_ref().unwrap()["value"], "1");
    assert_eq!(before.namespace("a").count(), 2);
    assert!(before.iter().zip(&held).all(|(now, then)| Arc::ptr_eq(now, then)), "objects are not copied");
    assert_eq!(informer.snapshot().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn indexes_follow_objects_whether_added_before_or_after_the_start() {
    let server = Server::new();
    server.put("a", "one", "x");
    let informer = informer(&server).build();
    let by_data = |map: &ConfigMap| map.data.clone().unwrap_or_default().into_values().collect::<Vec<String>>();
    let before = informer.add_index(by_data);
    informer.start();
    within(informer.synced()).await.unwrap();
    let after = informer.add_index(by_data);
    let lister = informer.lister();
    server.put("a", "two", "x");
    server.put("b", "three", "y");
    converged(&server, &informer).await;
    for index in [before, after] {
        assert_eq!(names(&lister.by_index(index, "x")), ["one", "two"]);
        assert_eq!(names(&lister.by_index(index, "y")), ["three"]);
        assert_eq!(lister.index_values(index).len(), 2);
    }
    server.put("a", "one", "y");
    server.delete("a", "two");
    converged(&server, &informer).await;
    for index in [before, after] {
        assert!(lister.by_index(index, "x").is_empty());
        assert_eq!(names(&lister.by_index(index, "y")), ["one", "three"]);
        assert_eq!(lister.index_values(index), ["y"]);
    }
}

#[tokio::test(start_paused = true)]
async fn label_index_returns_the_same_objects_as_a_scan() {
    let (server, informer) = started_with_objects().await;
    let selectors =
        ["team=search", "team in (search,ads)", "team in (ads),tier!=gold", "tier=gold,team=search", "!team"];
    let selectors = selectors.map(|text| text.parse::<Selector>().unwrap());
    let without: Vec<_> = selectors.iter().map(|selector| names(&informer.lister().list(selector))).collect();
    let team = informer.add_label_index("team");
    server.put_labelled("c", "four", "1", &[("team", "search")]);
    server.delete("c", "four");
    converged(&server, &informer).await;
    let with: Vec<_> = selectors.iter().map(|selector| names(&informer.lister().list(selector))).collect();
    assert_eq!(with, without);
    assert_eq!(informer.index_count(team, "search"), 2);
}

#[tokio::test(start_paused = true)]
async fn panicking_index_function_omits_only_its_object() {
    let (server, informer) = started_with_objects().await;
    let index = informer.add_index(|map: &ConfigMap| {
        assert!(map.metadata.name.as_deref() != Some("two"), "expected panic");
        map.metadata.name.clone()
    });
    server.put("a", "four", "1");
    converged(&server, &informer).await;
    assert_eq!(informer.index_count(index, "one"), 2);
    assert_eq!(informer.index_count(index, "two"), 0);
    assert_eq!(informer.index_count(index, "four"), 1);
}

#[tokio::test(start_paused = true)]
async fn written_object_is_visible_at_once_and_reported_once() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let mut early = events(&informer);
    let lister = informer.lister();
    let value = |name: &str| lister.find(Some("a"), name).map(|map| map.data.as_ref().unwrap()["value"].clone());
    // The response to a write, which precedes the watch event.
    let written = |name: &str, data: &str, version: u64, uid: &str| {
        let object = serde_json::json!({
            "metadata": {"namespace": "a", "name": name, "uid": uid, "resourceVersion": version.to_string()},
            "data": {"value": data},
        });
        Arc::new(serde_json::from_value::<ConfigMap>(object).unwrap())
    };
    let version = server.version();
    informer.write_through(written("one", "2", version + 1, "uid-1"));
    informer.write_through(written("two", "1", version + 2, "uid-2"));
    assert_eq!((value("one"), value("two")), (Some("2".to_owned()), Some("1".to_owned())));
    // A new handler receives the state that the watch has reported.
    let mut late = events(&informer);
    assert_eq!(describe(&within(futures::StreamExt::next(&mut late)).await.unwrap()), "initially one 1");
    server.put("a", "one", "2");
    server.put("a", "two", "1");
    server.put("a", "one", "3");
    converged(&server, &informer).await;
    for stream in [&mut early, &mut late] {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != "updated one 2 to 3") {
            lines.push(describe(&within(futures::StreamExt::next(stream)).await.unwrap()));
        }
        lines.retain(|line| !line.starts_with("initially"));
        assert_eq!(lines, ["updated one 1 to 2", "added two 1", "updated one 2 to 3"]);
    }
    // A write that the watch never reports is discarded once the watch has passed its version.
    informer.write_through(written("ghost", "1", server.version() + 1, "uid-9"));
    assert!(value("ghost").is_some());
    server.put("b", "other", "1");
    converged(&server, &informer).await;
    assert!(value("ghost").is_none());
    // A deleted object is hidden until the watch reports the deletion.
    informer.delete_through(&ObjectKey::new(Some("a"), "one"));
    assert!(value("one").is_none());
    server.put("b", "other", "2");
    within(informer.wait_for(&server.version().to_string().parse().unwrap())).await.unwrap();
    assert!(value("one").is_none());
    server.delete("a", "one");
    server.put("a", "one", "again");
    converged(&server, &informer).await;
    assert_eq!(value("one"), Some("again".to_owned()));
}
