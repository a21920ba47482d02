//! CRDs and objects in files.

use std::path::{Path, PathBuf};

use kube_structural_schema::yaml::{self, Content, Node};
use serde_json::Value;

use super::BuildError;

/// Returns the texts of a file, or of all manifests in a directory and its subdirectories, sorted by path.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>, BuildError> {
    let mut files = Vec::new();
    find(path, &mut files)?;
    let text = |file: PathBuf| match std::fs::read_to_string(&file) {
        Ok(text) => Ok((file.display().to_string(), text)),
        Err(source) => Err(unreadable(&file, source)),
    };
    files.into_iter().map(text).collect()
}

fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), BuildError> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = path.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries: Vec<PathBuf> =
        entries.map_err(|error| unreadable(path, error))?.into_iter().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        let is_manifest = entry.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        if is_manifest || (entry.is_dir() && !entry.is_symlink()) {
            find(&entry, files)?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, source: std::io::Error) -> BuildError {
    BuildError::File { path: path.display().to_string(), source }
}

/// Returns the objects in a text with their lines; lists are expanded.
pub(super) fn objects(name: &str, text: &str) -> Result<Vec<(Value, u32)>, BuildError> {
    let documents = yaml::parse(text.as_bytes()).map_err(|(position, error)| BuildError::Yaml {
        location: format!("{name}:{}:{}", position.line, position.column),
        reason: error.to_string(),
    })?;
    let mut objects = Vec::new();
    documents.iter().for_each(|document| expand(document, &mut objects));
    Ok(objects)
}

fn expand(node: &Node, objects: &mut Vec<(Value, u32)>) {
    let is_list = node.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
    let items = node.get("items").filter(|_| is_list);
    match items.map(|items| &items.content) {
        Some(Content::List(items)) => items.iter().for_each(|item| expand(item, objects)),
        _ if matches!(node.content, Content::Null) => {}
        _ => objects.push((node.to_json(), node.at.line)),
    }
}
