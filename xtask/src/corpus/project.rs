//! Projects of a tree of CRDs.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use kube_client_gen::{Config, Generated, Lock, Source, generate};
use kube_structural_schema::{Crd, read};

use super::BoxError;

/// A project: all CRDs below one second-level folder.
pub(super) struct Project {
    /// OWNER/PROJECT
    pub(super) name: String,
    pub(super) files: Vec<Utf8PathBuf>,
}

impl Project {
    pub(super) fn sources(&self) -> Result<Vec<Source>, BoxError> {
        self.files.iter().map(|file| Ok(Source::new(file.as_str(), fs::read(file)?))).collect()
    }

    pub(super) fn generate(&self) -> Result<Generated, BoxError> {
        Ok(generate(&self.sources()?, &config(), &Lock::default(), "")?)
    }

    pub(super) fn crds(&self) -> Result<Vec<Crd>, BoxError> {
        Ok(read(&self.sources()?)?.crds)
    }
}

/// Returns the default configuration with a package name.
pub(super) fn config() -> Config {
    Config {
        package: Some("corpus-client".to_owned()),
        command: Some("cargo xtask corpus".to_owned()),
        ..Config::default()
    }
}

/// Returns all projects of a tree, sorted by name.
pub(super) fn all(tree: &Utf8Path) -> Result<Vec<Project>, BoxError> {
    let mut projects = Vec::new();
    for owner in folders(tree)? {
        for folder in folders(&owner)? {
            let name = folder.strip_prefix(tree)?.to_string();
            let mut files = Vec::new();
            collect_files(&folder, &mut files)?;
            files.sort();
            if !files.is_empty() {
                projects.push(Project { name, files });
            }
        }
    }
    projects.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(projects)
}

fn folders(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, BoxError> {
    let entries = folder.read_dir_utf8().map_err(|error| format!("{folder}: {error}"))?;
    let paths: Result<Vec<Utf8PathBuf>, _> = entries.map(|entry| entry.map(camino::Utf8DirEntry::into_path)).collect();
    Ok(paths?.into_iter().filter(|path| path.is_dir()).collect())
}

fn collect_files(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> Result<(), BoxError> {
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.is_dir() {
            collect_files(&path, files)?;
        } else if matches!(path.extension(), Some("yaml" | "yml" | "json")) {
            files.push(path);
        }
    }
    Ok(())
}
