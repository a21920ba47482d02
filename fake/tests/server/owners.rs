//! Garbage collection of objects with several owners, as in kube-controller-manager.

use serde_json::{Value, json};

use super::raw::{JSON, send};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn create(server: &kube_fake_apiserver::FakeApiServer, name: &str, owners: &[&Value]) -> Value {
    let reference = |owner: &&Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "blockOwnerDeletion": true});
    let owners: Vec<Value> = owners.iter().map(reference).collect();
    let object = json!({"metadata": {"name": name, "ownerReferences": owners}});
    send(server, "POST", MAPS, JSON, &object.to_string()).await.body
}

fn owners(object: &Value) -> Vec<&str> {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().filter_map(|owner| owner["name"].as_str()).collect()
}

#[tokio::test]
async fn dependent_of_two_owners_loses_the_reference_to_the_deleted_one() {
    for policy in ["Background", "Foreground", "Orphan"] {
        let server = kube_fake_apiserver::FakeApiServer::builder().garbage_collection().build().expect("a server");
        let (one, two) = (create(&server, "one", &[]).await, create(&server, "two", &[]).await);
        create(&server, "dependent", &[&one, &two]).await;
        let path = format!("{MAPS}/one?propagationPolicy={policy}");
        assert_eq!(send(&server, "DELETE", &path, JSON, "").await.code, 200, "{policy}");
        assert_eq!(send(&server, "GET", &format!("{MAPS}/one"), JSON, "").await.code, 404, "{policy}");
        let dependent = send(&server, "GET", &format!("{MAPS}/dependent"), JSON, "").await;
        assert_eq!(owners(&dependent.body), ["two"], "{policy}");
        send(&server, "DELETE", &format!("{MAPS}/two"), JSON, "").await;
        assert_eq!(send(&server, "GET", &format!("{MAPS}/dependent"), JSON, "").await.code, 404, "{policy}");
    }
}
