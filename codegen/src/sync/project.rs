//! Reading of a project: configuration, lock, boilerplate and sources.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use kube_structural_schema::{Note, Source};

use super::error::SyncError;
use super::inputs::{self, Loaded};
use super::report::Report;
use super::run::{Mode, Target, sync};
use crate::config::Config;
use crate::error::{Error, Errors};
use crate::generate::{Generated, generate_with_kopium};
use crate::lock::{LOCK_FILE, Lock, lock_of};
use crate::manifest::{completed, missing_from_manifest};
use crate::name::is_keyword;

/// The input of generation, read from disk.
#[derive(Clone, Debug)]
pub struct Project {
    /// The configuration.
    pub config: Config,
    /// The lock.
    pub lock: Lock,
    /// The text at the start of every file.
    pub boilerplate: String,
    /// The CRDs.
    pub sources: Vec<Source>,
    /// The files of folders that were skipped, and why.
    pub skipped: Vec<Note>,
    /// The location of the output.
    pub target: Target,
}

impl Project {
    /// Reads the project of a codegen.toml. `crds` and `out` override its settings.
    ///
    /// # Errors
    /// If a file cannot be read, or is invalid.
    pub fn open(config_file: &Utf8Path, crds: &[Utf8PathBuf], out: Option<&Utf8Path>) -> Result<Self, Errors> {
        let mut project = Project::open_with(config_file, Vec::new(), out)?;
        let folder = config_file.parent().unwrap_or(Utf8Path::new(""));
        let configured = || project.config.crds.iter().map(|path| folder.join(path)).collect();
        let crds: Vec<Utf8PathBuf> = if crds.is_empty() { configured() } else { crds.to_vec() };
        project.load(&crds)?;
        Ok(project)
    }

    /// Reads the sources in files and folders, except the emitted crate.
    pub(crate) fn load(&mut self, paths: &[Utf8PathBuf]) -> Result<(), Errors> {
        let Loaded { sources, skipped } = inputs::load(paths, &self.target.out)?;
        self.sources = sources;
        self.skipped = skipped;
        Ok(())
    }

    /// Creates a project without a configuration. Its lock is in the emitted crate.
    ///
    /// # Errors
    /// If the lock cannot be read, or is invalid.
    pub fn without_config(sources: Vec<Source>, out: &Utf8Path) -> Result<Self, Errors> {
        let target = Target { out: out.to_owned(), lock: out.join(LOCK_FILE) };
        let lock = read_lock(&target.lock)?;
        let config = Config { package: Some(package_of(out)), ..Config::default() };
        Ok(Project { config, lock, boilerplate: String::new(), sources, skipped: Vec::new(), target })
    }

    /// Reads the project of a codegen.toml, with other sources.
    ///
    /// # Errors
    /// If a file cannot be read, or is invalid.
    pub fn open_with(config_file: &Utf8Path, sources: Vec<Source>, out: Option<&Utf8Path>) -> Result<Self, Errors> {
        let folder = config_file.parent().unwrap_or(Utf8Path::new(""));
        let text = read(config_file)?;
        let mut config = Config::parse_file(config_file.as_str(), &text)?;
        let out = out.map(Utf8Path::to_owned).or_else(|| config.out.as_ref().map(|out| folder.join(out)));
        let Some(out) = out else {
            let reason = "out is missing: set it to the folder of the emitted crate";
            return Err(Error::invalid_file(config_file, reason).into());
        };
        config.package.get_or_insert_with(|| package_of(&out));
        let boilerplate =
            config.header.as_ref().map(|header| read(&folder.join(header))).transpose()?.unwrap_or_default();
        let lock_file = lock_of(config_file);
        let lock = read_lock(&lock_file)?;
        let target = Target { out, lock: lock_file };
        Ok(Project { config, lock, boilerplate, sources, skipped: Vec::new(), target })
    }

    /// Generates the crate. Checks that its Cargo.toml declares the required dependencies and features, except features that
    /// [`sync`](super::sync) adds.
    ///
    /// # Errors
    /// If the sources, the configuration, the lock or the Cargo.toml are invalid.
    pub fn generate(&self) -> Result<Generated, Errors> {
        let generated = self.generate_without_crate()?;
        let manifest = self.target.out.join("Cargo.toml");
        if manifest.exists() {
            let text = completed(&read(&manifest)?, &generated.features);
            let missing = missing_from_manifest(&text, &generated.dependencies, &generated.features);
            let missing = missing.map_err(|reason| Error::invalid_file(&manifest, reason))?;
            let error = |line: String| Error::invalid_file(&manifest, format!("missing: {line}"));
            if !missing.is_empty() {
                return Err(Errors(missing.into_iter().map(error).collect()));
            }
        }
        Ok(generated)
    }

    /// Compares the emitted crate with a new generation, without changes.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn check(&self, generated: &Generated) -> Result<Report, SyncError> {
        let differences = sync(generated, &self.config, &self.target, Mode::Check)?;
        let command = self.config.command().to_owned();
        Ok(Report { differences, out: self.target.out.clone(), command })
    }

    /// Generates the crate without a check of its Cargo.toml.
    pub(crate) fn generate_without_crate(&self) -> Result<Generated, Errors> {
        let generated = generate_with_kopium(&self.sources, &self.config, &self.lock, &self.boilerplate);
        let mut generated = generated.map_err(|errors| inputs::advised(errors, &self.sources, &self.skipped))?;
        // Every chart contains templates without a CRD.
        generated.notes.extend(self.skipped.iter().filter(|note| note.text != inputs::TEMPLATE).cloned());
        Ok(generated)
    }
}

/// Reads a lock; returns an empty one if the file does not exist.
fn read_lock(file: &Utf8Path) -> Result<Lock, Error> {
    if !file.exists() {
        return Ok(Lock::default());
    }
    Lock::parse_file(file.as_str(), &read(file)?)
}

fn read(path: &Utf8Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| Error::invalid_file(path, error.to_string()))
}

/// Returns the name of the package in a folder: from its Cargo.toml, or else from the folder's name.
pub(crate) fn package_of(folder: &Utf8Path) -> String {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok().and_then(|text| text.parse::<toml::Table>().ok());
    let declared = manifest.as_ref().and_then(|table| table.get("package")?.get("name")?.as_str());
    if let Some(name) = declared {
        return name.to_owned();
    }
    let absolute = folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned());
    package_name(absolute.file_name().unwrap_or_default())
}

/// Returns a package name that cargo accepts, similar to a folder's name.
fn package_name(folder: &str) -> String {
    let words = folder.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    if name.is_empty() {
        return "client".to_owned();
    }
    // Cargo rejects keywords and names of the standard library's crates.
    let is_reserved =
        is_keyword(&name) || ["alloc", "core", "proc-macro", "proc_macro", "std", "test"].contains(&name.as_str());
    if is_reserved || !name.starts_with(|c: char| c.is_ascii_alphabetic()) { format!("client-{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::package_name;

    #[test]
    fn package_name_is_accepted_by_cargo() {
        for (folder, package) in [
            ("widget-client", "widget-client"),
            ("widget_client", "widget_client"),
            ("client---", "client"),
            ("my client (2)", "my-client-2"),
            ("2nd", "client-2nd"),
            ("self", "client-self"),
            ("async", "client-async"),
            ("test", "client-test"),
            ("", "client"),
            ("ä", "client"),
        ] {
            assert_eq!(package_name(folder), package, "{folder}");
        }
    }
}
