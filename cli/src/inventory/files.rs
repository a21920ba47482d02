//! Objects of files, as kubectl reads them.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kube_structural_schema::yaml::{self, Content, Key as YamlKey, MAX_BYTES, Node};

use super::object::{Object, Origin};
use crate::args::Input;
use crate::error::CliError;

/// The files of a folder that are manifests.
///
/// Source: `FileExtensions` of `k8s.io/cli-runtime/pkg/resource/builder.go`.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// The objects of files, and the documents that are not objects.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) objects: Vec<Object>,
    pub(crate) problems: Vec<FileProblem>,
    /// The number of files.
    pub(crate) count: usize,
}

/// A document that is not an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileProblem {
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) message: String,
}

/// `file:line:column: message`
impl fmt::Display for FileProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)
    }
}

impl Files {
    /// Reads files, the files of folders, and the standard input (`-`).
    ///
    /// # Errors
    /// Returns an error if a file cannot be read. Documents that are not objects are [`Files::problems`].
    pub(crate) fn read(input: &Input, namespace: &str) -> Result<Self, CliError> {
        let mut files = Files::default();
        for path in &input.files {
            if path.as_os_str() == "-" {
                let text = bytes(io::stdin()).map_err(|source| CliError::Read { path: "stdin".to_owned(), source })?;
                files.add("stdin", &text, namespace);
                continue;
            }
            for file in paths(path, input.recursive)? {
                let name = file.to_string_lossy();
                let text = fs::File::open(&file).and_then(bytes);
                let text = text.map_err(|source| CliError::Read { path: name.clone().into_owned(), source })?;
                files.add(&name, &text, namespace);
            }
        }
        Ok(files)
    }

    /// Adds the documents of a file.
    pub(crate) fn add(&mut self, path: &str, text: &[u8], namespace: &str) {
        self.count += 1;
        match yaml::parse_all_with_duplicates(text) {
            Ok((documents, duplicates)) => {
                let mut reader = Reader { path, namespace, files: self };
                reader.documents(documents, duplicates);
            }
            Err((at, error)) => {
                let (path, message) = (path.to_owned(), error.to_string());
                self.problems.push(FileProblem { path, line: at.line, column: at.column, message });
            }
        }
    }
}

struct Reader<'r> {
    path: &'r str,
    namespace: &'r str,
    files: &'r mut Files,
}

impl Reader<'_> {
    /// Adds documents or items, each with the duplicate keys before the next one.
    fn documents(&mut self, nodes: Vec<Node>, mut duplicates: Vec<YamlKey>) {
        duplicates.sort_by_key(|key| key.at);
        let ends: Vec<_> = nodes.iter().skip(1).map(|node| Some(node.at)).chain([None]).collect();
        for (node, end) in nodes.into_iter().zip(ends) {
            let count = end.map_or(duplicates.len(), |end| duplicates.partition_point(|key| key.at < end));
            let own = duplicates.drain(..count).collect();
            self.document(node, own);
        }
    }

    /// Adds an object, or the items of a list.
    fn document(&mut self, node: Node, duplicates: Vec<YamlKey>) {
        let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
        if !matches!(node.content, Content::Map(_)) {
            return self.problem(&node, format!("a manifest is a mapping, not {}", node.kind()));
        }
        if text("kind").ends_with("List") && node.get("items").is_some() {
            let Content::Map(entries) = node.content else { return };
            let items = entries.into_iter().find(|(key, _)| key.name == "items").map(|(_, items)| items.content);
            let Some(Content::List(items)) = items else { return };
            return self.documents(items, duplicates);
        }
        for required in ["kind", "apiVersion"] {
            if text(required).is_empty() {
                let name = if required == "kind" { "Kind" } else { required };
                return self.problem(&node, format!("Object '{name}' is missing"));
            }
        }
        let origin = Origin::File { path: self.path.to_owned(), line: node.at.line };
        let object = Object::new(origin, node.to_json(), self.namespace);
        self.files.objects.push(Object { node: Some(node), duplicates, ..object });
    }

    fn problem(&mut self, node: &Node, message: String) {
        let path = self.path.to_owned();
        self.files.problems.push(FileProblem { path, line: node.at.line, column: node.at.column, message });
    }
}

fn bytes(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// Returns a file, or the manifests of a folder.
fn paths(path: &Path, recursive: bool) -> Result<Vec<PathBuf>, CliError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let name = path.to_string_lossy().into_owned();
    collect(path, recursive, &mut files).map_err(|source| CliError::Read { path: name.clone(), source })?;
    if files.is_empty() { Err(CliError::NoManifests(name)) } else { Ok(files) }
}

/// Collects the manifests of a folder in the order of their names.
fn collect(folder: &Path, recursive: bool, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let is_manifest = path.extension().is_some_and(|found| EXTENSIONS.iter().any(|known| found == *known));
        if entry.file_type()?.is_dir() {
            if recursive {
                collect(&path, recursive, files)?;
            }
        } else if is_manifest && !path.is_dir() {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Files;

    #[test]
    fn documents_keep_their_order_lines_and_duplicates() {
        let mut files = Files::default();
        let text = "kind: A\napiVersion: v1\nmetadata: {name: a}\n---\nkind: B\napiVersion: v1\nkind: C\n---\n[]\n";
        files.add("x.yaml", text.as_bytes(), "default");
        let found: Vec<_> = files.objects.iter().map(|object| (object.origin.to_string(), &*object.key.kind)).collect();
        assert_eq!(found, [("x.yaml:1".to_owned(), "A"), ("x.yaml:5".to_owned(), "C")]);
        assert_eq!(files.objects[1].duplicates[0].at.line, 7);
        assert_eq!(files.problems[0].to_string(), "x.yaml:9:1: a manifest is a mapping, not a list");
    }

    #[test]
    fn items_of_a_list_are_objects() {
        let mut files = Files::default();
        let text = "kind: List\napiVersion: v1\nitems:\n- {kind: A, apiVersion: v1}\n- {kind: B, apiVersion: v1}\n";
        files.add("x.yaml", text.as_bytes(), "default");
        let kinds: Vec<_> = files.objects.iter().map(|object| &*object.key.kind).collect();
        assert_eq!(kinds, ["A", "B"]);
    }
}
