//! The in-memory server, exercised through kube's own client and with raw requests.

mod admission;
mod authorization;
mod autoscalers;
mod bodies;
mod builtin;
mod cluster;
mod components;
mod corpus;
mod definitions;
mod deletions;
mod depth;
mod discovery;
mod embedded;
mod faults;
mod field_selectors;
mod forks;
mod hostile;
mod key_order;
mod kinds;
mod lenient;
mod limits;
mod managers;
mod metrics;
mod namespaces;
mod openapi;
mod openapi_v3;
mod owners;
mod parameters;
mod permissions;
mod pods;
mod queries;
mod quotas;
mod raw;
mod ready;
mod regressions;
mod representations;
mod reviews;
mod scale;
mod shards;
mod strategic;
#[cfg(feature = "tcp")]
mod tcp;
mod testing;
mod watches;
mod writes;

use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use kube_fake_apiserver::FakeApiServer;
use serde_json::Value;
use testkit::crds::WIDGET_CRD as CRD;

fn server() -> FakeApiServer {
    FakeApiServer::builder().crds_yaml(CRD).build().expect("a server")
}

fn resource(group: &str, version: &str, kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
}

fn widgets(client: &Client) -> Api<DynamicObject> {
    let resource = resource("example.com", "v1", "Widget", "widgets");
    Api::default_namespaced_with(client.clone(), &resource)
}

fn widget(name: &str, spec: Value) -> DynamicObject {
    serde_json::from_value(testkit::crds::widget(name, spec)).expect("a widget")
}

/// Returns the code, the reason and the message of an error response.
fn refused<T: std::fmt::Debug>(result: kube::Result<T>) -> (u16, String, String) {
    match result {
        Err(kube::Error::Api(status)) => (status.code, status.reason, status.message),
        other => panic!("expected an error response, got {other:?}"),
    }
}
