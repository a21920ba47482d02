//! Objects, schemas and comparison for round-trip tests.

use std::path::{Path, PathBuf};

use aigateway_client::runtime::scheme::Scheme;
use kube_structural_schema::instances::Instances;
use kube_structural_schema::{Crd, Source, read, yaml};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

/// Reads the CRDs of a folder of this repository.
///
/// # Panics
/// If a file cannot be read.
pub fn crds(folder: &str) -> Vec<Crd> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let sources: Vec<Source> = yaml_files(&folder)
        .iter()
        .map(|file| Source::new(file.display().to_string(), std::fs::read(file).expect("a file")))
        .collect();
    read(&sources).unwrap_or_else(|problems| panic!("{problems}")).crds
}

/// Returns all YAML files below a folder, sorted.
///
/// # Panics
/// If the folder cannot be read.
pub fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Reads all documents of a file as JSON.
///
/// # Panics
/// If the file is not valid YAML.
pub fn documents(file: &Path) -> Vec<Value> {
    let text = std::fs::read(file).expect("a readable file");
    let documents = yaml::parse(&text).unwrap_or_else(|(at, error)| panic!("{}:{at}: {error}", file.display()));
    documents.iter().map(yaml::Node::to_json).collect()
}

/// Returns a path in the folder `shared` beside the repository.
///
/// # Panics
/// If it does not exist; tests that need it are `#[ignore]`d and run by `cargo xtask test`.
pub fn shared(part: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(part);
    assert!(path.exists(), "../shared/{part} does not exist");
    path
}

/// Decodes an object by its kind, encodes it and compares the result.
///
/// # Errors
/// If the object cannot be decoded, or if it changes.
pub fn round_trip(scheme: &Scheme, object: &Value) -> Result<(), String> {
    // Convert from and to text, as clients do with responses.
    let text = serde_json::to_string(object).map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let decoded = scheme.decode(value.clone()).map_err(|error| error.to_string())?;
    let encoded = decoded.encode().map_err(|error| error.to_string())?;
    let encoded = serde_json::to_string(&encoded).map_err(|error| error.to_string())?;
    let encoded: Value = serde_json::from_str(&encoded).map_err(|error| error.to_string())?;
    if encoded == value { Ok(()) } else { Err(format!("before: {value}\nafter:  {encoded}")) }
}

/// Verifies that `cases` random objects per version of each CRD are unchanged by decoding and encoding with a scheme.
///
/// # Panics
/// With the smallest object that was found to change.
pub fn assert_round_trips(crds: &[Crd], scheme: &Scheme, cases: u32) {
    for crd in crds {
        for version in &crd.versions {
            let objects = Instances { from_newer_schema: true }.strategy(&version.schema);
            let mut runner = TestRunner::new(Config {
                cases,
                failure_persistence: None,
                max_shrink_iters: 500,
                ..Config::default()
            });
            let outcome = runner.run(&objects, |mut object| {
                object["apiVersion"] = json!(format!("{}/{}", crd.group, version.name));
                object["kind"] = json!(crd.names.kind);
                object["metadata"] = json!({"name": "one", "labels": {"a": ""}, "resourceVersion": "7", "creationTimestamp": "2026-01-02T03:04:05Z"});
                round_trip(scheme, &object).map_err(TestCaseError::fail)
            });
            outcome.unwrap_or_else(|error| panic!("{} {}: {error}", crd.name, version.name));
        }
    }
}
