//! `aigwctl wait`

use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::core::DynamicObject;
use serde_json::{Value, json};

use crate::cluster::{Cluster, resource};

const ROUTE: &str = "aigatewayroute.aigateway.envoyproxy.io/models condition met\n";

/// Sets the status of the route.
async fn set_status(cluster: &Cluster, status: Value) {
    let resource = resource("aigateway.envoyproxy.io", "v1beta1", "AIGatewayRoute", "aigatewayroutes");
    let api = Api::<DynamicObject>::namespaced_with(cluster.server.client(), "shop", &resource);
    let patch = Patch::Merge(json!({"status": status}));
    api.patch_status("models", &PatchParams::default(), &patch).await.unwrap();
}

async fn set_condition(cluster: &Cluster, type_: &str) {
    let condition = json!({"type": type_, "status": "True", "reason": "R", "message": "no backend", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    set_status(cluster, json!({"conditions": [condition]})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_fails_at_once_if_the_object_is_not_accepted() {
    let cluster = Cluster::shop().await;
    let wait = ["wait", "aigatewayroute/models", "-n", "shop", "--for=condition=Accepted", "--timeout", "600"];
    set_condition(&cluster, "NotAccepted").await;
    let failed = cluster.run(&wait).await;
    assert_eq!(failed.code, 1);
    assert!(failed.stderr.contains("NotAccepted: no backend"), "{}", failed.stderr);
    set_condition(&cluster, "Accepted").await;
    assert_eq!(cluster.output(&wait).await, ROUTE);
    let watched = cluster.output(&["watch", "aigatewayroutes", "-n", "shop", "--events", "1"]).await;
    assert!(watched.contains("ADDED") && watched.contains("Accepted=True"), "{watched}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_ends_when_a_value_is_at_the_path() {
    let cluster = Cluster::shop().await;
    let ready = "--for=jsonpath={.status.conditions[?(@.type==\"Accepted\")].status}=True";
    let mut running = cluster.start(&["wait", "aigatewayroute/models", "-n", "shop", ready, "--timeout=600s"]);
    set_condition(&cluster, "Accepted").await;
    assert_eq!(running.line(), ROUTE.trim_end());
    let route = ["wait", "aigatewayroute/models", "-n", "shop"];
    let wait = async |rest: &[&str]| cluster.run(&[&route, rest].concat()).await;
    for path in
        ["{.spec.hostnames[0]}=models.example.com", "spec.parentRefs", ".status.conditions[-1:].type='Accepted'"]
    {
        let met = wait(&["--for", &format!("jsonpath={path}")]).await;
        assert_eq!((met.code, &*met.stdout), (0, ROUTE), "{path}: {met:?}");
    }
    let failed = wait(&["--for=jsonpath={.spec.rules[9]}", "--timeout=1h"]).await;
    assert!(failed.code == 1 && failed.stderr.contains("array index out of bounds: index 9, length 2"), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn goals_follow_each_other_and_create_is_the_first() {
    let cluster = Cluster::new().await;
    let arguments = ["--for=jsonpath={.spec.schema.name}=OpenAI", "--for=create", "--timeout=10m"];
    let mut by_name =
        cluster.start(&[&["wait", "aiservicebackends", "openai", "-n", "shop"], arguments.as_slice()].concat());
    let mut by_field = cluster.start(
        &[&["wait", "aiservicebackends", "-n", "shop", "--field-selector=metadata.name=openai"], arguments.as_slice()]
            .concat(),
    );
    cluster.output(&["apply", "-f", "shop.yaml"]).await;
    for running in [&mut by_name, &mut by_field] {
        let lines = [running.line(), running.line()];
        assert_eq!(lines, ["aiservicebackend.aigateway.envoyproxy.io/openai condition met"; 2]);
    }
    let mut deleted =
        cluster.start(&["wait", "aiservicebackends", "azure", "-n", "shop", "--for=delete", "--timeout=10m"]);
    cluster.output(&["delete", "aiservicebackends", "--all", "-n", "shop"]).await;
    assert_eq!(deleted.line(), "aiservicebackend.aigateway.envoyproxy.io/azure condition met");
}

#[tokio::test(flavor = "multi_thread")]
async fn timeout_of_zero_checks_once() {
    let cluster = Cluster::shop().await;
    let check = async |what: &str| {
        let run = cluster.run(&["wait", "aigatewayroute/models", "-n", "shop", "--timeout=0", "--for", what]).await;
        (run.code, run.stdout, run.stderr)
    };
    let unmet = || (1, String::new(), "error: condition not met for aigatewayroutes/models\n".to_owned());
    assert_eq!(check("jsonpath={.spec.rules}").await, (0, ROUTE.to_owned(), String::new()));
    assert_eq!(check("condition=Accepted").await, unmet());
    assert_eq!(check("jsonpath={.status.x}").await, unmet());
    assert_eq!(check("delete").await, unmet());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_goals_have_the_messages_of_kubectl() {
    let cluster = Cluster::shop().await;
    for (what, code, message) in [
        ("ready", 2, "unrecognized condition: \"ready\""),
        ("jsonpath=", 2, "jsonpath expression cannot be empty"),
        ("jsonpath={.a[}", 2, "unterminated array"),
        ("condition=Accepted", 1, "no matching resources found"),
    ] {
        let run = cluster.run(&["wait", "mcproutes", "--all", "-n", "shop", "--for", what]).await;
        assert_eq!((run.code, run.stderr), (code, format!("error: {message}\n")), "{what}");
    }
}
