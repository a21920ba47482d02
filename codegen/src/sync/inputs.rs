//! The CRDs of files and folders: which files are read, which are skipped, and the remedy if none has a CRD.

mod advice;
mod walk;

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use kube_structural_schema::{Note, Place, Source, yaml};

pub(super) use advice::advised;

use super::is_ours;
use super::project::setting;
use crate::error::Errors;
use walk::{File, files};

/// The sources that were read.
pub(super) struct Loaded {
    pub(super) sources: Vec<Source>,
    /// The files of folders that were skipped, and why.
    pub(super) skipped: Vec<Note>,
}

/// Reads files, and all YAML and JSON files of folders, each named by its path. Of folders, only what may hold a CRD has to
/// be readable. The files of the emitted crate in `out` are never read.
pub(super) fn load(paths: &[Utf8PathBuf], out: &Utf8Path) -> Result<Loaded, Errors> {
    let (files, mut skipped) = files(paths, out)?;
    let mut errors = Vec::new();
    let mut sources = Vec::new();
    for File { path, is_named, is_in_out } in files {
        match fs::read(&path) {
            Ok(text) if is_in_out && is_ours(&text) => {}
            Ok(text) if is_named => sources.push(Source::new(path.as_str(), text)),
            Ok(text) => match reason_to_skip(&path, &text) {
                Some(reason) => skipped.push(note(&path, reason)),
                None => sources.push(Source::new(path.as_str(), text)),
            },
            Err(error) => errors.push(setting(&path, error.to_string())),
        }
    }
    if errors.is_empty() { Ok(Loaded { sources, skipped }) } else { Err(Errors(errors)) }
}

pub(super) fn note(path: &Utf8Path, text: impl Into<String>) -> Note {
    Note { place: Place { source: path.to_string(), ..Place::default() }, text: text.into() }
}

const KIND: &[u8] = b"CustomResourceDefinition";
const TEMPLATED_CRD: &str = "a template of a Helm chart with a CustomResourceDefinition; skipped";
pub(super) const TEMPLATE: &str = "a template of a Helm chart; skipped";

/// Why a file of a folder is not read, if it is not.
fn reason_to_skip(path: &Utf8Path, text: &[u8]) -> Option<String> {
    let mentions_crds = text.windows(KIND.len()).any(|part| part == KIND);
    // The output of a template is unknown.
    if text.windows(2).any(|two| two == b"{{") && is_template(path) {
        return Some(if mentions_crds { TEMPLATED_CRD } else { TEMPLATE }.to_owned());
    }
    if mentions_crds {
        return None;
    }
    let (at, error) = yaml::parse(text).err()?;
    Some(format!("not readable ({at}: {error}) and without a CustomResourceDefinition; skipped"))
}

/// Whether a file is where Helm keeps the templates of a chart; CRDs in plain YAML are in `crds/` beside them.
fn is_template(file: &Utf8Path) -> bool {
    chart_of(file).is_some()
}

/// The chart that a file is a template of.
fn chart_of(file: &Utf8Path) -> Option<&Utf8Path> {
    let templates = file
        .ancestors()
        .skip(1)
        .find(|folder| folder.file_name() == Some("templates") && folder.with_file_name("Chart.yaml").exists());
    templates.and_then(Utf8Path::parent)
}
