//! Strategic merge patches that do not fit the struct. Expected responses are those of kube-apiserver 1.37.

use kube_fake_apiserver::FakeApiServer;
use serde_json::json;

use super::raw::{JSON, send};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

#[tokio::test]
async fn metadata_of_another_type_is_refused_as_other_fields_are() {
    let server = FakeApiServer::builder().build().expect("a server");
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    assert_eq!(send(&server, "POST", MAPS, JSON, &map.to_string()).await.code, 201);
    for (metadata, printed, reason) in [
        (json!({"labels": "x"}), "map[labels:x]", "cannot restore map from string"),
        (json!({"annotations": ["x"]}), "map[annotations:[x]]", "cannot restore map from slice"),
        (json!({"finalizers": "x"}), "map[finalizers:x]", "cannot restore slice from string"),
        (json!({"name": 1}), "map[name:1]", "cannot convert int64 to string"),
    ] {
        let patch = json!({ "metadata": metadata }).to_string();
        let refused = send(&server, "PATCH", &format!("{MAPS}/a"), STRATEGIC, &patch).await;
        let message = format!(" \"\" is invalid: patch: Invalid value: \"map[metadata:{printed}]\": {reason}");
        assert_eq!((refused.code, refused.body["message"].as_str()), (422, Some(message.as_str())));
    }
}
