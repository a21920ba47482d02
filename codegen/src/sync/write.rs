//! Making the disk equal, without a moment in which a file is half-written.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Change, Difference, SyncError};

/// The name of the last step in errors.
pub(super) const REMOVE: &str = "remove";

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
            fs::remove_file(&difference.path).map_err(SyncError::new(REMOVE, &difference.path))?;
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
        self.folders.extend(
            folder
                .ancestors()
                .take_while(|folder| !folder.as_str().is_empty() && !folder.exists())
                .map(Utf8Path::to_owned),
        );
        fs::create_dir_all(folder).map_err(SyncError::new("create", folder))?;
        let beside = folder.join(format!(".{}.{}.new", path.file_name().unwrap_or_default(), std::process::id()));
        self.files.push((beside.clone(), path.to_owned()));
        fs::write(&beside, text).map_err(SyncError::new("write", &beside))
    }

    /// Puts every file in its place; if one cannot be put, all that were are taken back.
    fn put_in_place(mut self) -> Result<(), SyncError> {
        let mut placed = Vec::new();
        for (beside, path) in &self.files {
            if let Err(error) = replace(beside, path) {
                placed.into_iter().rev().for_each(take_back);
                return Err(SyncError::new("replace", path)(error));
            }
            placed.push(path.as_path());
        }
        for path in placed {
            let _ = fs::remove_file(old(path));
        }
        self.files.clear();
        self.folders.clear();
        Ok(())
    }
}

/// Where the file that was there before waits until all are in place.
fn old(path: &Utf8Path) -> Utf8PathBuf {
    path.with_file_name(format!(".{}.{}.old", path.file_name().unwrap_or_default(), std::process::id()))
}

fn replace(beside: &Utf8Path, path: &Utf8Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Err(std::io::Error::other("a folder is in its place"));
    }
    match fs::rename(path, old(path)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(beside, path).inspect_err(|_| take_back(path))
}

fn take_back(path: &Utf8Path) {
    let _ = fs::remove_file(path);
    let _ = fs::rename(old(path), path);
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

/// A folder that is empty without an orphan is removed as well.
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
    fn when_one_file_cannot_be_put_in_place_all_stay_as_they_were() {
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
        assert!(error.to_string().contains("nothing of the old tree was changed"), "{error}");
        assert_eq!(fs::read_to_string(root.join("first")).unwrap(), "old");
        let mut left: Vec<_> =
            root.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
        left.sort();
        assert_eq!(left, ["first", "second"]);
    }
}
