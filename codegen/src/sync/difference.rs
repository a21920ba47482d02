//! Differences between generated files and the disk.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use similar::TextDiff;

use super::error::SyncError;
use crate::header::is_generated;
use crate::lock::LOCK_FILE;
use crate::render::Tree;

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path.
    pub path: Utf8PathBuf,
    /// The difference.
    pub change: Change,
}

/// The difference of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The file does not exist.
    Missing {
        /// The expected text.
        text: String,
    },
    /// The file has another text.
    Edited {
        /// The actual text.
        found: String,
        /// The expected text.
        text: String,
    },
    /// The file is a generated file that no longer belongs to the crate.
    Orphan,
    /// The file is not a generated file, and does not belong to the crate.
    Extra,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.change {
            Change::Missing { .. } => writeln!(out, "{path}: missing"),
            Change::Orphan => writeln!(out, "{path}: no longer generated"),
            Change::Extra => writeln!(out, "{path}: not a generated file; move it to another folder"),
            Change::Edited { found, text } => {
                writeln!(out, "{path}: differs")?;
                let diff = TextDiff::from_lines(found.as_str(), text.as_str());
                write!(
                    out,
                    "{}",
                    diff.unified_diff()
                        .context_radius(3)
                        .header(&format!("{path} (on disk)"), &format!("{path} (generated)"))
                )
            }
        }
    }
}

/// Files of an emitted crate that are not generated.
const MANUAL: [&str; 6] = [".cargo", "Cargo.toml", "Cargo.lock", "LICENSE", LOCK_FILE, "target"];

/// Returns whether a file of an emitted crate, relative to its folder, is not generated: also the configuration and its lock,
/// which may be in the crate.
fn is_manual(relative: &Utf8Path, lock: &Utf8Path) -> bool {
    let config = lock.with_extension("toml");
    let beside = [lock.file_name(), config.file_name()];
    relative.components().next().is_some_and(|first| MANUAL.contains(&first.as_str()))
        || beside.contains(&Some(relative.as_str()))
}

/// Compares all files of a crate with its folder. `lock` is the lock of the crate.
pub(super) fn compare_folder(tree: &Tree, out: &Utf8Path, lock: &Utf8Path) -> Result<Vec<Difference>, SyncError> {
    let mut differences = Vec::new();
    for (path, text) in tree {
        differences.extend(compare_file(&out.join(path), text)?);
    }
    for path in files_below(out)? {
        let relative = path.strip_prefix(out).unwrap_or(&path);
        if is_manual(relative, lock) || tree.contains_key(relative) {
            continue;
        }
        let text = std::fs::read(&path).map_err(SyncError::new("read", &path))?;
        let change = if is_generated(&text) { Change::Orphan } else { Change::Extra };
        differences.push(Difference { path, change });
    }
    Ok(differences)
}

/// Compares one file, except line ends: a checkout may contain CRLF.
pub(super) fn compare_file(path: &Utf8Path, text: &str) -> Result<Option<Difference>, SyncError> {
    let change = match std::fs::read(path) {
        Ok(found) if is_same(&found, text) => return Ok(None),
        Ok(found) => Change::Edited { found: String::from_utf8_lossy(&found).into_owned(), text: text.to_owned() },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Change::Missing { text: text.to_owned() },
        Err(error) => return Err(SyncError::new("read", path)(error)),
    };
    Ok(Some(Difference { path: path.to_owned(), change }))
}

/// Returns whether a text is equal, with LF or CRLF.
fn is_same(found: &[u8], text: &str) -> bool {
    let is_end = |(index, byte): (usize, &u8)| *byte == b'\r' && found.get(index + 1) == Some(&b'\n');
    let plain = found.iter().enumerate().filter(|at| !is_end(*at)).map(|(_, byte)| *byte);
    plain.eq(text.bytes()) || found == text.as_bytes()
}

/// Returns all files below a folder, sorted; none if it does not exist.
fn files_below(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, SyncError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = match next.read_dir_utf8() {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(SyncError::new("list", &next)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(SyncError::new("list", &next))?;
            let kind = entry.file_type().map_err(SyncError::new("list", entry.path()))?;
            if kind.is_dir() && !(next == folder && entry.file_name() == "target") {
                folders.push(entry.into_path());
            } else if !kind.is_dir() {
                files.push(entry.into_path());
            }
        }
    }
    files.sort();
    Ok(files)
}
