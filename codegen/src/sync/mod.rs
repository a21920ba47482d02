//! Files: reads a project, compares a tree with a folder, and writes the differences.

mod difference;
mod inputs;
mod project;
mod report;
mod write;

use camino::{Utf8Path, Utf8PathBuf};

pub use difference::{Change, Difference};
pub use project::{LOCK_FILE, Project};
pub use report::Report;

use crate::generate::{Generated, MARK, header_line};
use crate::manifest::completed;
use crate::render::Tree;
use crate::{Config, Lock};

/// Whether a sync writes or only compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write the differences.
    Write,
    /// Change nothing.
    Check,
}

/// Where a tree and its lock go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The folder of the emitted crate.
    pub out: Utf8PathBuf,
    /// The lock.
    pub lock: Utf8PathBuf,
}

/// A file or folder that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {source}; {}", self.aftermath())]
pub struct SyncError {
    /// The failed action.
    pub action: &'static str,
    /// With which file or folder.
    pub path: Utf8PathBuf,
    /// The error of the operating system.
    pub source: std::io::Error,
}

impl SyncError {
    /// Files that are no longer generated are removed last, when all others are in place.
    fn aftermath(&self) -> &'static str {
        if self.action == write::REMOVE {
            "everything else is written; remove it by hand, or run the command again"
        } else {
            "nothing of the old tree was changed"
        }
    }

    fn new(action: &'static str, path: &Utf8Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| SyncError { action, path, source }
    }
}

/// Compares what was generated with the disk and, if told to, makes the disk equal: files that differ are written, each
/// whole or not at all, and files that carry our header and are no longer generated are removed. Files without our header
/// are never touched, but for a Cargo.toml, which is given the features that it lacks.
///
/// # Errors
/// When a file cannot be read or written. New files are all written beside the old ones first and only then put in
/// their places, so that a full disk or a read-only folder leaves the old tree as it was. Only what is no longer generated
/// is removed after that.
pub fn sync(generated: &Generated, config: &Config, target: &Target, mode: Mode) -> Result<Vec<Difference>, SyncError> {
    let lock = lock_text(&generated.lock, config);
    let mut differences = difference::in_folder(&generated.tree, &target.out)?;
    differences.extend(difference::of_file(&target.lock, &lock)?);
    differences.extend(of_manifest(generated, &target.out.join("Cargo.toml"))?);
    differences.sort_by(|one, other| one.path.cmp(&other.path));
    if mode == Mode::Write {
        write::apply(&differences)?;
    }
    Ok(differences)
}

/// The features that a manifest lacks, if there is a manifest.
fn of_manifest(generated: &Generated, path: &Utf8Path) -> Result<Option<Difference>, SyncError> {
    match std::fs::read_to_string(path) {
        Ok(text) => difference::of_file(path, &completed(&text, &generated.features)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SyncError::new("read", path)(error)),
    }
}

/// The lock with its header.
fn lock_text(lock: &Lock, config: &Config) -> String {
    format!("{}# Names that are published stay: commit this file.\n\n{}", header_line(config, "#"), lock.to_text())
}

/// Whether this generator wrote a text, by its first line.
fn is_ours(text: &[u8]) -> bool {
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(first_line).contains(MARK)
}

/// Hand-written files that an emitted crate may contain.
const HAND_WRITTEN: [&str; 5] = [".cargo", "Cargo.toml", "Cargo.lock", LOCK_FILE, "target"];

type Files = Tree;
