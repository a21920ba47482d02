//! Generation from a build script or an xtask.

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::Errors;
use crate::sync::{Difference, Mode, Project, Report, SyncError, sync};

/// Generates the sources of a crate. Settings of this builder override codegen.toml.
///
/// In a build script, [`Build::in_build_script`]; the crate then takes the module in with
/// `include!(concat!(env!("OUT_DIR"), "/client.rs"));`.
///
/// ```no_run
/// # mod build_script {
/// fn main() -> Result<(), kube_client_gen::BuildError> {
///     kube_client_gen::Build::new("codegen.toml").in_build_script()?;
///     Ok(())
/// }
/// # }
/// ```
///
/// In an xtask, which writes the sources into the repository: [`Build::write`], and [`Build::check`] to detect drift.
#[derive(Clone, Debug)]
pub struct Build {
    config: Utf8PathBuf,
    crds: Vec<Utf8PathBuf>,
    out: Option<Utf8PathBuf>,
}

/// The error of a [`Build`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Sources, configuration or lock are wrong.
    #[error(transparent)]
    Generate(#[from] Errors),
    /// A file could not be read or written.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// `OUT_DIR` is not set.
    #[error("OUT_DIR is not set: this is for build scripts; elsewhere use Build::write")]
    NoOutDir,
}

impl Build {
    /// A build with this codegen.toml.
    pub fn new(config: impl Into<Utf8PathBuf>) -> Self {
        Build { config: config.into(), crds: Vec::new(), out: None }
    }

    /// Sets files or folders of CRDs in place of those in the configuration.
    pub fn crds<P: Into<Utf8PathBuf>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.crds.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Sets the folder of the emitted crate in place of the one in the configuration.
    pub fn out(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.out = Some(folder.into());
        self
    }

    /// Writes the files that differ, and returns the differences.
    ///
    /// # Errors
    /// If something cannot be generated or written.
    pub fn write(&self) -> Result<Vec<Difference>, BuildError> {
        let project = Project::open(&self.config, &self.crds, self.out.as_deref())?;
        Ok(sync(&project.generate()?, &project.config, &project.target, Mode::Write)?)
    }

    /// Compares the files with what the generator writes, and changes nothing. The report is printed with `Display`.
    ///
    /// # Errors
    /// If something cannot be generated, or if a file cannot be read.
    pub fn check(&self) -> Result<Report, BuildError> {
        let project = Project::open(&self.config, &self.crds, self.out.as_deref())?;
        Ok(project.check(&project.generate()?)?)
    }

    /// Writes the sources below `OUT_DIR` and beside them `client.rs`, which holds them as the module `client`, and tells
    /// cargo on which files they depend. All versions are compiled, as if `all-versions` were set. The lock beside
    /// codegen.toml is read and stays as it is.
    ///
    /// # Errors
    /// If something cannot be generated or written, or if `OUT_DIR` is not set.
    pub fn in_build_script(&self) -> Result<(), BuildError> {
        let folder = Utf8PathBuf::from(std::env::var("OUT_DIR").map_err(|_| BuildError::NoOutDir)?);
        let out = folder.join("client");
        let mut project = Project::open(&self.config, &self.crds, Some(&out))?;
        for file in project.inputs(&self.config) {
            println!("cargo::rerun-if-changed={file}");
        }
        project.target.lock = out.join(crate::LOCK_FILE);
        // The program's own features are the program's.
        project.config.all_versions = true;
        let generated = project.generate()?;
        generated.notes.iter().for_each(|note| println!("cargo::warning={note}"));
        sync(&generated, &project.config, &project.target, Mode::Write)?;
        // A program uses a part of its client, and declares the features that it uses.
        let module = format!(
            "/// The client that was generated.\n#[allow(dead_code, unexpected_cfgs, unused_imports)]\n#[path = {:?}]\npub mod client;\n",
            out.join("src/lib.rs").as_str()
        );
        let file = folder.join("client.rs");
        let failed = |source| SyncError { action: "write", path: file.clone(), source };
        Ok(std::fs::write(&file, module).map_err(failed)?)
    }
}

impl Project {
    /// The files and folders that the output depends on.
    fn inputs(&self, config: &Utf8Path) -> Vec<Utf8PathBuf> {
        let folder = config.parent().unwrap_or(Utf8Path::new(""));
        let mut inputs = vec![config.to_owned(), folder.join(crate::LOCK_FILE)];
        inputs.extend(self.config.header.as_ref().map(|header| folder.join(header)));
        // A watched folder reports added and removed files.
        let sources = self.sources.iter().map(|source| Utf8PathBuf::from(&source.name));
        let folders = sources.clone().filter_map(|file| file.parent().map(Utf8Path::to_owned));
        inputs.extend(sources.chain(folders).filter(|path| !path.as_str().is_empty()));
        inputs.sort();
        inputs.dedup();
        inputs
    }
}
