//! The definitions of `tests/corpus`.

use std::path::Path;

use aigateway_client::runtime::client::{Client, Cluster, Error, WriteOptions};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube_fake_apiserver::FakeApiServer;
use kube_structural_schema::{Source, read};
use serde_json::{Value, json};

use crate::backend::Backend;

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, sources);
        } else {
            sources.push(Source::new(path.display().to_string(), std::fs::read(&path).expect("a readable file")));
        }
    }
}

fn definitions(client: &Client) -> Cluster<DynamicObject> {
    let kind = GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    client.cluster_with(ApiResource::from_gvk(&kind))
}

/// What an answer contains that does not depend on the server.
fn comparable(answer: Result<DynamicObject, Error>) -> Value {
    match answer {
        Ok(created) => json!({"name": created.metadata.name, "spec": created.data["spec"]}),
        Err(error) => json!({"status": error.status().unwrap_or_else(|| panic!("{error}"))}),
    }
}

/// Creates each definition, without storing it, and expects the answer of the server in memory: all of them are accepted, with
/// the same defaults.
///
/// # Panics
/// If the answers differ.
pub async fn definitions_of_the_corpus_are_answered_as_in_memory(backend: Backend) {
    let mut sources = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"), &mut sources);
    let found = read(&sources).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(found.crds.len() > 10, "only {} definitions", found.crds.len());
    let in_memory = FakeApiServer::builder().build().expect("a server");
    let (ours, theirs) = (definitions(&Client::from(in_memory.client())), definitions(backend.clients.client()));
    let options = WriteOptions { dry_run: true, ..WriteOptions::default() };
    for crd in found.crds {
        let mut wrong = crd.document.clone();
        wrong["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = json!({"type": "any"});
        for (document, is_accepted) in [(crd.document, true), (wrong, false)] {
            let object: DynamicObject = serde_json::from_value(document).expect("an object");
            let expected = comparable(ours.create_with(&object, &options).await);
            let found = comparable(theirs.create_with(&object, &options).await);
            assert_eq!(found, expected, "{}", crd.name);
            assert_eq!(found.get("spec").is_some(), is_accepted, "{}: {found}", crd.name);
        }
    }
}
