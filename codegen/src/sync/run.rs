//! Comparison of generated files with the disk, and writing.

use camino::{Utf8Path, Utf8PathBuf};

use super::difference::{Difference, compare_file, compare_folder};
use super::error::SyncError;
use super::write;
use crate::config::Config;
use crate::generate::Generated;
use crate::header::header_line;
use crate::lock::Lock;
use crate::manifest::completed;

/// Whether [`sync`] writes files or only compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write files that differ.
    Write,
    /// Change nothing.
    Check,
}

/// The location of a crate and its lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The folder of the emitted crate.
    pub out: Utf8PathBuf,
    /// The lock.
    pub lock: Utf8PathBuf,
}

/// Compares generated files with the disk. With [`Mode::Write`], writes the files that differ, and removes generated files
/// that no longer belong to the crate. Other files are not changed, except that missing features are added to Cargo.toml.
///
/// # Errors
/// If a file cannot be read or written. All new files are first written beside the old ones, and then renamed: if the disk
/// is full or a folder is read-only, the old files do not change. Files are removed last.
pub fn sync(generated: &Generated, config: &Config, target: &Target, mode: Mode) -> Result<Vec<Difference>, SyncError> {
    let lock = lock_text(&generated.lock, config);
    let mut differences = compare_folder(&generated.tree, &target.out, &target.lock)?;
    differences.extend(compare_file(&target.lock, &lock)?);
    differences.extend(compare_manifest(generated, &target.out.join("Cargo.toml"))?);
    differences.sort_by(|one, other| one.path.cmp(&other.path));
    if mode == Mode::Write {
        write::apply(&differences)?;
    }
    Ok(differences)
}

/// Compares a Cargo.toml, if it exists, with itself and the missing features.
fn compare_manifest(generated: &Generated, path: &Utf8Path) -> Result<Option<Difference>, SyncError> {
    match std::fs::read_to_string(path) {
        Ok(text) => compare_file(path, &completed(&text, &generated.features)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SyncError::new("read", path)(error)),
    }
}

/// Returns the text of the lock with its header.
fn lock_text(lock: &Lock, config: &Config) -> String {
    format!("{}# Names that are published stay: commit this file.\n\n{}", header_line(config, "#"), lock.to_text())
}
