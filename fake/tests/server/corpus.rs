//! The definitions of `tests/corpus`.

use std::path::Path;

use kube_structural_schema::{Source, read};
use testkit::crds::DEFINITIONS;

use super::raw::{JSON, send};
use super::server;

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else {
            sources.push(Source::new(path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[tokio::test]
async fn definitions_of_the_corpus_are_accepted() {
    let mut sources = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus"), &mut sources);
    let found = read(&sources).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(found.crds.len() > 10, "only {} definitions", found.crds.len());
    let server = server();
    for crd in found.crds {
        let created = send(&server, "POST", DEFINITIONS, JSON, &crd.document.to_string()).await;
        assert_eq!(created.code, 201, "{}: {}", crd.name, created.body);
    }
}
