//! The law: for every JSON that the API server returns, encode(decode(json)) equals json.

use law_tests::{crds, documents, law_holds_for, round_trip, shared, yaml_files};

#[test]
fn objects_of_the_ai_gateway_schemas_come_back_the_same() {
    law_holds_for(&crds("crds"), &aigateway_client::scheme(), 300);
}

#[test]
fn objects_of_every_shape_come_back_the_same() {
    law_holds_for(&crds("tests/zoo/crds"), &zoo_client::scheme(), 1000);
}

#[test]
fn upstream_examples_come_back_the_same() {
    let Some(folder) = shared("upstream/ai-gateway/examples") else { return };
    let scheme = aigateway_client::scheme();
    let mut objects = 0;
    for file in yaml_files(&folder) {
        for object in documents(&file) {
            let ours =
                object["apiVersion"].as_str().is_some_and(|version| version.starts_with("aigateway.envoyproxy.io/"));
            // The schema has no such field: the API server refuses the manifest, so it never returns it.
            let refused = object.pointer("/spec/timeouts").is_some();
            if ours && !refused {
                round_trip(&scheme, &object).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                objects += 1;
            }
        }
    }
    assert!(objects > 40, "only {objects} objects found");
}
