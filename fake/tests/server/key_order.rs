//! The order of fields in JSON. The expected texts are those of kube-apiserver 1.37.2.

use kube_fake_apiserver::FakeApiServer;
use serde_json::json;

use super::CRD;
use super::raw::{JSON, WIDGETS, get, send};

const PODS: &str = "/api/v1/namespaces/default/pods";

/// A pod as it is stored, except for the values of its metadata.
const POD: &str = r#""spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},"status":{"phase":"Pending","qosClass":"BestEffort"}}"#;

async fn server_with_a_pod() -> FakeApiServer {
    let server = FakeApiServer::builder().crds_yaml(CRD).build().expect("a server");
    let pod = json!({
        "spec": {"containers": [{"name": "c", "image": "i"}]},
        "metadata": {"labels": {"b": "1", "a": "2"}, "name": "p"},
    });
    send(&server, "POST", PODS, JSON, pod.to_string()).await.ok();
    server
}

#[tokio::test]
async fn fields_of_builtin_kinds_have_the_order_of_their_structs() {
    let server = server_with_a_pod().await;
    let pod = get(&server, &format!("{PODS}/p"), &[]).await.ok().text;
    let start = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"default","uid":""#;
    assert!(pod.starts_with(start), "{pod}");
    assert!(pod.contains(r#""labels":{"a":"2","b":"1"},"managedFields":[{"manager":"#), "{pod}");
    assert!(pod.trim_end().ends_with(POD), "{pod}");
    let order = ["resourceVersion", "generation", "creationTimestamp", "labels", "managedFields"];
    let positions = order.map(|name| pod.find(&format!("\"{name}\":")).expect("the field"));
    assert!(positions.is_sorted(), "{pod}");
    // A response that is not the stored object.
    let dry_run = json!({"metadata": {"name": "q"}, "spec": {"containers": [{"image": "i", "name": "c"}]}});
    let dry_run = send(&server, "POST", &format!("{PODS}?dryRun=All"), JSON, dry_run.to_string()).await.ok().text;
    assert!(dry_run.starts_with(r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"q","#), "{dry_run}");
    assert!(dry_run.trim_end().ends_with(POD), "{dry_run}");
    let missing = get(&server, &format!("{PODS}/x"), &[]).await.text;
    let expected = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"x\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"},"code":404}"#;
    assert_eq!(missing.trim_end(), expected);
}

#[tokio::test]
async fn lists_and_events_of_builtin_kinds_start_with_their_type() {
    let server = server_with_a_pod().await;
    let list = get(&server, PODS, &[]).await.ok();
    let version = list.version();
    let start = format!(
        r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"{version}"}},"items":[{{"metadata":{{"name":"p","#
    );
    assert!(list.text.starts_with(&start), "{}", list.text);
    assert!(list.text.trim_end().ends_with(&format!("{POD}]}}")), "{}", list.text);
    let watch = format!("{PODS}?watch=true&resourceVersion=0&timeoutSeconds=1");
    let events = get(&server, &watch, &[]).await.ok().text;
    assert!(events.starts_with(r#"{"type":"ADDED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"#), "{events}");
}

#[tokio::test]
async fn fields_of_custom_resources_are_sorted() {
    let server = server_with_a_pod().await;
    let widget = r#"{"kind": "Widget", "apiVersion": "example.com/v1", "metadata": {"name": "w"}, "spec": {}}"#;
    let created = send(&server, "POST", WIDGETS, JSON, widget).await.ok().text;
    let start = r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"creationTimestamp":"#;
    assert!(created.starts_with(start), "{created}");
    let list = get(&server, WIDGETS, &[]).await.ok().text;
    assert!(
        list.starts_with(r#"{"apiVersion":"example.com/v1","items":[{"apiVersion":"example.com/v1","kind":"#),
        "{list}"
    );
}
