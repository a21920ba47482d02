//! Atomic writing of files.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::difference::{Change, Difference};
use super::error::{REMOVE, SyncError};

/// Writes missing and edited files, and removes orphans. All new files are first written beside the old ones, and then
/// renamed, which needs no disk space.
pub(super) fn apply(differences: &[Difference]) -> Result<(), SyncError> {
    let mut staged = Staged::default();
    for difference in differences {
        if let Change::Missing { text } | Change::Edited { text, .. } = &difference.change {
            staged.add(&difference.path, text)?;
        }
    }
    staged.commit()?;
    for difference in differences {
        if difference.change == Change::Orphan {
            fs::remove_file(&difference.path).map_err(SyncError::new(REMOVE, &difference.path))?;
            remove_empty_folders(&difference.path);
        }
    }
    Ok(())
}

/// Temporary files beside the final ones; removed on drop unless they are committed.
#[derive(Default)]
struct Staged {
    files: Vec<(Utf8PathBuf, Utf8PathBuf)>,
    folders: Vec<Utf8PathBuf>,
}

impl Staged {
    fn add(&mut self, path: &Utf8Path, text: &str) -> Result<(), SyncError> {
        let folder = path.parent().unwrap_or(Utf8Path::new("."));
        self.folders.extend(
            folder
                .ancestors()
                .take_while(|folder| !folder.as_str().is_empty() && !folder.exists())
                .map(Utf8Path::to_owned),
        );
        fs::create_dir_all(folder).map_err(SyncError::new("create", folder))?;
        let temporary = folder.join(format!(".{}.{}.new", path.file_name().unwrap_or_default(), std::process::id()));
        self.files.push((temporary.clone(), path.to_owned()));
        fs::write(&temporary, text).map_err(SyncError::new("write", &temporary))
    }

    /// Renames all files; if one fails, restores the others.
    fn commit(mut self) -> Result<(), SyncError> {
        let mut renamed = Vec::new();
        for (temporary, path) in &self.files {
            if let Err(error) = replace(temporary, path) {
                renamed.into_iter().rev().for_each(restore);
                return Err(SyncError::new("replace", path)(error));
            }
            renamed.push(path.as_path());
        }
        for path in renamed {
            let _ = fs::remove_file(old(path));
        }
        self.files.clear();
        self.folders.clear();
        Ok(())
    }
}

/// Returns the path of the old file until all files are renamed.
fn old(path: &Utf8Path) -> Utf8PathBuf {
    path.with_file_name(format!(".{}.{}.old", path.file_name().unwrap_or_default(), std::process::id()))
}

fn replace(temporary: &Utf8Path, path: &Utf8Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Err(std::io::Error::other("it is a folder"));
    }
    match fs::rename(path, old(path)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(temporary, path).inspect_err(|_| restore(path))
}

fn restore(path: &Utf8Path) {
    let _ = fs::remove_file(path);
    let _ = fs::rename(old(path), path);
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (temporary, _) in &self.files {
            let _ = fs::remove_file(temporary);
        }
        self.folders.sort();
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Removes the folders that are empty after the removal of a file.
fn remove_empty_folders(path: &Utf8Path) {
    for folder in path.ancestors().skip(1) {
        if folder.as_str().is_empty() || fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_rename_restores_all_files() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).unwrap();
        fs::write(root.join("first"), "old").unwrap();
        fs::create_dir(root.join("second")).unwrap();
        let edited = |name: &str| Difference {
            path: root.join(name),
            change: Change::Edited { found: "old".to_owned(), text: "new".to_owned() },
        };
        let missing = Difference { path: root.join("new/third"), change: Change::Missing { text: "new".to_owned() } };
        let error = apply(&[edited("first"), missing, edited("second")]).unwrap_err();
        assert!(error.to_string().contains("no file was changed"), "{error}");
        assert_eq!(fs::read_to_string(root.join("first")).unwrap(), "old");
        let mut left: Vec<_> =
            root.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
        left.sort();
        assert_eq!(left, ["first", "second"]);
    }
}
