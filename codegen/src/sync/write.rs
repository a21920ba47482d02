//! Making the disk equal, without a moment in which a file is half-written.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Change, Difference, SyncError};

/// Writes what is missing or edited, removes orphans. First every new text is written beside its place; only when all are
/// there, they are put in place, which takes no room on the disk.
pub(super) fn apply(differences: &[Difference]) -> Result<(), SyncError> {
    let mut staged = Staged::default();
    for difference in differences {
        if let Change::Missing { text } | Change::Edited { text, .. } = &difference.change {
            staged.add(&difference.path, text)?;
        }
    }
    staged.put_in_place()?;
    for difference in differences {
        if difference.change == Change::Orphan {
            fs::remove_file(&difference.path).map_err(SyncError::new("remove", &difference.path))?;
            remove_empty_folders(&difference.path);
        }
    }
    Ok(())
}

/// Files that wait beside their places; removed again if they never get there.
#[derive(Default)]
struct Staged {
    files: Vec<(Utf8PathBuf, Utf8PathBuf)>,
    folders: Vec<Utf8PathBuf>,
}

impl Staged {
    fn add(&mut self, path: &Utf8Path, text: &str) -> Result<(), SyncError> {
        let folder = path.parent().unwrap_or(Utf8Path::new("."));
        self.folders.extend(folder.ancestors().take_while(|folder| !folder.as_str().is_empty() && !folder.exists()).map(Utf8Path::to_owned));
        fs::create_dir_all(folder).map_err(SyncError::new("create", folder))?;
        let beside = folder.join(format!(".{}.{}.new", path.file_name().unwrap_or_default(), std::process::id()));
        self.files.push((beside.clone(), path.to_owned()));
        fs::write(&beside, text).map_err(SyncError::new("write", &beside))
    }

    fn put_in_place(mut self) -> Result<(), SyncError> {
        while let Some((beside, path)) = self.files.pop() {
            if let Err(error) = fs::rename(&beside, &path) {
                self.files.push((beside, path.clone()));
                return Err(SyncError::new("replace", &path)(error));
            }
        }
        self.folders.clear();
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (beside, _) in &self.files {
            let _ = fs::remove_file(beside);
        }
        self.folders.sort();
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A folder that an orphan leaves empty goes as well.
fn remove_empty_folders(path: &Utf8Path) {
    for folder in path.ancestors().skip(1) {
        if folder.as_str().is_empty() || fs::remove_dir(folder).is_err() {
            return;
        }
    }
}
