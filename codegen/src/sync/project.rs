//! What generation needs from the disk: configuration, lock, boilerplate and sources.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use kube_structural_schema::Source;

use super::Target;
use crate::error::{Error, Errors};
use crate::generate::generate_or_run;
use crate::manifest::{completed, missing_from_manifest};
use crate::{Config, Generated, Lock};

/// The lock's name; it lies beside codegen.toml.
pub const LOCK_FILE: &str = "codegen.lock";

/// A project's files, read.
#[derive(Clone, Debug)]
pub struct Project {
    /// The configuration.
    pub config: Config,
    /// What is published.
    pub lock: Lock,
    /// The text for the top of every file.
    pub boilerplate: String,
    /// The CRDs.
    pub sources: Vec<Source>,
    /// Where the output goes.
    pub target: Target,
}

impl Project {
    /// Reads the project of a codegen.toml. `crds` and `out` take the place of what it says.
    pub fn open(config_file: &Utf8Path, crds: &[Utf8PathBuf], out: Option<&Utf8Path>) -> Result<Self, Errors> {
        let mut project = Project::open_with(config_file, Vec::new(), out)?;
        let folder = config_file.parent().unwrap_or(Utf8Path::new(""));
        let configured = || project.config.crds.iter().map(|path| folder.join(path)).collect();
        project.sources = sources(&if crds.is_empty() { configured() } else { crds.to_vec() })?;
        Ok(project)
    }

    /// A project without a file: nothing is configured, and the lock lies in the crate.
    pub fn without_config(sources: Vec<Source>, out: &Utf8Path) -> Result<Self, Errors> {
        let target = Target { out: out.to_owned(), lock: out.join(LOCK_FILE) };
        let lock = published(&target.lock)?;
        Ok(Project { config: Config::default(), lock, boilerplate: String::new(), sources, target })
    }

    /// Reads the project of a codegen.toml, with these CRDs.
    pub fn open_with(config_file: &Utf8Path, sources: Vec<Source>, out: Option<&Utf8Path>) -> Result<Self, Errors> {
        let folder = config_file.parent().unwrap_or(Utf8Path::new(""));
        let text = read(config_file)?;
        let config = Config::parse_file(config_file.as_str(), &text)?;
        let out = out.map(Utf8Path::to_owned).or_else(|| config.out.as_ref().map(|out| folder.join(out)));
        let Some(out) = out else {
            return Err(setting(config_file, "out is missing: the folder of the emitted crate".to_owned()).into());
        };
        let boilerplate =
            config.header.as_ref().map(|header| read(&folder.join(header))).transpose()?.unwrap_or_default();
        let lock_file = folder.join(LOCK_FILE);
        let lock = published(&lock_file)?;
        Ok(Project { config, lock, boilerplate, sources, target: Target { out, lock: lock_file } })
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

    /// Generates for those who want to know and not to write.
    pub(crate) fn generate_without_crate(&self) -> Result<Generated, Errors> {
        generate_or_run(&self.sources, &self.config, &self.lock, &self.boilerplate)
    }
}

/// What a lock says; nothing, where there is none yet.
fn published(file: &Utf8Path) -> Result<Lock, Error> {
    if !file.exists() {
        return Ok(Lock::default());
    }
    Lock::parse_file(file.as_str(), &read(file)?)
}

/// All YAML and JSON files of files and folders, named by their paths. In folders, templates of charts are passed over.
pub(crate) fn sources(paths: &[Utf8PathBuf]) -> Result<Vec<Source>, Errors> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { in_folder(path, &mut files)? } else { files.push(path.clone()) }
    }
    files.sort();
    files.dedup();
    let is_named = |file: &Utf8PathBuf| paths.contains(file);
    let mut errors = Vec::new();
    let mut sources = Vec::new();
    for file in files {
        match fs::read(&file) {
            // What a template makes is not known here.
            Ok(text) if !is_named(&file) && text.windows(2).any(|two| two == b"{{") && is_template(&file) => {}
            Ok(text) => sources.push(Source::new(file.as_str(), text)),
            Err(error) => errors.push(setting(&file, error.to_string())),
        }
    }
    if errors.is_empty() { Ok(sources) } else { Err(Errors(errors)) }
}

/// Whether a file is where Helm keeps the templates of a chart; CRDs in plain YAML are in `crds/` beside them.
fn is_template(file: &Utf8Path) -> bool {
    let mut folders = file.ancestors().skip(1);
    folders.any(|folder| folder.file_name() == Some("templates") && folder.with_file_name("Chart.yaml").exists())
}

fn in_folder(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> Result<(), Errors> {
    let failed = |error: std::io::Error| Errors::from(setting(folder, error.to_string()));
    for entry in folder.read_dir_utf8().map_err(failed)? {
        let path = entry.map_err(failed)?.into_path();
        if path.is_dir() {
            in_folder(&path, files)?;
        } else if matches!(path.extension(), Some("yaml" | "yml" | "json")) {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Utf8Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| setting(path, error.to_string()))
}

fn setting(path: &Utf8Path, why: String) -> Error {
    Error::Setting { file: path.to_string(), why }
}
