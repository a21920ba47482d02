//! What imitations of an API server get wrong, row by row (C1 to C20). Requests are sent as they are, so that no client hides
//! anything.

mod own;
mod reads;
mod writes;

use aigateway_client::Clientset;
use aigateway_client::crds::{InstallOptions, install};
use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};

pub use own::{c12_own_kinds_take_strategic_merge_patches, c19_events_are_one_object_in_two_groups};
pub use reads::{
    c7_labels_select_on_every_verb, c8_fields_select, c9_lists_come_in_pages_of_one_time,
    c10_a_collection_is_deleted_by_selector, c15_watches_replay_end_and_expire, c17_versions_are_views_of_one_object,
    c18_discovery_tables_and_openapi, c19_kinds_and_namespaces_come_and_go,
};
pub use writes::{
    c1_a_stale_write_is_a_conflict, c2_the_status_is_written_on_its_own, c3_finalizers_keep_objects,
    c4_names_are_generated, c5_what_the_server_writes_itself, c6_a_write_that_changes_nothing_keeps_the_version,
    c11_appliers_own_what_they_apply, c12_patches_of_every_kind, c13_a_dry_run_changes_nothing,
    c14_deletions_have_conditions, c16_schemas_and_rules_are_enforced, c20_failures_say_what_is_wrong,
};

const CRD: &str = include_str!("probes.yaml");
const V1: &str = "probes.example.com/v1";
const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// The probes of a namespace.
struct Probes {
    client: kube::Client,
    namespace: String,
}

/// An answer.
struct Answer {
    code: u16,
    body: Value,
    warnings: Vec<String>,
}

impl Answer {
    fn at(&self, pointer: &str) -> Value {
        self.body.pointer(pointer).cloned().unwrap_or_default()
    }

    fn version(&self) -> String {
        self.at("/metadata/resourceVersion").as_str().unwrap_or_default().to_owned()
    }

    fn reason(&self) -> (u16, String) {
        (self.code, self.at("/reason").as_str().unwrap_or_default().to_owned())
    }

    fn names(&self) -> Vec<String> {
        let items = self.at("/items").as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    #[track_caller]
    fn ok(self) -> Self {
        assert!(self.code < 300, "{} {}", self.code, self.body);
        self
    }
}

impl Probes {
    async fn new(clients: &Clientset, namespace: &str) -> Self {
        let parsed = kube_structural_schema::yaml::parse(CRD.as_bytes()).expect("YAML");
        let crd = serde_json::from_value(parsed[0].to_json()).expect("a definition");
        install(clients.client(), &[crd], &InstallOptions::default()).await.expect("the definition is installed");
        Probes { client: clients.client().kube().clone(), namespace: namespace.to_owned() }
    }

    /// The path of a probe, or of all of them if the name is empty; what follows the name goes behind it.
    fn path(&self, name: &str) -> String {
        let slash = if name.is_empty() || name.starts_with('?') { "" } else { "/" };
        format!("/apis/probes.example.com/v1/namespaces/{}/probes{slash}{name}", self.namespace)
    }

    async fn send(&self, method: &str, path: &str, type_: &str, body: Option<&Value>) -> Answer {
        self.accepting(method, path, type_, body, JSON).await
    }

    async fn accepting(&self, method: &str, path: &str, type_: &str, body: Option<&Value>, accept: &str) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request =
            Request::builder().method(method).uri(path).header("content-type", type_).header("accept", accept);
        let request = request.body(Body::from(body.into_bytes())).expect("a request");
        let response = self.client.send(request).await.expect("an answer");
        let code = response.status().as_u16();
        let warnings = response.headers().get_all("warning").iter();
        let warnings = warnings.filter_map(|warning| warning.to_str().ok()).map(str::to_owned).collect();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Answer { code, body, warnings }
    }

    async fn create(&self, name: &str, spec: Value) -> Answer {
        self.send("POST", &self.path(""), JSON, Some(&probe(name, spec))).await
    }

    async fn get(&self, name: &str) -> Answer {
        self.send("GET", &self.path(name), JSON, None).await
    }

    async fn put(&self, name: &str, object: &Value) -> Answer {
        self.send("PUT", &self.path(name), JSON, Some(object)).await
    }

    async fn patch(&self, name: &str, type_: &str, patch: Value) -> Answer {
        self.send("PATCH", &self.path(name), type_, Some(&patch)).await
    }

    async fn delete(&self, name: &str) -> Answer {
        self.send("DELETE", &self.path(name), JSON, None).await
    }

    /// The events of a watch that ends after a second.
    async fn events(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&format!("?watch=true&timeoutSeconds=1{query}")).await;
        match answer.body {
            Value::String(lines) => lines.lines().map(|line| serde_json::from_str(line).expect("an event")).collect(),
            event => vec![event],
        }
    }
}

#[allow(clippy::needless_pass_by_value)]
fn probe(name: &str, spec: Value) -> Value {
    json!({"apiVersion": V1, "kind": "Probe", "metadata": {"name": name}, "spec": spec})
}

/// Type and name of events.
fn told(events: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    events.iter().map(|event| (text(&event["type"]), text(&event["object"]["metadata"]["name"]))).collect()
}
