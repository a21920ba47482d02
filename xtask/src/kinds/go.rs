//! The Go types of Kubernetes.

use std::collections::BTreeMap;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::Error;
use crate::control_plane::repository;

/// What the Go types of a release say.
#[derive(Deserialize)]
pub(super) struct Facts {
    pub(super) kinds: Vec<Kind>,
    pub(super) types: BTreeMap<String, Named>,
}

#[derive(Deserialize)]
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    #[serde(rename = "type")]
    pub(super) type_: String,
}

/// A named Go type.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) underlying: String,
    #[serde(default)]
    pub(super) fields: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    pub(super) json: String,
    #[serde(rename = "type")]
    pub(super) type_: String,
    #[serde(default)]
    pub(super) omit: String,
    #[serde(default)]
    pub(super) inline: bool,
    #[serde(default)]
    pub(super) protobuf: String,
    #[serde(default)]
    pub(super) patch_strategy: String,
    #[serde(default)]
    pub(super) patch_merge_key: String,
}

const MODULES: [&str; 4] =
    ["k8s.io/apiextensions-apiserver", "k8s.io/apimachinery", "k8s.io/client-go", "k8s.io/kube-aggregator"];

/// Runs the Go program that prints the types, with the modules of a release.
///
/// A release does not change, so its facts are kept in the target folder until the program changes.
pub(super) fn facts(release: &str) -> Result<Facts, Error> {
    let folder = repository().join("target/kinds").join(release);
    let (kept, program) = (folder.join("facts.json"), repository().join("hack/kinds/main.go"));
    let modified = |path: &Utf8Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    if modified(&kept) < modified(&program) {
        run(release, &folder, &kept)?;
    }
    super::discovery::json(&kept)
}

fn run(release: &str, folder: &Utf8Path, kept: &Utf8Path) -> Result<(), Error> {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|source| Error::File { path: path.to_string(), source })
    };
    let created = std::fs::create_dir_all(folder);
    created.map_err(|source| Error::File { path: folder.to_string(), source })?;
    let program = repository().join("hack/kinds/main.go");
    let text = std::fs::read_to_string(&program);
    write("main.go", text.map_err(|source| Error::File { path: program.to_string(), source })?)?;
    let version = release.replacen("1.", "v0.", 1);
    let require: String = MODULES.map(|module| format!("require {module} {version}\n")).concat();
    write("go.mod", format!("module kinds\n\ngo 1.24.0\n\n{require}"))?;
    go(folder, &["mod", "tidy"])?;
    let output = go(folder, &["run", "."])?;
    std::fs::write(kept, output).map_err(|source| Error::File { path: kept.to_string(), source })
}

/// Downloads a module and returns its folder.
pub(super) fn module(name: &str, release: &str) -> Result<Utf8PathBuf, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Module {
        dir: String,
    }
    let output = go(&repository(), &["mod", "download", "-json", &format!("{name}@v{release}")])?;
    let module: Module =
        serde_json::from_slice(&output).map_err(|source| Error::Json { path: "go mod download".to_owned(), source })?;
    Ok(module.dir.into())
}

fn go(folder: &Utf8Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let failed = |reason: String| Error::Go { command: format!("go {}", arguments.join(" ")), reason };
    let output = Command::new("go").args(arguments).current_dir(folder).env("GOFLAGS", "-mod=mod").output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(output.stdout)
}
