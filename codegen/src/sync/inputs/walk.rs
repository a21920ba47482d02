//! The files below folders.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use kube_structural_schema::Note;

use super::note;
use crate::error::Errors;
use crate::sync::project::setting;

/// How a file was found.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Origin {
    is_named: bool,
    is_in_out: bool,
}

/// A file to read.
pub(super) struct File {
    pub(super) path: Utf8PathBuf,
    /// Whether it was named explicitly, not found in a folder.
    pub(super) is_named: bool,
    /// Whether it is in the folder of the emitted crate.
    pub(super) is_in_out: bool,
}

/// The files that paths name, and the YAML and JSON files below the folders among them, in the order of paths. The folder
/// `out` is left out, unless a path names it or a folder in it.
pub(super) fn files(paths: &[Utf8PathBuf], out: &Utf8Path) -> Result<(Vec<File>, Vec<Note>), Errors> {
    let mut walk = Walk { out: out.canonicalize_utf8().ok(), files: BTreeMap::new(), notes: Vec::new() };
    for path in paths {
        if path.is_dir() {
            let whole = canonical(path)?;
            let is_in_out = walk.out.as_ref().is_some_and(|out| whole.starts_with(out));
            walk.folder(path, whole, is_in_out, &mut Vec::new())?;
        } else {
            walk.files.insert(path.clone(), Origin { is_named: true, is_in_out: false });
        }
    }
    let file = |(path, Origin { is_named, is_in_out })| File { path, is_named, is_in_out };
    Ok((walk.files.into_iter().map(file).collect(), walk.notes))
}

struct Walk {
    out: Option<Utf8PathBuf>,
    files: BTreeMap<Utf8PathBuf, Origin>,
    notes: Vec<Note>,
}

impl Walk {
    /// Adds the files below a folder; `within` has the parent folders, without symbolic links.
    fn folder(
        &mut self,
        folder: &Utf8Path,
        whole: Utf8PathBuf,
        is_in_out: bool,
        within: &mut Vec<Utf8PathBuf>,
    ) -> Result<(), Errors> {
        if within.contains(&whole) {
            self.notes.push(note(folder, format!("a symbolic link to {whole}, which contains it; skipped")));
            return Ok(());
        }
        if self.out.as_ref() == Some(&whole) && !is_in_out {
            return Ok(());
        }
        within.push(whole);
        let failed = |error: std::io::Error| Errors::from(setting(folder, error.to_string()));
        for entry in folder.read_dir_utf8().map_err(failed)? {
            let path = entry.map_err(failed)?.into_path();
            if path.is_dir() {
                let whole = canonical(&path)?;
                self.folder(&path, whole, is_in_out, within)?;
            } else if matches!(path.extension(), Some("yaml" | "yml" | "json")) {
                self.files.entry(path).or_insert(Origin { is_named: false, is_in_out });
            }
        }
        within.pop();
        Ok(())
    }
}

fn canonical(folder: &Utf8Path) -> Result<Utf8PathBuf, Errors> {
    folder.canonicalize_utf8().map_err(|error| setting(folder, error.to_string()).into())
}
