//! Deeply nested objects: kube-apiserver reads up to 10,000 levels.

use kube_fake_apiserver::FakeApiServer;
use serde_json::json;

use super::raw::{APPLY_PATCH, JSON, JSON_PATCH, MERGE_PATCH, WIDGETS, send};

const WIDGET: &str = "/apis/example.com/v1/namespaces/default/widgets/deep";

fn server() -> FakeApiServer {
    let crd = testkit::crds::widget_crd_with_free_field();
    FakeApiServer::builder().crds_yaml(crd).build().expect("a server")
}

fn nested(levels: usize, leaf: &str) -> String {
    format!("{}{leaf}{}", "{\"a\":".repeat(levels), "}".repeat(levels))
}

fn widget(levels: usize, leaf: &str) -> String {
    let free = nested(levels, leaf);
    format!(r#"{{"apiVersion":"example.com/v1","kind":"Widget","metadata":{{"name":"deep"}},"free":{free}}}"#)
}

/// Returns the code and the text of a response: `serde_json` cannot parse bodies of this depth.
async fn text(server: &FakeApiServer, method: &str, path: &str, type_: &str, body: &str) -> (u16, String) {
    let response = send(server, method, path, type_, body).await;
    (response.code, response.text)
}

#[tokio::test]
async fn deep_objects_are_created_patched_listed_and_deleted() {
    let server = server();
    for levels in [1_000, 9_900] {
        assert_eq!(text(&server, "POST", WIDGETS, JSON, &widget(levels, "1")).await.0, 201);
        for (type_, patch, leaf) in [
            (MERGE_PATCH, format!(r#"{{"free":{}}}"#, nested(levels, "2")), "2"),
            (JSON_PATCH, format!(r#"[{{"op":"replace","path":"/free","value":{}}}]"#, nested(levels, "3")), "3"),
            (JSON_PATCH, format!(r#"[{{"op":"replace","path":"/free{}","value":4}}]"#, "/a".repeat(levels)), "4"),
        ] {
            let (code, answer) = text(&server, "PATCH", WIDGET, type_, &patch).await;
            assert_eq!(code, 200, "{levels} {type_} {answer:.300}");
            assert!(answer.contains(&nested(levels, leaf)), "{levels} {type_}");
        }
        let apply = format!("{WIDGET}?fieldManager=x&force=true");
        assert_eq!(text(&server, "PATCH", &apply, APPLY_PATCH, &widget(levels, "5")).await.0, 200);
        let (code, list) = text(&server, "GET", WIDGETS, JSON, "").await;
        assert!(code == 200 && list.contains(&nested(levels, "5")));
        assert_eq!(text(&server, "DELETE", WIDGET, JSON, "").await.0, 200);
    }
}

#[tokio::test]
async fn block_style_yaml_is_accepted_up_to_the_yaml_depth_limit() {
    let server = server();
    let lists = |levels: usize| {
        let free = "- ".repeat(levels);
        format!("apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: deep}}\nfree:\n{free}a\n")
    };
    assert_eq!(text(&server, "POST", WIDGETS, "application/yaml", &lists(1_000)).await.0, 201);
    let apply = format!("{WIDGET}?fieldManager=x&force=true");
    assert_eq!(text(&server, "PATCH", &apply, APPLY_PATCH, &lists(1_010)).await.0, 200);
    let refused = send(&server, "POST", WIDGETS, "application/yaml", &lists(1_100)).await;
    assert_eq!(refused.code, 400);
}

#[tokio::test]
async fn body_beyond_the_depth_limit_returns_bad_request() {
    let server = server();
    let refused = send(&server, "POST", WIDGETS, JSON, &widget(10_000, "1")).await;
    assert_eq!(refused.code, 400);
    assert_eq!(
        refused.body["message"],
        "the object provided is unrecognized (must be of type Widget): couldn't get version/kind; json parse error: \
         invalid character '{' exceeded max depth ({\"apiVersion\":\"example.com/v1\" ...)"
    );
    let merge = format!(r#"{{"free":{}}}"#, nested(10_000, "1"));
    send(&server, "POST", WIDGETS, JSON, &widget(1, "1")).await;
    let refused = send(&server, "PATCH", WIDGET, MERGE_PATCH, &merge).await;
    assert_eq!((refused.code, &refused.body["message"]), (400, &json!("invalid JSON patch")));
}

#[tokio::test]
async fn json_patch_beyond_the_depth_limit_returns_invalid() {
    let server = server();
    send(&server, "POST", WIDGETS, JSON, &widget(8, "{}")).await;
    let bottom = |doublings: u32| "/a".repeat(8 << doublings);
    let copy = |doublings| json!({"op": "copy", "from": "/free", "path": format!("/free{}", bottom(doublings))});
    let patch = |times| json!((0..times).map(copy).collect::<Vec<_>>()).to_string();
    assert_eq!(text(&server, "PATCH", WIDGET, JSON_PATCH, &patch(10)).await.0, 200);
    assert_eq!(text(&server, "PATCH", WIDGET, JSON_PATCH, &patch(11)).await.0, 422);
    assert_eq!(text(&server, "PATCH", WIDGET, JSON_PATCH, &patch(13)).await.0, 422);
    let steps =
        (1..1_500).map(|level| json!({"op": "add", "path": format!("/free{}", "/b".repeat(level)), "value": {}}));
    assert_eq!(text(&server, "PATCH", WIDGET, JSON_PATCH, &json!(steps.collect::<Vec<_>>()).to_string()).await.0, 200);
}
