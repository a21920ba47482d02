//! The sources of manifests.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kube_structural_schema::yaml::{self, MAX_BYTES, Node, Position};
use serde::Serialize;

use super::document::{Document, documents};
use super::problem::{Origin, Problem};

/// The files of a folder that are manifests.
///
/// Source: `FileExtensions` of `k8s.io/cli-runtime/pkg/resource/builder.go`.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// Manifests from files, folders, streams and values, in the order in which they were added.
///
/// Sources are read when they are added, with blocking I/O. Problems are kept, and reported together when the manifests are
/// used. YAML is read as kubectl reads it, except that a duplicate key is a problem. Documents without content are skipped, and
/// lists (`kind: List`, `kind: ConfigMapList`) are replaced with their items.
///
/// ```
/// use kube_client_runtime::manifests::Manifests;
/// use serde_json::json;
///
/// let manifests = Manifests::new()
///     .text("inline", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\nkind: ConfigMap\n")
///     .object("settings", &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}));
/// assert_eq!(manifests.len(), 2);
/// let problems: Vec<String> = manifests.problems().iter().map(ToString::to_string).collect();
/// assert_eq!(problems, ["inline:6:1: apiVersion is missing", "inline:6:1: metadata.name is missing"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    pub(super) documents: Vec<Document>,
    problems: Vec<Problem>,
}

impl Manifests {
    /// Creates an empty set of manifests.
    pub fn new() -> Self {
        Manifests::default()
    }

    /// Adds a file, or the files of a folder that end in `.yaml`, `.yml` or `.json`, without the folders in it. A file that is
    /// passed by its path may have any name.
    pub fn path(self, path: impl AsRef<Path>) -> Self {
        self.add_path(path.as_ref(), false)
    }

    /// Adds a file, or the files of a folder and of all folders in it, in the order of their names. Symbolic links to folders
    /// are not followed.
    pub fn folder_recursive(self, path: impl AsRef<Path>) -> Self {
        self.add_path(path.as_ref(), true)
    }

    /// Adds a text: YAML or JSON, with any number of documents. `source` names it in problems and reports.
    pub fn text(mut self, source: &str, text: impl AsRef<[u8]>) -> Self {
        self.add_text(source, text.as_ref());
        self
    }

    /// Adds a stream, which is read to its end.
    pub fn reader(mut self, source: &str, reader: impl Read) -> Self {
        match read(reader) {
            Ok(text) => self.add_text(source, &text),
            Err(error) => self.add_problem(source, format!("cannot be read: {error}")),
        }
        self
    }

    /// Adds the standard input, as `kubectl apply -f -`.
    pub fn stdin(self) -> Self {
        self.reader("stdin", io::stdin())
    }

    /// Adds an object in memory: JSON, or a typed object. It may be a list.
    pub fn object(mut self, source: &str, object: &impl Serialize) -> Self {
        match serde_json::to_value(object) {
            Ok(value) => self.add_node(source, Node::from(value)),
            Err(error) => self.add_problem(source, format!("cannot be encoded: {error}")),
        }
        self
    }

    /// Adds the manifests of another set.
    pub fn with(mut self, other: Manifests) -> Self {
        self.documents.extend(other.documents);
        self.problems.extend(other.problems);
        self
    }

    /// Returns the number of objects without problems.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Returns whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.problems.is_empty()
    }

    /// Returns the problems of the sources. More problems are found when the manifests are applied, such as kinds that the
    /// server does not have.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn add_path(mut self, path: &Path, recursive: bool) -> Self {
        let mut files = Vec::new();
        let found = if path.is_dir() {
            collect(path, recursive, &mut files)
        } else {
            files.push(path.to_owned());
            Ok(())
        };
        let source = path.to_string_lossy();
        match found {
            Err(error) => self.add_problem(&source, format!("cannot be read: {error}")),
            Ok(()) if files.is_empty() => self.add_problem(&source, "no file ends in .yaml, .yml or .json".to_owned()),
            Ok(()) => {}
        }
        for file in files {
            let source = file.to_string_lossy();
            match fs::File::open(&file).and_then(read) {
                Ok(text) => self.add_text(&source, &text),
                Err(error) => self.add_problem(&source, format!("cannot be read: {error}")),
            }
        }
        self
    }

    fn add_text(&mut self, source: &str, text: &[u8]) {
        match yaml::parse(text) {
            Ok(nodes) => nodes.into_iter().for_each(|node| self.add_node(source, node)),
            Err((at, error)) => self.problems.push(Origin::new(source, at).problem(error.to_string())),
        }
    }

    fn add_node(&mut self, source: &str, node: Node) {
        documents(source, node, &mut self.documents, &mut self.problems);
    }

    fn add_problem(&mut self, source: &str, message: String) {
        self.problems.push(Origin::new(source, Position::default()).problem(message));
    }
}

/// Reads a stream, up to a length that the YAML reader rejects.
fn read(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// Collects the manifests of a folder, as `filepath.Walk` orders them.
fn collect(folder: &Path, recursive: bool, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if recursive {
                collect(&path, recursive, files)?;
            }
        } else if path.extension().is_some_and(|found| EXTENSIONS.iter().any(|extension| found == *extension))
            && !path.is_dir()
        {
            files.push(path);
        }
    }
    Ok(())
}
