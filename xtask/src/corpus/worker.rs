//! Who compiles clients: a workspace of its own, in which one client takes the place of the one before.

use std::fs;
use std::fs::File;
use std::process::Command;

use camino::Utf8PathBuf;
use kube_client_gen::{Generated, Mode, Target, new_manifest, sync};

use super::project::{Project, config};
use super::report::Outcome;
use super::{Arguments, Failed, objects};

pub(super) struct Worker {
    folder: Utf8PathBuf,
}

const LAW: &str = r#"//! Decodes each line and encodes it again.
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

const LAW_MANIFEST: &str = r#"[package]
name = "corpus-law"
version = "0.1.0"
edition = "2024"

[dependencies]
corpus-client = { path = "../client", default-features = false, features = FEATURES }
serde_json = { version = "1", features = ["float_roundtrip"] }
"#;

impl Worker {
    /// The worker of this number.
    pub(super) fn new(number: usize) -> Result<Self, Failed> {
        let here = Utf8PathBuf::from_path_buf(std::env::current_dir()?).map_err(|path| path.display().to_string())?;
        let folder = here.join(format!("target/corpus/worker-{number}"));
        fs::create_dir_all(folder.join("law/src"))?;
        fs::create_dir_all(folder.join("client"))?;
        let workspace = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"client\", \"law\"]\n\n[patch.crates-io]\nkube-client-runtime = {{ path = \"{here}/runtime\" }}\n\n[profile.dev]\ndebug = 0\nincremental = false\n"
        );
        put(&folder.join("Cargo.toml"), &workspace)?;
        // The versions that this repository is tested with.
        fs::copy(here.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        put(&folder.join("law/src/main.rs"), LAW)?;
        Ok(Worker { folder })
    }

    /// Compiles a client, and sends objects through its types.
    pub(super) fn judge(
        &self,
        project: &Project,
        generated: &Generated,
        arguments: &Arguments,
        outcome: &mut Outcome,
    ) -> Result<(), Failed> {
        // Another run of the harness may be at work in the same folder.
        let turn = File::create(self.folder.join("lock"))?;
        turn.lock()?;
        let client = self.folder.join("client");
        put(&client.join("Cargo.toml"), &new_manifest("corpus-client", &generated.dependencies, &generated.features))?;
        // All types, and nothing else.
        let features: Vec<&str> =
            generated.features.iter().filter(|one| one.enables.is_empty()).map(|one| one.name.as_str()).collect();
        put(&self.folder.join("law/Cargo.toml"), &LAW_MANIFEST.replace("FEATURES", &format!("{features:?}")))?;
        sync(generated, &config(), &Target { lock: client.join("codegen.lock"), out: client }, Mode::Write)?;
        self.cargo(&["build", "--quiet", "--package", "corpus-law"])?;
        if !arguments.types_only {
            self.cargo(&["check", "--quiet", "--package", "corpus-client", "--all-features"])?;
        }
        outcome.compiled = true;
        let (sent, back) = (self.folder.join("sent.jsonl"), self.folder.join("back.jsonl"));
        let crds = project.crds()?;
        outcome.objects = match &arguments.instances {
            Some(folder) => objects::copy(&folder.join(&project.name), &crds, &sent)?,
            None => objects::make_up(&crds, arguments.objects, &sent)?,
        };
        let law = Command::new(self.folder.join("target/debug/corpus-law"))
            .stdin(File::open(&sent)?)
            .stdout(File::create(&back)?)
            .status()?;
        if !law.success() {
            return Err(format!("the program that decodes objects has ended with {law}").into());
        }
        outcome.differences = objects::compare(&sent, &back)?;
        Ok(())
    }

    fn cargo(&self, arguments: &[&str]) -> Result<(), Failed> {
        let output = Command::new("cargo")
            .args(arguments)
            .current_dir(&self.folder)
            .env("RUSTFLAGS", "--deny warnings")
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(said.lines().take(40).collect::<Vec<_>>().join("\n").into())
    }
}

/// Writes a file, unless it says so already: cargo looks at times.
fn put(path: &Utf8PathBuf, text: &str) -> Result<(), Failed> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    Ok(fs::write(path, text)?)
}
