//! What readers see.

use kube_client_runtime::informer::{ObjectKey, Selector};

use super::*;

fn names(maps: &[Arc<ConfigMap>]) -> Vec<String> {
    let mut names: Vec<String> = maps.iter().filter_map(|map| map.metadata.name.clone()).collect();
    names.sort();
    names
}

async fn filled() -> (Server, Informer<ConfigMap>) {
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
    let (_server, informer) = filled().await;
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
async fn what_is_not_there_is_not_found_as_client_go_says_it() {
    let (_server, informer) = filled().await;
    let error = informer.lister().namespace("a").get("three").unwrap_err();
    assert!(error.is_not_found());
    let status = error.status().unwrap();
    assert_eq!(status.message, "configmaps \"three\" not found");
    let details = status.details.as_ref().unwrap();
    assert_eq!((details.name.as_str(), details.kind.as_str(), details.group.as_str()), ("three", "configmaps", ""));
    assert_eq!(error.to_string(), "get ConfigMap a/three: configmaps \"three\" not found (404 NotFound)");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_stays_as_it_was() {
    let (server, informer) = filled().await;
    let before = informer.snapshot();
    let held: Vec<_> = before.iter().cloned().collect();
    server.delete("a", "one");
    server.put("a", "two", "changed");
    converged(&server, &informer).await;
    assert_eq!(before.len(), 4);
    assert_eq!(before.get(Some("a"), "two").unwrap().data.as_ref().unwrap()["value"], "1");
    assert_eq!(before.namespace("a").count(), 2);
    assert!(before.iter().zip(&held).all(|(now, then)| Arc::ptr_eq(now, then)), "nothing is copied");
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
async fn a_label_index_gives_what_the_selector_gives() {
    let (server, informer) = filled().await;
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
async fn a_function_that_panics_leaves_its_object_out_of_the_index_alone() {
    let (server, informer) = filled().await;
    let index = informer.add_index(|map: &ConfigMap| {
        assert!(map.metadata.name.as_deref() != Some("two"), "no two");
        map.metadata.name.clone()
    });
    server.put("a", "four", "1");
    converged(&server, &informer).await;
    assert_eq!(informer.index_count(index, "one"), 2);
    assert_eq!(informer.index_count(index, "two"), 0);
    assert_eq!(informer.index_count(index, "four"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_just_written_is_read_at_once_and_told_once() {
    let server = Server::new();
    server.put("a", "one", "1");
    let informer = started(&server).await;
    let mut stories = events(&informer);
    let lister = informer.lister();
    let value = |name: &str| lister.find(Some("a"), name).map(|map| map.data.as_ref().unwrap()["value"].clone());
    // As if the answer to a write were here before the watch.
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
    // A handler that comes now is told what the watch has told.
    let mut late = events(&informer);
    assert_eq!(told(&within(futures::StreamExt::next(&mut late)).await.unwrap()), "initially one 1");
    server.put("a", "one", "2");
    server.put("a", "two", "1");
    server.put("a", "one", "3");
    converged(&server, &informer).await;
    for story in [&mut stories, &mut late] {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != "updated one 2 to 3") {
            lines.push(told(&within(futures::StreamExt::next(story)).await.unwrap()));
        }
        lines.retain(|line| !line.starts_with("initially"));
        assert_eq!(lines, ["updated one 1 to 2", "added two 1", "updated one 2 to 3"]);
    }
    // What never comes is forgotten when the watch has come further.
    informer.write_through(written("ghost", "1", server.version() + 1, "uid-9"));
    assert!(value("ghost").is_some());
    server.put("b", "other", "1");
    converged(&server, &informer).await;
    assert!(value("ghost").is_none());
    // Deletions are hidden until they are told.
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
