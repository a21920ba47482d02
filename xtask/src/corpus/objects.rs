//! Objects that are decoded and encoded with a client's types, and their comparison.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

use camino::Utf8Path;
use kube_structural_schema::Crd;
use kube_structural_schema::instances::Instances;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::BoxError;
use super::report::Difference;

/// Writes `each` random objects per version of each CRD to a file, one per line; returns their number.
pub(super) fn write_random(crds: &[Crd], each: u32, file: &Utf8Path) -> Result<usize, BoxError> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut written = 0;
    for crd in crds {
        for version in crd.versions.iter().filter(|version| version.served) {
            let objects = Instances { from_newer_schema: true }.strategy(&version.schema);
            let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
            let mut runner = TestRunner::new_with_rng(Config::default(), random);
            for _ in 0..each {
                let mut object = objects.new_tree(&mut runner).map_err(|error| error.to_string())?.current();
                object["apiVersion"] = format!("{}/{}", crd.group, version.name).into();
                object["kind"] = crd.names.kind.clone().into();
                object["metadata"] = json!({"name": "one", "labels": {"a": ""}, "resourceVersion": "7", "creationTimestamp": "2026-01-02T03:04:05Z"});
                writeln!(out, "{object}")?;
                written += 1;
            }
        }
    }
    out.flush()?;
    Ok(written)
}

/// Copies a project's objects to a file; returns their number.
pub(super) fn copy(folder: &Utf8Path, crds: &[Crd], file: &Utf8Path) -> Result<usize, BoxError> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut written = 0;
    for crd in crds {
        for version in &crd.versions {
            let objects = folder.join(&crd.group).join(&version.name).join(format!("{}.jsonl", crd.names.plural));
            if !objects.exists() {
                continue;
            }
            for line in BufReader::new(File::open(&objects)?).lines() {
                let line = line?;
                if !line.trim().is_empty() {
                    writeln!(out, "{}", line.trim())?;
                    written += 1;
                }
            }
        }
    }
    out.flush()?;
    Ok(written)
}

/// Compares objects with their decoded and encoded form, line by line.
pub(super) fn compare(sent: &Utf8Path, returned: &Utf8Path) -> Result<Vec<Difference>, BoxError> {
    let mut returned = BufReader::new(File::open(returned)?).lines();
    let mut differences = Vec::new();
    for line in BufReader::new(File::open(sent)?).lines() {
        let before: Value = serde_json::from_str(&line?)?;
        let answer = returned.next().ok_or("the round-trip program ended early")??;
        let answer: Value = serde_json::from_str(&answer)?;
        let field = |name: &str| before[name].as_str().unwrap_or_default();
        let crd = format!("{} {}", field("apiVersion"), field("kind"));
        if let Some(error) = answer.get("error") {
            differences.push(Difference { crd, path: String::new(), before: before.clone(), after: error.clone() });
        } else if let Some((path, before, after)) = first_difference(&before, &answer["object"], String::new()) {
            differences.push(Difference { crd, path, before, after });
        }
    }
    Ok(differences)
}

/// Returns the first path at which two values differ, with both values.
fn first_difference(before: &Value, after: &Value, path: String) -> Option<(String, Value, Value)> {
    if before == after {
        return None;
    }
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            names.into_iter().find_map(|name| match (one.get(name), other.get(name)) {
                (Some(one), Some(other)) => first_difference(one, other, format!("{path}.{name}")),
                (one, other) => {
                    let or_absent = |value: Option<&Value>| value.cloned().unwrap_or_else(|| "(absent)".into());
                    Some((format!("{path}.{name}"), or_absent(one), or_absent(other)))
                }
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(index, (one, other))| first_difference(one, other, format!("{path}[{index}]"))),
        _ => Some((path, before.clone(), after.clone())),
    }
}
