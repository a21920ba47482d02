//! Behaviour that imitations of an API server often lack (C1 to C20). Requests are sent without a typed client, which could
//! hide differences.

mod builtin;
mod reads;
mod writes;

use aigateway_client::Clientset;
use aigateway_client::crds::{InstallOptions, install};
use http::Request;
use kube::client::Body;
use serde_json::{Value, json};
use testkit::crds::PROBE_CRD;
use testkit::media_types::{APPLY_PATCH as APPLY, JSON, JSON_PATCH, MERGE_PATCH as MERGE};
use testkit::requests::{Response, receive};

pub use builtin::{c12_builtin_kinds_accept_strategic_merge_patches, c19_events_are_shared_between_two_groups};
pub use reads::{
    c7_label_selectors_limit_lists_and_watches, c8_field_selectors_limit_lists, c9_pages_are_from_one_resource_version,
    c10_collection_deletion_is_limited_by_selector, c15_watches_replay_events_send_bookmarks_and_expire,
    c17_object_is_readable_in_every_served_version, c18_discovery_tables_and_openapi_are_served,
    c19_kinds_and_namespaces_are_created_and_deleted,
};
pub use writes::{
    c1_stale_update_returns_conflict, c2_status_is_written_only_through_its_subresource,
    c3_deletion_waits_for_finalizers, c4_generate_name_creates_a_name, c5_server_fields_of_requests_are_ignored,
    c6_unchanged_write_keeps_the_resource_version, c11_applied_fields_are_owned_by_their_field_manager,
    c12_patches_of_every_type_are_applied, c13_dry_run_stores_nothing,
    c14_failed_precondition_of_deletion_returns_conflict, c16_schemas_and_rules_are_enforced,
    c20_errors_have_reason_message_and_details,
};

const V1: &str = "probes.example.com/v1";

/// Client for the probes of a namespace.
struct Probes {
    client: kube::Client,
    namespace: String,
}

impl Probes {
    async fn new(clients: &Clientset, namespace: &str) -> Self {
        let parsed = kube_structural_schema::yaml::parse(PROBE_CRD.as_bytes()).expect("YAML");
        let crd = serde_json::from_value(parsed[0].to_json()).expect("a definition");
        install(clients.client(), &[crd], &InstallOptions::default()).await.expect("the definition is installed");
        Probes { client: clients.client().kube().clone(), namespace: namespace.to_owned() }
    }

    /// Returns the path of a probe, or of the collection if the name is empty. The name may include a query.
    fn path(&self, name: &str) -> String {
        let slash = if name.is_empty() || name.starts_with('?') { "" } else { "/" };
        format!("/apis/probes.example.com/v1/namespaces/{}/probes{slash}{name}", self.namespace)
    }

    async fn send(&self, method: &str, path: &str, type_: &str, body: Option<&Value>) -> Response {
        self.send_accepting(method, path, type_, body, JSON).await
    }

    async fn send_accepting(
        &self,
        method: &str,
        path: &str,
        type_: &str,
        body: Option<&Value>,
        accept: &str,
    ) -> Response {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request =
            Request::builder().method(method).uri(path).header("content-type", type_).header("accept", accept);
        let request = request.body(Body::from(body.into_bytes())).expect("a request");
        receive(self.client.send(request).await.expect("a response")).await
    }

    async fn create(&self, name: &str, spec: Value) -> Response {
        self.send("POST", &self.path(""), JSON, Some(&probe(name, spec))).await
    }

    async fn get(&self, name: &str) -> Response {
        self.send("GET", &self.path(name), JSON, None).await
    }

    async fn put(&self, name: &str, object: &Value) -> Response {
        self.send("PUT", &self.path(name), JSON, Some(object)).await
    }

    async fn patch(&self, name: &str, type_: &str, patch: Value) -> Response {
        self.send("PATCH", &self.path(name), type_, Some(&patch)).await
    }

    async fn delete(&self, name: &str) -> Response {
        self.send("DELETE", &self.path(name), JSON, None).await
    }

    /// Returns the events of a watch of one second.
    async fn events(&self, query: &str) -> Vec<Value> {
        let response = self.get(&format!("?watch=true&timeoutSeconds=1{query}")).await;
        match response.body {
            Value::Null => response.text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect(),
            event => vec![event],
        }
    }
}

#[allow(clippy::needless_pass_by_value)]
fn probe(name: &str, spec: Value) -> Value {
    json!({"apiVersion": V1, "kind": "Probe", "metadata": {"name": name}, "spec": spec})
}

/// Returns type and name of events.
fn summaries(events: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    events.iter().map(|event| (text(&event["type"]), text(&event["object"]["metadata"]["name"]))).collect()
}
