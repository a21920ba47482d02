//! The files of a project: configuration, lock, boilerplate and sources.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use kube_structural_schema::{Note, Source};

use super::inputs::{self, Loaded};
use super::{Mode, Report, SyncError, Target, sync};
use crate::error::{Error, Errors};
use crate::generate::generate_or_run;
use crate::manifest::{completed, missing_from_manifest};
use crate::name::is_keyword;
use crate::{Config, Generated, Lock};

/// The file name of the lock, which is beside codegen.toml.
pub const LOCK_FILE: &str = "codegen.lock";

/// A project's files, read.
#[derive(Clone, Debug)]
pub struct Project {
    /// The configuration.
    pub config: Config,
    /// The published names.
    pub lock: Lock,
    /// The text for the top of every file.
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
    pub fn open(config_file: &Utf8Path, crds: &[Utf8PathBuf], out: Option<&Utf8Path>) -> Result<Self, Errors> {
        let mut project = Project::open_with(config_file, Vec::new(), out)?;
        let folder = config_file.parent().unwrap_or(Utf8Path::new(""));
        let configured = || project.config.crds.iter().map(|path| folder.join(path)).collect();
        let crds: Vec<Utf8PathBuf> = if crds.is_empty() { configured() } else { crds.to_vec() };
        project.load(&crds)?;
        Ok(project)
    }

    /// Reads the sources of these files and folders. The emitted crate is never one of them.
    pub(crate) fn load(&mut self, paths: &[Utf8PathBuf]) -> Result<(), Errors> {
        let Loaded { sources, skipped } = inputs::load(paths, &self.target.out)?;
        self.sources = sources;
        self.skipped = skipped;
        Ok(())
    }

    /// Returns a project without a configuration; its lock is in the emitted crate.
    pub fn without_config(sources: Vec<Source>, out: &Utf8Path) -> Result<Self, Errors> {
        let target = Target { out: out.to_owned(), lock: out.join(LOCK_FILE) };
        let lock = published(&target.lock)?;
        let config = Config { package: Some(package_of(out)), ..Config::default() };
        Ok(Project { config, lock, boilerplate: String::new(), sources, skipped: Vec::new(), target })
    }

    /// Reads the project of a codegen.toml, with these CRDs.
    pub fn open_with(config_file: &Utf8Path, sources: Vec<Source>, out: Option<&Utf8Path>) -> Result<Self, Errors> {
        let folder = config_file.parent().unwrap_or(Utf8Path::new(""));
        let text = read(config_file)?;
        let mut config = Config::parse_file(config_file.as_str(), &text)?;
        let out = out.map(Utf8Path::to_owned).or_else(|| config.out.as_ref().map(|out| folder.join(out)));
        let Some(out) = out else {
            return Err(setting(config_file, "out is missing: the folder of the emitted crate".to_owned()).into());
        };
        config.package.get_or_insert_with(|| package_of(&out));
        let boilerplate =
            config.header.as_ref().map(|header| read(&folder.join(header))).transpose()?.unwrap_or_default();
        let lock_file = folder.join(LOCK_FILE);
        let lock = published(&lock_file)?;
        let target = Target { out, lock: lock_file };
        Ok(Project { config, lock, boilerplate, sources, skipped: Vec::new(), target })
    }

    /// Generates, and checks that the emitted crate's Cargo.toml has what the code needs, or can be given it
    /// by [`sync`](super::sync).
    pub fn generate(&self) -> Result<Generated, Errors> {
        let generated = self.generate_without_crate()?;
        let manifest = self.target.out.join("Cargo.toml");
        if manifest.exists() {
            let text = completed(&read(&manifest)?, &generated.features);
            let missing = missing_from_manifest(&text, &generated.dependencies, &generated.features);
            let missing = missing.map_err(|why| setting(&manifest, why))?;
            let lines = |line: String| setting(&manifest, format!("missing: {line}"));
            if !missing.is_empty() {
                return Err(Errors(missing.into_iter().map(lines).collect()));
            }
        }
        Ok(generated)
    }

    /// Compares the emitted crate with what the generator writes, and changes nothing.
    ///
    /// # Errors
    /// If the sources, the configuration or the lock are invalid, or if a file cannot be read.
    pub fn check(&self, generated: &Generated) -> Result<Report, SyncError> {
        let differences = sync(generated, &self.config, &self.target, Mode::Check)?;
        let command = self.config.command().to_owned();
        Ok(Report { differences, out: self.target.out.clone(), command })
    }

    /// Generates without a check of the emitted crate's Cargo.toml.
    pub(crate) fn generate_without_crate(&self) -> Result<Generated, Errors> {
        let generated = generate_or_run(&self.sources, &self.config, &self.lock, &self.boilerplate);
        let mut generated = generated.map_err(|errors| inputs::advised(errors, &self.sources, &self.skipped))?;
        // Templates that make no CRDs are in every chart.
        generated.notes.extend(self.skipped.iter().filter(|note| note.text != inputs::TEMPLATE).cloned());
        Ok(generated)
    }
}

/// The published names; none if there is no lock yet.
fn published(file: &Utf8Path) -> Result<Lock, Error> {
    if !file.exists() {
        return Ok(Lock::default());
    }
    Lock::parse_file(file.as_str(), &read(file)?)
}

fn read(path: &Utf8Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| setting(path, error.to_string()))
}

/// The name of the package in a folder, from its Cargo.toml or else from the name of the folder.
pub(crate) fn package_of(folder: &Utf8Path) -> String {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok().and_then(|text| text.parse::<toml::Table>().ok());
    let declared = manifest.as_ref().and_then(|table| table.get("package")?.get("name")?.as_str());
    if let Some(name) = declared {
        return name.to_owned();
    }
    let whole = folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned());
    package_called(whole.file_name().unwrap_or_default())
}

/// A name for a package that cargo accepts, as near to a folder's name as possible.
fn package_called(folder: &str) -> String {
    let words = folder.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    if name.is_empty() {
        return "client".to_owned();
    }
    // Cargo refuses keywords and the names of crates that each program has.
    let is_taken =
        is_keyword(&name) || ["alloc", "core", "proc-macro", "proc_macro", "std", "test"].contains(&name.as_str());
    if is_taken || !name.starts_with(|c: char| c.is_ascii_alphabetic()) { format!("client-{name}") } else { name }
}

pub(super) fn setting(path: &Utf8Path, why: String) -> Error {
    Error::Setting { file: path.to_string(), why }
}

#[cfg(test)]
mod tests {
    use super::package_called;

    #[test]
    fn packages_have_names_that_cargo_accepts() {
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
            assert_eq!(package_called(folder), package, "{folder}");
        }
    }
}
