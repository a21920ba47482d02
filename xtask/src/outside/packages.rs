//! Our packaged crates.

use std::fs;
use std::process::Command;

use camino::Utf8Path;

use super::BoxError;
use crate::cargo::cargo;

/// Published crates.
const CRATES: [&str; 7] = [
    "aigateway-client",
    "aigwctl",
    "kube-client-gen",
    "kube-client-runtime",
    "kube-fake-apiserver",
    "kube-structural-schema",
    "kube-structured-merge",
];

/// Packages our crates and unpacks each into a folder; returns the cargo configuration that patches them in.
pub(super) fn patches(repository: &Utf8Path, packages: &Utf8Path, crates: &Utf8Path) -> Result<String, BoxError> {
    fs::create_dir_all(crates)?;
    let mut package = cargo();
    package.args(["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir"]).arg(packages);
    package.args(CRATES.iter().flat_map(|name| ["--package", name]));
    if !package.current_dir(repository).status()?.success() {
        return Err("cargo package failed".into());
    }
    let version = env!("CARGO_PKG_VERSION");
    let mut patches = "[patch.crates-io]\n".to_owned();
    for name in CRATES {
        let archive = packages.join(format!("package/{name}-{version}.crate"));
        let unpacked = crates.join("unpacked");
        fs::create_dir_all(&unpacked)?;
        let tar = Command::new("tar").args(["-xmzf", archive.as_str(), "-C", unpacked.as_str()]).status()?;
        if !tar.success() {
            return Err(format!("cannot unpack {archive}").into());
        }
        replace(&unpacked.join(format!("{name}-{version}")), &crates.join(name))?;
        fs::remove_dir_all(&unpacked)?;
        patches.push_str(&format!("{name} = {{ path = {:?} }}\n", crates.join(name).as_str()));
    }
    Ok(patches)
}

/// Makes `old` equal to `new`. Equal files keep their modification times, so that cargo does not rebuild them.
fn replace(new: &Utf8Path, old: &Utf8Path) -> Result<(), BoxError> {
    fs::create_dir_all(old)?;
    for entry in old.read_dir_utf8()? {
        let entry = entry?;
        let is_folder = entry.path().is_dir();
        let successor = new.join(entry.file_name());
        if !successor.exists() || successor.is_dir() != is_folder {
            if is_folder { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
        }
    }
    for entry in new.read_dir_utf8()? {
        let entry = entry?;
        let to = old.join(entry.file_name());
        if entry.path().is_dir() {
            replace(entry.path(), &to)?;
        } else if fs::read(&to).ok() != Some(fs::read(entry.path())?) {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;

    #[test]
    fn replace_keeps_times_of_equal_files_and_removes_absent_ones() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(temporary.path().to_owned()).unwrap();
        let (old, new) = (root.join("old"), root.join("new"));
        for (path, text) in [("old/same", "1"), ("old/gone/x", "1"), ("new/same", "1"), ("new/added/y", "2")] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        let time = |path: &str| fs::metadata(old.join(path)).unwrap().modified().unwrap();
        let before = time("same");
        replace(&new, &old).unwrap();
        assert_eq!(time("same"), before);
        assert!(!old.join("gone").exists());
        assert_eq!(fs::read_to_string(old.join("added/y")).unwrap(), "2");
    }
}
