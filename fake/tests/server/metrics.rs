//! The metrics of the server.

use kube_fake_apiserver::FakeApiServer;

use super::raw::{JSON, get, send};

#[tokio::test]
async fn requests_are_counted_by_verb_resource_and_code() {
    let server = FakeApiServer::builder().build().expect("a server");
    let path = "/api/v1/namespaces/default/configmaps";
    let object = r#"{"metadata": {"name": "a\"b"}}"#;
    assert_eq!(send(&server, "POST", path, JSON, object).await.code, 422);
    send(&server, "POST", &format!("{path}?dryRun=All"), JSON, r#"{"metadata": {"name": "a"}}"#).await.ok();
    get(&server, path, &[]).await.ok();
    get(&server, path, &[]).await.ok();
    get(&server, &format!("{path}/\"\\"), &[]).await;
    get(&server, "/healthz", &[]).await.ok();
    let metrics = get(&server, "/metrics", &[]).await.ok();
    let type_ = metrics.headers["content-type"].to_str().expect("a media type");
    assert!(type_.starts_with("text/plain; version=0.0.4"), "{type_}");
    let name = "apiserver_request_total";
    let of = |code: u16, dry_run: &str, scope: &str, verb: &str, count: u64| {
        format!(
            r#"{name}{{code="{code}",component="apiserver",dry_run="{dry_run}",group="",resource="configmaps",scope="{scope}",subresource="",verb="{verb}",version="v1"}} {count}"#
        )
    };
    let health = r#"{code="200",component="",dry_run="",group="",resource="",scope="",subresource="/healthz",verb="GET",version=""} 1"#;
    for expected in [
        format!("# TYPE {name} counter"),
        of(422, "", "resource", "POST", 1),
        of(201, "All", "resource", "POST", 1),
        of(200, "", "namespace", "LIST", 2),
        of(404, "", "resource", "GET", 1),
        format!("{name}{health}"),
    ] {
        assert!(metrics.text.lines().any(|line| line == expected), "{expected}\n{}", metrics.text);
    }
}
