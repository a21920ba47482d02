//! Objects to send through the types: from manifests, and from schemas.

use std::path::{Path, PathBuf};

use kube_structural_schema::yaml;
use serde_json::Value;

/// The folder of the shared material, beside the repository; `None` where it is absent, which is said on standard error.
pub fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(part);
    if !path.exists() {
        eprintln!("skipped: no {part} in the folder shared/ beside the repository");
        return None;
    }
    Some(path)
}

/// All YAML files below a folder, in order.
///
/// # Panics
/// If the folder cannot be read.
pub fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder that can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// All documents of a file.
///
/// # Panics
/// If the file is no YAML.
pub fn documents(file: &Path) -> Vec<Value> {
    let text = std::fs::read(file).expect("a file that can be read");
    let documents = yaml::parse(&text).unwrap_or_else(|(at, error)| panic!("{}:{at}: {error}", file.display()));
    documents.iter().map(yaml::Node::to_json).collect()
}

/// Upstream's example manifests of our kinds, with the file each is from.
pub fn examples() -> Vec<(PathBuf, Value)> {
    let Some(folder) = shared("upstream/ai-gateway/examples") else { return Vec::new() };
    let objects = yaml_files(&folder).into_iter().flat_map(|file| documents(&file).into_iter().map(move |object| (file.clone(), object)));
    objects.filter(|(_, object)| object["apiVersion"].as_str().is_some_and(|version| version.starts_with("aigateway.envoyproxy.io/"))).collect()
}
