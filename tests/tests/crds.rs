//! Our CRDs equal upstream's except for descriptions.

use std::collections::BTreeSet;
use std::path::Path;

use kube_client_gen::{Config, Generated, Lock, Source, generate};
use round_trip_tests::{documents, shared, yaml_files};
use serde_json::Value;

fn ours() -> Vec<std::path::PathBuf> {
    yaml_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crds"))
}

fn upstream() -> Vec<std::path::PathBuf> {
    yaml_files(&shared("upstream/ai-gateway/crds"))
}

/// Moves descriptions of schemas to a set. Properties named `description` are kept.
fn take_descriptions(schema: &mut Value, descriptions: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get("description").cloned() {
                descriptions.insert(text);
                fields.remove("description");
            }
            fields.values_mut().for_each(|value| take_descriptions(value, descriptions));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| take_descriptions(item, descriptions)),
        _ => {}
    }
}

fn without_descriptions(files: &[std::path::PathBuf]) -> (Vec<Value>, BTreeSet<String>) {
    let mut descriptions = BTreeSet::new();
    let mut crds: Vec<Value> = files.iter().flat_map(|file| documents(file)).collect();
    crds.iter_mut().for_each(|crd| take_descriptions(crd, &mut descriptions));
    (crds, descriptions)
}

/// Returns the sentences with normalized white space and case, without code and fragments of one or two words.
fn sentences(texts: &BTreeSet<String>) -> BTreeSet<String> {
    let mut sentences = BTreeSet::new();
    for text in texts {
        let prose: Vec<&str> = text.split('`').step_by(2).collect();
        for sentence in prose.join(" code ").split(['\n', '.', '!', '?', ';', ':']) {
            let words: Vec<String> = sentence.split_whitespace().map(str::to_lowercase).collect();
            if words.len() > 2 {
                sentences.insert(words.join(" "));
            }
        }
    }
    sentences
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn crds_equal_upstream_except_for_descriptions() {
    let upstream = upstream();
    let (ours, _) = without_descriptions(&ours());
    let (theirs, _) = without_descriptions(&upstream);
    assert_eq!(ours.len(), 6);
    for (our, their) in ours.iter().zip(&theirs) {
        assert!(our == their, "{} differs", our["metadata"]["name"]);
    }
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn descriptions_do_not_copy_upstream() {
    let upstream = upstream();
    let (_, our) = without_descriptions(&ours());
    let (_, their) = without_descriptions(&upstream);
    let (our, their) = (sentences(&our), sentences(&their));
    assert!(our.len() > 500);
    let same: Vec<&String> = our.intersection(&their).collect();
    assert!(same.is_empty(), "{} sentences are copied from upstream: {same:#?}", same.len());
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn number_of_descriptions_equals_upstream() {
    let upstream = upstream();
    let count = |files: &[std::path::PathBuf]| -> usize {
        let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        texts.iter().map(|text| text.matches(" description: ").count()).sum()
    };
    assert_eq!(count(&ours()), count(&upstream));
}

fn client_for(files: &[std::path::PathBuf]) -> Generated {
    let sources: Vec<Source> =
        files.iter().map(|file| Source::new(file.display().to_string(), std::fs::read(file).unwrap())).collect();
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../codegen.toml")).unwrap();
    generate(&sources, &Config::parse(&text).unwrap(), &Lock::default(), "").unwrap_or_else(|errors| panic!("{errors}"))
}

/// Returns the code without comments.
fn code(generated: &Generated) -> Vec<(String, Vec<String>)> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let files = generated.tree.iter().filter(|(path, _)| path.extension() == Some("rs"));
    files.map(|(path, text)| (path.to_string(), text.lines().filter(is_code).map(str::to_owned).collect())).collect()
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn upstream_crds_generate_the_same_code() {
    let upstream = upstream();
    let (ours, theirs) = (client_for(&ours()), client_for(&upstream));
    assert_eq!(ours.lock, theirs.lock);
    for (our, their) in code(&ours).iter().zip(&code(&theirs)) {
        assert_eq!(our, their);
    }
}

#[test]
fn embedded_crds_equal_the_source_files() {
    let embedded = aigateway_client::crds();
    assert_eq!(embedded.len(), 6);
    for (crd, file) in embedded.iter().zip(ours()) {
        let read: k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition =
            serde_json::from_value(documents(&file).remove(0)).unwrap();
        assert_eq!(*crd, read);
    }
}
