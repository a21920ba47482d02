//! Lists and watches of a shard (KEP-5866). Expected responses are those of kube-apiserver 1.37 with the feature gate
//! `ShardedListAndWatch`.

use std::collections::BTreeSet;
use std::fmt::Write;

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{self, JSON, Response, WIDGETS, send};
use super::{CRD, server};

const LOWER: &str = "shardRange(object.metadata.uid, '0x0000000000000000', '0x8000000000000000')";
const UPPER: &str = "shardRange(object.metadata.uid, '0x8000000000000000', '0x10000000000000000')";

async fn get(server: &FakeApiServer, path: &str) -> Response {
    raw::get(server, path, &[]).await
}

async fn filled(server: FakeApiServer) -> FakeApiServer {
    for number in 0..20 {
        let metadata = json!({"name": format!("widget-{number}")});
        let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata});
        send(&server, "POST", WIDGETS, JSON, &widget.to_string()).await;
    }
    server
}

async fn with_shards() -> FakeApiServer {
    filled(FakeApiServer::builder().crds_yaml(CRD).sharded_list_and_watch().seed(1).build().expect("a server")).await
}

fn path(selector: &str) -> String {
    let mut path = format!("{WIDGETS}?shardSelector=");
    for byte in selector.bytes() {
        let _ = write!(path, "%{byte:02X}");
    }
    path
}

fn uids(list: &Value) -> BTreeSet<String> {
    let items = list["items"].as_array().expect("a list").iter();
    items.map(|item| item["metadata"]["uid"].as_str().expect("a uid").to_owned()).collect()
}

#[tokio::test]
async fn each_object_is_in_the_list_of_exactly_one_shard() {
    let server = with_shards().await;
    let (lower, upper) = (get(&server, &path(LOWER)).await.body, get(&server, &path(UPPER)).await.body);
    assert_eq!(lower["metadata"]["shardInfo"], json!({"selector": LOWER}));
    assert!(!uids(&lower).is_empty() && !uids(&upper).is_empty());
    assert!(uids(&lower).is_disjoint(&uids(&upper)));
    let all = get(&server, WIDGETS).await.body;
    assert_eq!(&uids(&lower) | &uids(&upper), uids(&all));
    assert_eq!(all["metadata"].get("shardInfo"), None);
    let both = get(&server, &path(&format!("({LOWER})||{UPPER}"))).await.body;
    assert_eq!(both["metadata"]["shardInfo"]["selector"], format!("{LOWER} || {UPPER}"));
    assert_eq!(uids(&both), uids(&all));
}

#[tokio::test]
async fn shard_of_a_namespace_contains_all_or_none_of_its_objects() {
    let server = with_shards().await;
    let shard = |text: &str| text.replace("uid", "namespace");
    // The hash of "default" is in the upper half.
    assert!(uids(&get(&server, &path(&shard(LOWER))).await.body).is_empty());
    assert_eq!(uids(&get(&server, &path(&shard(UPPER))).await.body).len(), 20);
}

#[tokio::test]
async fn pages_of_a_shard_have_no_remaining_count() {
    let server = with_shards().await;
    let mut seen = BTreeSet::new();
    let mut token = String::new();
    loop {
        let page = get(&server, &format!("{}&limit=2&continue={token}", path(LOWER))).await.body;
        assert_eq!(page["metadata"].get("remainingItemCount"), None);
        assert_eq!(page["metadata"]["shardInfo"]["selector"], LOWER);
        seen.append(&mut uids(&page));
        token = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, uids(&get(&server, &path(LOWER)).await.body));
}

#[tokio::test]
async fn watch_of_a_shard_contains_only_its_objects() {
    let server = with_shards().await;
    let lower = uids(&get(&server, &path(LOWER)).await.body);
    let events = get(&server, &format!("{}&watch=true&timeoutSeconds=1", path(LOWER))).await;
    let lines = events.text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let watched: BTreeSet<String> =
        lines.map(|event| event["object"]["metadata"]["uid"].as_str().expect("a uid").to_owned()).collect();
    assert_eq!(watched, lower);
}

#[tokio::test]
async fn deletion_of_a_shard_keeps_the_objects_of_others() {
    let server = with_shards().await;
    let upper = uids(&get(&server, &path(UPPER)).await.body);
    assert_eq!(send(&server, "DELETE", &path(LOWER), JSON, "").await.code, 200);
    assert_eq!(uids(&get(&server, WIDGETS).await.body), upper);
}

#[tokio::test]
async fn selector_is_ignored_without_the_feature_gate() {
    let server = filled(server()).await;
    for selector in [LOWER, "nonsense"] {
        let list = get(&server, &path(selector)).await.body;
        assert_eq!((uids(&list).len(), list["metadata"].get("shardInfo")), (20, None));
    }
}

#[tokio::test]
async fn invalid_selector_returns_an_error_without_a_reason() {
    let server = with_shards().await;
    let bounds = |start: &str, end: &str| format!("shardRange(object.metadata.uid, {start}, {end})");
    for (selector, message) in [
        (" ".to_owned(), "empty shard selector is not allowed; omit the parameter for unfiltered lists"),
        (
            LOWER.replace("uid", "name"),
            "unsupported field path \"object.metadata.name\"; supported: object.metadata.uid, object.metadata.namespace",
        ),
        ("foo()".to_owned(), "unsupported function \"foo\"; only shardRange() and || are allowed"),
        (
            bounds("'0x0'", "'0x8000000000000000'"),
            "hexStart must be a 0x-prefixed 16-digit hex value, got \"0x0\" (did you mean \"0x0000000000000000\"?)",
        ),
        (
            bounds("'0x8000000000000000'", "'0x8000000000000000'"),
            "shard range start 0x8000000000000000 must be less than end 0x8000000000000000",
        ),
        (bounds("1", "'0x8000000000000000'"), "hexStart must be a string literal, got int64"),
        ("shardRange(object.metadata.uid)".to_owned(), "shardRange() requires exactly 3 arguments, got 1"),
        ("true".to_owned(), "unexpected expression kind 5; expected shardRange() call or || operator"),
        ("a || b".to_owned(), "unexpected expression kind 3; expected shardRange() call or || operator"),
        (
            format!("{LOWER} || {}", UPPER.replace("uid", "namespace")),
            "all shard ranges must use the same field, got \"object.metadata.uid\" and \"object.metadata.namespace\"",
        ),
        (format!("{LOWER} && {UPPER}"), "unsupported function \"_&&_\"; only shardRange() and || are allowed"),
        (
            LOWER.replace("object.metadata.uid", "'x'"),
            "shardRange() first argument: expected field path (e.g. object.metadata.uid), got expression kind 5",
        ),
        (
            bounds("'0x000000000000000G'", "'0x8000000000000000'"),
            "hexStart: invalid hex character \"G\" in \"0x000000000000000G\"",
        ),
        (
            bounds("'0x8000000000000000'", "'0x20000000000000000'"),
            "hexEnd: 17-digit hex value must be '0x10000000000000000' (2^64), got \"0x20000000000000000\"",
        ),
        (bounds("'8000000000000000'", "'0x1'"), "hexStart must have '0x' prefix, got \"8000000000000000\""),
        (bounds("'0x'", "'0x1'"), "hexStart: hex value is required after '0x'"),
        (
            bounds("'0x00000000000000000000'", "'0x1'"),
            "hexStart: hex value too long (20 chars, max 17): \"00000000000000000000\"",
        ),
    ] {
        for query in ["", "&watch=true"] {
            let body = get(&server, &format!("{}{query}", path(&selector))).await.body;
            let expected = json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 500,
                "message": format!("invalid shard selector: {message}"),
            });
            assert_eq!(body, expected, "{selector}");
        }
    }
}

#[tokio::test]
async fn selector_that_is_not_an_expression_is_an_error_and_never_a_panic() {
    let server = with_shards().await;
    let deep = format!("{}{LOWER}", "(".repeat(10_000));
    for selector in
        ["foo(", "'", "shardRange(", "||", "(", "!x", "é", "shardRange(object.metadata.uid, 'é', \"\")", &deep]
    {
        let body = get(&server, &path(selector)).await.body;
        let message = body["message"].as_str().expect("an error");
        assert!(message.starts_with("invalid shard selector: "), "{message}");
    }
    // The API server ignores the target of a method.
    assert!(!uids(&get(&server, &path(&format!("x.{LOWER}"))).await.body).is_empty());
}
