//! Compiles clients in a separate workspace, which contains one client at a time.

use std::fs;
use std::fs::File;
use std::process::Command;

use camino::Utf8PathBuf;
use kube_client_gen::{Generated, Mode, Target, new_manifest, sync};

use super::project::{Project, config};
use super::report::Outcome;
use super::{Arguments, BoxError, objects};
use crate::cargo::cargo;

pub(super) struct Worker {
    folder: Utf8PathBuf,
}

const ROUND_TRIP: &str = r#"//! Decodes each line and encodes it again.
use std::io::{BufRead, Write};


fn main() -> std::io::Result<()> {
    let scheme = corpus_client::scheme();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let answer = match serde_json::from_str::<serde_json::Value>(&line?) {
            Err(error) => serde_json::json!({"error": error.to_string()}),
            Ok(value) => match scheme.decode(value).map_err(|error| error.to_string()) {
                Err(error) => serde_json::json!({"error": error}),
                Ok(object) => match object.encode() {
                    Err(error) => serde_json::json!({"error": error.to_string()}),
                    Ok(object) => serde_json::json!({"object": object}),
                },
            },
        };
        writeln!(out, "{answer}")?;
    }
    out.flush()
}
"#;

const ROUND_TRIP_MANIFEST: &str = r#"[package]
name = "corpus-round-trip"
version = "0.1.0"
edition = "2024"

[dependencies]
corpus-client = { path = "../client", default-features = false, features = FEATURES }
serde_json = { version = "1", features = ["float_roundtrip"] }
"#;

impl Worker {
    /// Creates the workspace of a worker.
    pub(super) fn new(number: usize) -> Result<Self, BoxError> {
        let here = Utf8PathBuf::from_path_buf(std::env::current_dir()?).map_err(|path| path.display().to_string())?;
        let folder = here.join(format!("target/corpus/worker-{number}"));
        fs::create_dir_all(folder.join("round-trip/src"))?;
        fs::create_dir_all(folder.join("client"))?;
        let workspace = format!(
            r#"[workspace]
resolver = "3"
members = ["client", "round-trip"]

[patch.crates-io]
kube-client-runtime = {{ path = "{here}/runtime" }}
kube-fake-apiserver = {{ path = "{here}/fake" }}

[profile.dev]
debug = 0
incremental = false
"#
        );
        write_if_changed(&folder.join("Cargo.toml"), &workspace)?;
        // Use the dependency versions of this repository.
        fs::copy(here.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        write_if_changed(&folder.join("round-trip/src/main.rs"), ROUND_TRIP)?;
        Ok(Worker { folder })
    }

    /// Compiles a client, and decodes and encodes objects with its types.
    pub(super) fn check(
        &self,
        project: &Project,
        generated: &Generated,
        arguments: &Arguments,
        outcome: &mut Outcome,
    ) -> Result<(), BoxError> {
        // Another run may be using the same folder.
        let lock = File::create(self.folder.join("lock"))?;
        lock.lock()?;
        let client = self.folder.join("client");
        write_if_changed(
            &client.join("Cargo.toml"),
            &new_manifest("corpus-client", &generated.dependencies, &generated.features),
        )?;
        // Only the types of all versions.
        let features: Vec<&str> =
            generated.features.iter().filter(|one| one.enables.is_empty()).map(|one| one.name.as_str()).collect();
        write_if_changed(
            &self.folder.join("round-trip/Cargo.toml"),
            &ROUND_TRIP_MANIFEST.replace("FEATURES", &format!("{features:?}")),
        )?;
        sync(generated, &config(), &Target { lock: client.join("codegen.lock"), out: client }, Mode::Write)?;
        self.cargo(&["build", "--quiet", "--package", "corpus-round-trip"])?;
        if !arguments.types_only {
            self.cargo(&["check", "--quiet", "--package", "corpus-client", "--all-features"])?;
        }
        outcome.compiled = true;
        let (sent, returned) = (self.folder.join("sent.jsonl"), self.folder.join("returned.jsonl"));
        let crds = project.crds()?;
        outcome.objects = match &arguments.instances {
            Some(folder) => objects::copy(&folder.join(&project.name), &crds, &sent)?,
            None => objects::write_random(&crds, arguments.objects, &sent)?,
        };
        let status = Command::new(self.folder.join("target/debug/corpus-round-trip"))
            .stdin(File::open(&sent)?)
            .stdout(File::create(&returned)?)
            .status()?;
        if !status.success() {
            return Err(format!("the round-trip program failed: {status}").into());
        }
        outcome.differences = objects::compare(&sent, &returned)?;
        Ok(())
    }

    fn cargo(&self, arguments: &[&str]) -> Result<(), BoxError> {
        let output = cargo()
            .args(arguments)
            .current_dir(&self.folder)
            .env("RUSTFLAGS", "--deny warnings")
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(stderr.lines().take(40).collect::<Vec<_>>().join("\n").into())
    }
}

/// Writes a file if its content differs: cargo rebuilds by modification time.
fn write_if_changed(path: &Utf8PathBuf, text: &str) -> Result<(), BoxError> {
    if fs::read_to_string(path).is_ok_and(|existing| existing == text) {
        return Ok(());
    }
    Ok(fs::write(path, text)?)
}
