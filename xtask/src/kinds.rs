//! Writes the facts about the built-in kinds of Kubernetes that the in-memory server needs (`fake/data/kinds.txt`), and
//! the roles of the newest release (`fake/data/rbac.jsonl`).
//!
//! Sources: the Go types of the modules of Kubernetes (fields, encoding, protobuf numbers, patch strategies), and the OpenAPI and
//! discovery documents in the module `k8s.io/kubernetes` (required fields, list types, defaults; names, verbs, subresources), and
//! the test data of its roles.

mod catalogue;
mod discovery;
mod go;
mod openapi;
mod roles;

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use crate::cargo::cargo;
use crate::control_plane::repository;

/// The newest patch release of each supported minor release.
const RELEASES: [&str; 4] = ["1.34.9", "1.35.8", "1.36.5", "1.37.2"];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Compare with the committed file instead of writing it, and decode and encode the test data of Kubernetes. Exit code 1: out
    /// of date, or an object is different
    #[arg(long)]
    check: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{command}: {reason}; Go and the module proxy are needed to read the facts of Kubernetes")]
    Go { command: String, reason: String },
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path}: {source}")]
    Json { path: String, source: serde_json::Error },
    #[error("{kind} of {release}: {reason}")]
    Unexpected { kind: String, release: String, reason: String },
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match write(arguments.check) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!(
                "fake/data/kinds.txt or fake/data/rbac.jsonl is out of date (run `cargo xtask kinds`), or the test above has failed"
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Decodes and encodes the objects with which Kubernetes tests its own encodings.
fn test_data_passes() -> Result<bool, Error> {
    let newest = RELEASES[RELEASES.len() - 1].replacen("1.", "0.", 1);
    let kinds = go::module("k8s.io/api", &newest)?.join("testdata/HEAD");
    let definitions = go::module("k8s.io/apiextensions-apiserver", &newest)?.join("pkg/apis/testdata/HEAD");
    let mut test = cargo();
    test.args(["test", "--package", "kube-fake-apiserver", "--lib", "http::protobuf", "--", "--ignored"]);
    let status =
        test.env("KUBERNETES_API_TESTDATA", format!("{kinds}:{definitions}")).current_dir(repository()).status();
    status.map(|status| status.success()).map_err(|source| Error::File { path: "cargo".to_owned(), source })
}

/// Writes the file, or returns whether it is up to date.
fn write(check: bool) -> Result<bool, Error> {
    let mut catalogue = catalogue::Catalogue::default();
    for release in RELEASES {
        let facts = go::facts(release)?;
        let module = go::module("k8s.io/kubernetes", release)?;
        catalogue.add(release, &facts, &openapi::read(&module)?, &discovery::read(&module)?)?;
    }
    let roles = roles::read(&go::module("k8s.io/kubernetes", RELEASES[RELEASES.len() - 1])?)?;
    let files = [("fake/data/kinds.txt", catalogue.text()), ("fake/data/rbac.jsonl", roles)];
    let files = files.map(|(path, text)| (repository().join(path), text));
    if check {
        let is_current = |(path, text): &(Utf8PathBuf, String)| {
            std::fs::read_to_string(path).is_ok_and(|committed| committed == *text)
        };
        return Ok(files.iter().all(is_current) && test_data_passes()?);
    }
    for (path, text) in files {
        std::fs::write(&path, text).map_err(|source| Error::File { path: path.to_string(), source })?;
    }
    Ok(true)
}
