//! The files in folders.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use kube_structural_schema::Note;

use super::skip::note;
use crate::error::{Error, Errors};

/// The origin of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Origin {
    is_named: bool,
    is_in_out: bool,
}

/// A file to read.
pub(super) struct File {
    pub(super) path: Utf8PathBuf,
    /// Whether the file itself was passed, and not its folder.
    pub(super) is_named: bool,
    /// Whether it is in the folder of the emitted crate.
    pub(super) is_in_out: bool,
}

/// Returns files, and the YAML and JSON files of folders, sorted. The folder `out` is skipped, unless it or a folder in it
/// is passed.
pub(super) fn files(paths: &[Utf8PathBuf], out: &Utf8Path) -> Result<(Vec<File>, Vec<Note>), Errors> {
    let mut walk = Walk { out: out.canonicalize_utf8().ok(), files: BTreeMap::new(), notes: Vec::new() };
    for path in paths {
        if path.is_dir() {
            let absolute = canonical(path)?;
            let is_in_out = walk.out.as_ref().is_some_and(|out| absolute.starts_with(out));
            walk.folder(path, absolute, is_in_out, &mut Vec::new())?;
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
    /// Adds the files of a folder; `parents` are the folders above it, without symbolic links.
    fn folder(
        &mut self,
        folder: &Utf8Path,
        absolute: Utf8PathBuf,
        is_in_out: bool,
        parents: &mut Vec<Utf8PathBuf>,
    ) -> Result<(), Errors> {
        if parents.contains(&absolute) {
            self.notes.push(note(folder, format!("a symbolic link to {absolute}, which contains it; skipped")));
            return Ok(());
        }
        if self.out.as_ref() == Some(&absolute) && !is_in_out {
            return Ok(());
        }
        parents.push(absolute);
        let failed = |error: std::io::Error| Errors::from(Error::invalid_file(folder, error.to_string()));
        for entry in folder.read_dir_utf8().map_err(failed)? {
            let path = entry.map_err(failed)?.into_path();
            if path.is_dir() {
                let absolute = canonical(&path)?;
                self.folder(&path, absolute, is_in_out, parents)?;
            } else if matches!(path.extension(), Some("yaml" | "yml" | "json")) {
                self.files.entry(path).or_insert(Origin { is_named: false, is_in_out });
            }
        }
        parents.pop();
        Ok(())
    }
}

fn canonical(folder: &Utf8Path) -> Result<Utf8PathBuf, Errors> {
    folder.canonicalize_utf8().map_err(|error| Error::invalid_file(folder, error.to_string()).into())
}
