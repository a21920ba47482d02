//! Tables, partial metadata and content types. Expected responses are those of kube-apiserver 1.37.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{JSON, MERGE_PATCH, Response, WIDGETS, get, send};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

async fn with_widget() -> FakeApiServer {
    let crd = testkit::crds::widget_crd_with_scale();
    let server = FakeApiServer::builder().crds_yaml(crd).build().expect("a server");
    let widget =
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 3}});
    send(&server, "POST", WIDGETS, JSON, &widget.to_string()).await;
    server
}

async fn get_accepting(server: &FakeApiServer, path: &str, accept: &str) -> Response {
    get(server, path, &[("accept", accept)]).await
}

/// Returns the events of a watch.
async fn events(server: &FakeApiServer, path: &str, accept: &str) -> Vec<Value> {
    let answer = get_accepting(server, path, accept).await;
    answer.text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[tokio::test]
async fn table_rows_contain_the_object_selected_by_include_object() {
    let server = with_widget().await;
    for path in [WIDGETS.to_owned(), format!("{WIDGETS}/a")] {
        for (query, expected) in [
            ("", json!("PartialObjectMetadata")),
            ("includeObject=Metadata", json!("PartialObjectMetadata")),
            ("includeObject=Object", json!("Widget")),
            ("includeObject=None&includeObject=Bad", Value::Null),
        ] {
            let table = get_accepting(&server, &format!("{path}?{query}"), TABLE).await.body;
            assert_eq!((&table["kind"], &table["rows"][0]["object"]["kind"]), (&json!("Table"), &expected), "{query}");
        }
        let wrong = get_accepting(&server, &format!("{path}?includeObject=none"), TABLE).await;
        let message = "Unable to convert to Table as requested: includeObject: Invalid value: \"none\": must be 'Metadata', 'Object', 'None', or empty";
        assert_eq!((wrong.code, wrong.body["message"].as_str()), (400, Some(message)));
    }
    // The object is looked up before `includeObject` is validated.
    let absent = get_accepting(&server, &format!("{WIDGETS}/b?includeObject=none"), TABLE).await;
    assert_eq!(absent.code, 404);
}

#[tokio::test]
async fn representations_have_the_accepted_version() {
    let server = with_widget().await;
    for version in ["v1", "v1beta1"] {
        let accept = |kind: &str| format!("application/json;as={kind};v={version};g=meta.k8s.io");
        let api_version = json!(format!("meta.k8s.io/{version}"));
        let table = get_accepting(&server, WIDGETS, &accept("Table")).await.body;
        assert_eq!((&table["apiVersion"], &table["rows"][0]["object"]["apiVersion"]), (&api_version, &api_version));
        let object = get_accepting(&server, &format!("{WIDGETS}/a"), &accept("PartialObjectMetadata")).await.body;
        assert_eq!((&object["apiVersion"], &object["kind"]), (&api_version, &json!("PartialObjectMetadata")));
        let list = get_accepting(&server, WIDGETS, &accept("PartialObjectMetadataList")).await.body;
        assert_eq!((&list["apiVersion"], &list["items"][0]["apiVersion"]), (&api_version, &api_version));
    }
    for accept in
        ["application/json;as=Table;v=v2;g=meta.k8s.io", "application/json;sv=v2", "application/json;stream=x"]
    {
        let refused = get_accepting(&server, WIDGETS, accept).await;
        let message = "only the following media types are accepted: application/json, application/yaml";
        assert_eq!((refused.code, refused.body["message"].as_str()), (406, Some(message)), "{accept}");
    }
    for accept in ["application/json;as=;g=;v=", "application/json;sv=v1", "application/json;stream=watch"] {
        assert_eq!(get_accepting(&server, WIDGETS, accept).await.body["kind"], "WidgetList", "{accept}");
    }
}

#[tokio::test]
async fn scale_table_has_its_own_columns() {
    let server = with_widget().await;
    let scale = format!("{WIDGETS}/a/scale");
    let table = get_accepting(&server, &scale, TABLE).await.body;
    let columns: Vec<(&Value, &Value)> = table["columnDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|column| (&column["name"], &column["type"]))
        .collect();
    let (string, integer, date) = (json!("string"), json!("integer"), json!("date"));
    let names = [json!("Name"), json!("Desired"), json!("Available"), json!("Age")];
    assert_eq!(columns, [(&names[0], &string), (&names[1], &integer), (&names[2], &integer), (&names[3], &date)]);
    assert_eq!(
        table["rows"][0]["cells"].as_array().map(|cells| &cells[..3]),
        Some(&[json!("a"), json!(3), json!(0)][..])
    );
    let metadata = get_accepting(&server, &scale, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io").await;
    assert_eq!(metadata.body["kind"], "PartialObjectMetadata");
    let refused =
        get_accepting(&server, &scale, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io").await;
    let message = "you requested PartialObjectMetadataList, but the requested object is not a list (*v1.Scale)";
    assert_eq!((refused.code, refused.body["message"].as_str()), (406, Some(message)));
    let yaml = get_accepting(&server, &scale, "application/yaml").await;
    assert!(yaml.text.starts_with("apiVersion: autoscaling/v1\nkind: Scale\n"), "{}", yaml.text);
}

#[tokio::test(start_paused = true)]
async fn table_watch_sends_column_definitions_once() {
    let server = with_widget().await;
    let query = "watch=1&timeoutSeconds=1&allowWatchBookmarks=1&sendInitialEvents=1&resourceVersionMatch=NotOlderThan";
    let received = events(&server, &format!("{WIDGETS}?{query}&includeObject=None"), TABLE).await;
    let [added, end] = received.as_slice() else { panic!("{received:?}") };
    assert!(added["object"]["columnDefinitions"].is_array() && added["object"]["rows"][0]["object"].is_null());
    assert!(end["type"] == "BOOKMARK" && end["object"]["columnDefinitions"].is_null());
    let annotations = &end["object"]["rows"][0]["object"]["metadata"]["annotations"];
    assert_eq!(annotations["k8s.io/initial-events-end"], "true");
    // A watch has no list representation: its events contain single objects.
    let list = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    assert_eq!(events(&server, &format!("{WIDGETS}?{query}"), list).await, Vec::<Value>::new());
    // Watches below /watch/ never send the bookmark that ends the initial events.
    let watched = WIDGETS.replace("/v1/", "/v1/watch/");
    let received = events(&server, &format!("{watched}?timeoutSeconds=1&allowWatchBookmarks=1"), JSON).await;
    assert_eq!(received.len(), 1, "{received:?}");
}

#[tokio::test]
async fn errors_use_the_accepted_media_type() {
    let server = with_widget().await;
    let yaml = "application/yaml;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    assert_eq!(get_accepting(&server, WIDGETS, yaml).await.body["code"], 406);
    let refused = get_accepting(&server, &format!("{WIDGETS}?watch=1&timeoutSeconds=1"), "application/yaml").await;
    let message = "message: 'only the following media types are accepted: application/json;stream=watch'";
    assert!(refused.code == 406 && refused.text.contains(message), "{}", refused.text);
}

#[tokio::test]
async fn unsupported_media_types_are_refused() {
    let server = with_widget().await;
    let accepted = "the body of the request was in an unknown format - accepted media types include: ";
    let forms = "application/json, application/yaml";
    let protobuf = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
    let pods = "/api/v1/namespaces/default/pods";
    for (path, types) in [(WIDGETS, forms), (pods, protobuf), (CONFIG_MAPS, protobuf)] {
        let refused = send(&server, "POST", path, "text/plain", "{}").await;
        let message = format!("{accepted}{types}");
        assert_eq!((refused.code, refused.body["message"].as_str()), (415, Some(message.as_str())), "{path}");
    }
    let router = format!("406: Not Acceptable\n\nAvailable representations: {protobuf}");
    let streams = format!("{router}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch");
    let handler = format!("only the following media types are accepted: {forms}");
    let typed = format!("only the following media types are accepted: {protobuf}");
    for (path, accept, message) in [
        (WIDGETS, "text/plain", &handler),
        (CONFIG_MAPS, "text/plain", &streams),
        ("/api/v1/namespaces/default/configmaps/m", "text/plain", &router),
        (CONFIG_MAPS, "application/yaml;stream=watch", &typed),
    ] {
        let refused = get_accepting(&server, path, accept).await;
        assert_eq!((refused.code, refused.body["message"].as_str()), (406, Some(message.as_str())), "{path} {accept}");
    }
}

#[tokio::test]
async fn patch_media_types_are_case_sensitive() {
    let server = with_widget().await;
    let accepted = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, ";
    let custom = format!("{accepted}application/apply-patch+yaml");
    let builtin = format!("{accepted}application/strategic-merge-patch+json, application/apply-patch+yaml");
    let router = "415: Unsupported Media Type".to_owned();
    for (type_, custom_message, builtin_message) in [
        ("APPLICATION/MERGE-PATCH+JSON", &custom, &router),
        ("application/merge-patch+json ; x", &custom, &builtin),
        ("text/plain", &custom, &router),
    ] {
        for (path, message) in [(WIDGETS, custom_message), (CONFIG_MAPS, builtin_message)] {
            let refused = send(&server, "PATCH", &format!("{path}/a"), type_, "{}").await;
            assert_eq!(
                (refused.code, refused.body["message"].as_str()),
                (415, Some(message.as_str())),
                "{path} {type_}"
            );
        }
    }
    let patched = send(&server, "PATCH", &format!("{WIDGETS}/a"), &format!("{MERGE_PATCH};;"), "{}").await;
    assert_eq!(patched.code, 200);
}
