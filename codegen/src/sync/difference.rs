//! The differences between a tree and a folder.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use similar::TextDiff;

use super::{Files, HAND_WRITTEN, SyncError, is_ours};

/// A file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// The kind of difference.
    pub change: Change,
}

/// The kind of difference of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is not there.
    Missing {
        /// The expected text.
        text: String,
    },
    /// It has another text.
    Edited {
        /// The text on disk.
        found: String,
        /// The expected text.
        text: String,
    },
    /// It has the header of this generator, but is no longer generated.
    Orphan,
    /// It is not ours, and does not belong there.
    Extra,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.change {
            Change::Missing { .. } => writeln!(out, "{path}: missing"),
            Change::Orphan => writeln!(out, "{path}: no longer generated"),
            Change::Extra => writeln!(out, "{path}: not generated, and not ours to remove; move it elsewhere"),
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

/// Compares whole sets of files.
pub(super) fn in_folder(tree: &Files, out: &Utf8Path) -> Result<Vec<Difference>, SyncError> {
    let mut differences = Vec::new();
    for (path, text) in tree {
        differences.extend(of_file(&out.join(path), text)?);
    }
    for path in files_below(out)? {
        let relative = path.strip_prefix(out).unwrap_or(&path);
        let hand_written = relative.components().next().is_some_and(|first| HAND_WRITTEN.contains(&first.as_str()));
        if hand_written || tree.contains_key(relative) {
            continue;
        }
        let text = std::fs::read(&path).map_err(SyncError::new("read", &path))?;
        let change = if is_ours(&text) { Change::Orphan } else { Change::Extra };
        differences.push(Difference { path, change });
    }
    Ok(differences)
}

/// Compares one file. Line ends do not count: a checkout may have CRLF.
pub(super) fn of_file(path: &Utf8Path, text: &str) -> Result<Option<Difference>, SyncError> {
    let change = match std::fs::read(path) {
        Ok(found) if is_same(&found, text) => return Ok(None),
        Ok(found) => Change::Edited { found: String::from_utf8_lossy(&found).into_owned(), text: text.to_owned() },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Change::Missing { text: text.to_owned() },
        Err(error) => return Err(SyncError::new("read", path)(error)),
    };
    Ok(Some(Difference { path: path.to_owned(), change }))
}

/// Whether a file holds a text, whatever its line ends are.
fn is_same(found: &[u8], text: &str) -> bool {
    let is_end = |(index, byte): (usize, &u8)| *byte == b'\r' && found.get(index + 1) == Some(&b'\n');
    let plain = found.iter().enumerate().filter(|at| !is_end(*at)).map(|(_, byte)| *byte);
    plain.eq(text.bytes()) || found == text.as_bytes()
}

/// All files below a folder, sorted by path; none if the folder does not exist.
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
