//! The discovery documents of Kubernetes.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Error;

/// The resources of a group and version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resources {
    pub(super) group_version: String,
    pub(super) resources: Vec<Resource>,
}

/// A resource, or a subresource such as `pods/log`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource {
    pub(super) name: String,
    #[serde(default)]
    pub(super) singular_name: String,
    pub(super) namespaced: bool,
    pub(super) kind: String,
    /// The group and version of the kind, if different from those of the resource.
    #[serde(default)]
    pub(super) group: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) verbs: Vec<String>,
    #[serde(default)]
    pub(super) short_names: Vec<String>,
    #[serde(default)]
    pub(super) categories: Vec<String>,
    #[serde(default)]
    pub(super) storage_version_hash: String,
}

/// Reads the resources of all groups and versions.
pub(super) fn read(module: &Utf8Path) -> Result<Vec<Resources>, Error> {
    let mut all = Vec::new();
    for path in files(&module.join("api/discovery"))? {
        let name = path.file_name().unwrap_or_default();
        if name == "api__v1.json" || name.matches("__").count() == 2 {
            all.push(json(&path)?);
        }
    }
    Ok(all)
}

/// Returns the JSON files of a folder in the order of their names.
pub(super) fn files(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Error> {
    let failed = |source| Error::File { path: folder.to_string(), source };
    let mut paths = Vec::new();
    for entry in folder.read_dir_utf8().map_err(failed)? {
        paths.push(entry.map_err(failed)?.into_path());
    }
    paths.retain(|path| path.extension() == Some("json"));
    paths.sort();
    Ok(paths)
}

pub(super) fn json<T: DeserializeOwned>(path: &Utf8Path) -> Result<T, Error> {
    let text = std::fs::read(path).map_err(|source| Error::File { path: path.to_string(), source })?;
    serde_json::from_slice(&text).map_err(|source| Error::Json { path: path.to_string(), source })
}
