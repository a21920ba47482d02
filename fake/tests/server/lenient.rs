//! Definitions that the lenient reader has repaired.

use kube_structural_schema::{Source, read, read_lenient};
use serde_json::json;
use testkit::crds::DEFINITIONS;

use super::raw::{JSON, send};
use super::server;

const CRD: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets}
  preserveUnknownFields: true
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    selectableFields: [{jsonPath: .spec.any}]
    schema:
      openAPIV3Schema:
        nullable: true
        definitions: {x: {type: string}}
        properties:
          metadata: {type: object, properties: {labels: {type: object}}}
          spec:
            anyOf: [{properties: {extra: {type: string}}}]
            properties:
              any: {type: any}
              reference: {$ref: '#/definitions/x'}
              name: {type: [string, 'null'], uniqueItems: true, pattern: 'a(?=b)', default: 5}
              parts: {type: array, items: [{type: string}], x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k]}
              size: {type: integer, x-kubernetes-validations: [{rule: 'self ('}]}
              template: {type: object, x-kubernetes-embedded-resource: true}
  - {name: v0, served: true, storage: false}
";

#[tokio::test]
async fn repaired_definition_is_accepted_and_its_objects_are_lossless() {
    let sources = [Source::new("gadgets.yaml", CRD)];
    assert!(read(&sources).is_err());
    let found = read_lenient(&sources).unwrap();
    let server = server();
    let created = send(&server, "POST", DEFINITIONS, JSON, &found.crds[0].document.to_string()).await;
    assert_eq!(created.code, 201, "{}", created.body);

    let spec = json!({
        "any": [1, {"a": null}], "reference": "x", "name": null, "parts": [{"k": 1}, "text"], "size": 1, "extra": "y",
        "template": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}},
    });
    let object =
        json!({"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "a"}, "spec": spec, "more": 1});
    let created =
        send(&server, "POST", "/apis/example.com/v1/namespaces/default/gadgets", JSON, &object.to_string()).await;
    assert_eq!(created.code, 201, "{}", created.body);
    assert_eq!((&created.body["spec"], &created.body["more"]), (&spec, &json!(1)));
}
