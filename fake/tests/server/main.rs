//! The in-memory server, exercised through kube's own client and with raw requests.

mod bodies;
mod cluster;
mod definitions;
mod deletions;
mod depth;
mod discovery;
mod embedded;
mod forks;
mod hostile;
mod limits;
mod managers;
mod namespaces;
mod owners;
mod parameters;
mod queries;
mod raw;
mod regressions;
mod representations;
mod scale;
mod testing;
mod watches;
mod writes;

use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

/// A CRD that uses most features of CRDs.
const CRD: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            x-kubernetes-validations:
            - {rule: '!has(self.least) || self.least <= self.size', message: least is more than size}
            properties:
              size: {type: integer, minimum: 0, default: 1}
              least: {type: integer}
              class: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: class is immutable}]}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, weight: {type: integer}}}
          status: {type: object, properties: {ready: {type: boolean}}}
  - name: v1alpha1
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

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

#[allow(clippy::needless_pass_by_value)]
fn widget(name: &str, spec: Value) -> DynamicObject {
    let object = json!({
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec,
    });
    serde_json::from_value(object).expect("a widget")
}

/// Returns the code, the reason and the message of an error response.
fn refused<T: std::fmt::Debug>(result: kube::Result<T>) -> (u16, String, String) {
    match result {
        Err(kube::Error::Api(status)) => (status.code, status.reason, status.message),
        other => panic!("expected an error response, got {other:?}"),
    }
}
