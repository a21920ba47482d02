//! Errors of reading and writing files.

use camino::{Utf8Path, Utf8PathBuf};

/// A file or folder that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {source}; {}", self.hint())]
pub struct SyncError {
    /// The action, such as `read`.
    pub action: &'static str,
    /// The file or folder.
    pub path: Utf8PathBuf,
    /// The error of the operating system.
    pub source: std::io::Error,
}

/// The last action, after all files have been written.
pub(super) const REMOVE: &str = "remove";

impl SyncError {
    fn hint(&self) -> &'static str {
        if self.action == REMOVE {
            "all other files are written; remove it, or run the command again"
        } else {
            "no file was changed"
        }
    }

    pub(crate) fn new(action: &'static str, path: &Utf8Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| SyncError { action, path, source }
    }
}
