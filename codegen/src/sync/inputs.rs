//! Reading of CRDs from files and folders.

mod advice;
mod skip;
mod walk;

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use kube_structural_schema::{Note, Source};

pub(super) use self::advice::advised;
pub(super) use self::skip::TEMPLATE;
use self::skip::{note, reason_to_skip};
use self::walk::{File, files};
use crate::error::{Error, Errors};
use crate::header::is_generated;

/// The result of reading.
pub(super) struct Loaded {
    pub(super) sources: Vec<Source>,
    /// The files of folders that were skipped, with the reasons.
    pub(super) skipped: Vec<Note>,
}

/// Returns the files that [`load`] reads; none if a folder cannot be read.
#[cfg(feature = "cli")]
pub(crate) fn input_files(paths: &[Utf8PathBuf], out: &Utf8Path) -> Vec<Utf8PathBuf> {
    files(paths, out).map(|(files, _)| files.into_iter().map(|file| file.path).collect()).unwrap_or_default()
}

/// Reads files, and all YAML and JSON files of folders; sources are named by their paths. Files of folders that cannot
/// contain a CRD may be invalid. Generated files in `out` are skipped.
pub(super) fn load(paths: &[Utf8PathBuf], out: &Utf8Path) -> Result<Loaded, Errors> {
    let (files, mut skipped) = files(paths, out)?;
    let mut errors = Vec::new();
    let mut sources = Vec::new();
    for File { path, is_named, is_in_out } in files {
        match fs::read(&path) {
            Ok(text) if is_in_out && is_generated(&text) => {}
            Ok(text) if is_named => sources.push(Source::new(path.as_str(), text)),
            Ok(text) => match reason_to_skip(&path, &text) {
                Some(reason) => skipped.push(note(&path, reason)),
                None => sources.push(Source::new(path.as_str(), text)),
            },
            Err(error) => errors.push(Error::invalid_file(&path, error.to_string())),
        }
    }
    if errors.is_empty() { Ok(Loaded { sources, skipped }) } else { Err(Errors(errors)) }
}
