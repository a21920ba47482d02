//! `aigwctl get`: selections, and servers without tables.

use kube_fake_apiserver::{Body, Calls, Reaction};
use serde_json::{Value, json};

use crate::cluster::Cluster;

#[tokio::test(flavor = "multi_thread")]
async fn name_next_to_a_selector_is_refused() {
    let cluster = Cluster::shop().await;
    let name = "error: name cannot be provided when a selector is specified\n";
    let slash = "error: selectors and the all flag cannot be used when passing resource/name arguments\n";
    for (arguments, message) in [
        (["get", "aigatewayroutes", "models", "-l", "team=x"].as_slice(), name),
        (&["get", "aigatewayroutes", "models", "--field-selector", "metadata.name=x"], name),
        (&["get", "aigatewayroute/models", "-l", "team=x"], slash),
        (&["describe", "aigatewayroutes", "models", "-l", "team=x"], name),
        (&["delete", "aigatewayroutes", "models", "--all"], name),
        (&["wait", "aigatewayroute/models", "--all", "--for=create"], slash),
    ] {
        let refused = cluster.run(&[arguments, ["-n", "shop"].as_slice()].concat()).await;
        assert_eq!((refused.code, &*refused.stderr), (2, message), "{arguments:?}");
    }
    assert_eq!(
        cluster.output(&["get", "aigatewayroutes", "models", "-n", "shop", "-o", "name"]).await.lines().count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn name_across_all_namespaces_is_refused_only_for_namespaced_kinds() {
    let cluster = Cluster::shop().await;
    let refused = cluster.run(&["get", "aigatewayroutes", "models", "-A"]).await;
    let message = "error: a resource cannot be retrieved by name across all namespaces\n";
    assert_eq!((refused.code, &*refused.stderr), (2, message));
    assert_eq!(cluster.output(&["get", "namespaces", "shop", "-A", "-o", "name"]).await, "namespace/shop\n");
}

fn backend(name: &str, version: u32) -> Value {
    json!({
        "apiVersion": "aigateway.envoyproxy.io/v1beta1",
        "kind": "AIServiceBackend",
        "metadata": {"name": name, "namespace": "shop", "resourceVersion": version.to_string(), "creationTimestamp": "2000-01-01T00:00:00Z"},
        "status": {"conditions": [{"type": "Accepted", "status": "True"}]},
    })
}

/// Answers requests with JSON as it is, as a server without tables does.
fn without_tables(body: String) -> Reaction {
    Reaction::respond(move |_| {
        let mut response = http::Response::new(Body::from(body.clone()));
        let json = http::HeaderValue::from_static("application/json");
        response.headers_mut().insert("content-type", json);
        response
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_a_server_without_tables_have_the_columns_of_the_crd() {
    let cluster = Cluster::new().await;
    let list =
        json!({"kind": "AIServiceBackendList", "metadata": {"resourceVersion": "9"}, "items": [backend("a", 8)]});
    cluster.server.react(Calls::to("list", "aiservicebackends"), without_tables(list.to_string()));
    cluster.server.react(Calls::to("get", "aiservicebackends"), without_tables(backend("b", 8).to_string()));
    let event = json!({"type": "MODIFIED", "object": backend("c", 10)});
    cluster.server.react(Calls::to("watch", "aiservicebackends"), without_tables(format!("{event}\n")).once());
    let columns = |line: &str| line.split_whitespace().take(3).map(str::to_owned).collect::<Vec<_>>();

    let table = cluster.output(&["get", "aiservicebackends", "-A"]).await;
    let lines: Vec<_> = table.lines().map(columns).collect();
    assert_eq!(lines, [["NAMESPACE", "NAME", "STATUS"], ["shop", "a", "Accepted"]]);
    assert!(table.starts_with("NAMESPACE   NAME   STATUS     AGE\n"), "{table}");
    let single = cluster.output(&["get", "aiservicebackends", "b", "-n", "shop"]).await;
    assert_eq!(single.lines().map(columns).next_back().unwrap()[..2], ["b", "Accepted"]);

    let mut running = cluster.start(&["get", "aiservicebackends", "-n", "shop", "--watch"]);
    let names = [running.line(), running.line(), running.line()].map(|line| columns(&line)[0].clone());
    assert_eq!(names, ["NAME", "a", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_objects_are_sentences() {
    let cluster = Cluster::new().await;
    let none = cluster.run(&["get", "mcproutes", "-n", "shop"]).await;
    assert_eq!((none.code, &*none.stderr), (0, "No resources found in shop namespace.\n"));
    let none = cluster.run(&["get", "mcproutes", "-A"]).await;
    assert_eq!((none.code, &*none.stderr), (0, "No resources found\n"));
    let missing = cluster.run(&["get", "mcproutes", "x", "-n", "shop"]).await;
    let message = "error: mcproutes.aigateway.envoyproxy.io \"x\" not found (404 NotFound)\n";
    assert_eq!((missing.code, &*missing.stderr), (1, message));
    for (command, message) in
        [("models", "No models found\n"), ("credentials", "No credentials found\n"), ("graph", "No resources found\n")]
    {
        let none = cluster.run(&[command]).await;
        assert_eq!((none.code, &*none.stdout, &*none.stderr), (0, "", message), "{command}");
    }
}
