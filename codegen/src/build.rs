//! Generation in a build script or an xtask.

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::Errors;
use crate::lock::{LOCK_FILE, lock_of};
use crate::sync::{Difference, Mode, Project, Report, SyncError, sync};

/// Generates a client from a `codegen.toml`, in a build script or an xtask.
///
/// A build script calls [`Build::in_build_script`]; the program then includes the module with
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
/// An xtask, for sources in the repository, calls [`Build::write`], and [`Build::check`] to detect drift.
#[derive(Clone, Debug)]
pub struct Build {
    config: Utf8PathBuf,
    crds: Vec<Utf8PathBuf>,
    out: Option<Utf8PathBuf>,
}

/// An error of a [`Build`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The sources, the configuration or the lock are invalid.
    #[error(transparent)]
    Generate(#[from] Errors),
    /// A file could not be read or written.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// `OUT_DIR` is not set.
    #[error("OUT_DIR is not set: in_build_script is for build scripts; use Build::write elsewhere")]
    NoOutDir,
}

impl Build {
    /// Creates a build from the path of a `codegen.toml`.
    pub fn new(config: impl Into<Utf8PathBuf>) -> Self {
        Build { config: config.into(), crds: Vec::new(), out: None }
    }

    /// Sets the files or folders of CRDs, instead of those of the configuration.
    pub fn crds<P: Into<Utf8PathBuf>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.crds.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Sets the folder of the emitted crate, instead of that of the configuration.
    pub fn out(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.out = Some(folder.into());
        self
    }

    /// Writes the files that differ, and returns the differences.
    ///
    /// # Errors
    /// If the client cannot be generated, or a file cannot be read or written.
    pub fn write(&self) -> Result<Vec<Difference>, BuildError> {
        let project = Project::open(&self.config, &self.crds, self.out.as_deref())?;
        Ok(sync(&project.generate()?, &project.config, &project.target, Mode::Write)?)
    }

    /// Compares the files with a new generation, without changes. The report implements `Display`.
    ///
    /// # Errors
    /// If the client cannot be generated, or a file cannot be read.
    pub fn check(&self) -> Result<Report, BuildError> {
        let project = Project::open(&self.config, &self.crds, self.out.as_deref())?;
        Ok(project.check(&project.generate()?)?)
    }

    /// Writes the sources to `OUT_DIR`, with a file `client.rs` that declares the module `client`. Prints the files they
    /// depend on and the notes as directives for cargo. All versions are compiled, as with `all-versions`. The lock beside
    /// codegen.toml is read, but not written.
    ///
    /// # Errors
    /// If the client cannot be generated, a file cannot be read or written, or `OUT_DIR` is not set.
    pub fn in_build_script(&self) -> Result<(), BuildError> {
        let folder = Utf8PathBuf::from(std::env::var("OUT_DIR").map_err(|_| BuildError::NoOutDir)?);
        self.write_module(&folder, |directive| println!("{directive}"))
    }

    /// Writes the sources and `client.rs` to a folder; calls `print` with each directive for cargo.
    fn write_module(&self, folder: &Utf8Path, mut print: impl FnMut(String)) -> Result<(), BuildError> {
        let out = folder.join("client");
        let mut project = Project::open(&self.config, &self.crds, Some(&out))?;
        for file in project.inputs(&self.config) {
            print(directive("rerun-if-changed", file));
        }
        project.target.lock = out.join(LOCK_FILE);
        // The features of the program are not those of a client crate.
        project.config.all_versions = true;
        let generated = project.generate()?;
        generated.notes.iter().for_each(|note| print(directive("warning", note)));
        sync(&generated, &project.config, &project.target, Mode::Write)?;
        // The program may use a part of the client only, and declares only the features that it needs.
        let module = format!(
            "/// The generated client.\n#[allow(dead_code, unexpected_cfgs, unused_imports)]\n#[path = {:?}]\npub mod client;\n",
            out.join("src/lib.rs").as_str()
        );
        let file = folder.join("client.rs");
        Ok(std::fs::write(&file, module).map_err(SyncError::new("write", &file))?)
    }
}

/// Returns a directive for cargo on one line: notes may contain property names with line breaks.
fn directive(key: &str, value: impl std::fmt::Display) -> String {
    format!("cargo::{key}={value}").replace(char::is_control, " ")
}

impl Project {
    /// Returns the files and folders that the output depends on.
    fn inputs(&self, config: &Utf8Path) -> Vec<Utf8PathBuf> {
        let folder = config.parent().unwrap_or(Utf8Path::new(""));
        let mut inputs = vec![config.to_owned(), lock_of(config)];
        inputs.extend(self.config.header.as_ref().map(|header| folder.join(header)));
        // Folders, for new and deleted files.
        let sources = self.sources.iter().map(|source| Utf8PathBuf::from(&source.name));
        let folders = sources.clone().filter_map(|file| file.parent().map(Utf8Path::to_owned));
        inputs.extend(sources.chain(folders).filter(|path| !path.as_str().is_empty()));
        inputs.sort();
        inputs.dedup();
        inputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {\"a\\ncargo::rustc-cfg=b\": {type: any}}}}}\n";

    #[test]
    fn build_script_prints_inputs_and_notes_as_directives() {
        let folder = tempfile::TempDir::new().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        std::fs::write(folder.join("widgets.yaml"), CRD).unwrap();
        let config = folder.join("codegen.toml");
        let settings = "crds = [\"widgets.yaml\"]\nout = \"client\"\n";
        std::fs::write(&config, format!("{settings}lenient = true\n")).unwrap();
        let out = folder.join("out");
        std::fs::create_dir(&out).unwrap();
        let mut directives = Vec::new();
        Build::new(&config).write_module(&out, |directive| directives.push(directive)).unwrap();
        assert_eq!(
            directives,
            [
                format!("cargo::rerun-if-changed={folder}"),
                format!("cargo::rerun-if-changed={folder}/codegen.lock"),
                format!("cargo::rerun-if-changed={folder}/codegen.toml"),
                format!("cargo::rerun-if-changed={folder}/widgets.yaml"),
                format!(
                    "cargo::warning={folder}/widgets.yaml:13:118: widgets.example.com v1 .spec.a cargo::rustc-cfg=b: \
                     type must be array, boolean, integer, number, object or string, found \"any\"; lenient: any JSON \
                     value is accepted"
                ),
            ]
        );
        let module = std::fs::read_to_string(out.join("client.rs")).unwrap();
        assert!(module.contains(&format!("#[path = \"{out}/client/src/lib.rs\"]\npub mod client;")), "{module}");

        // Inputs are also printed if generation fails: cargo runs the script again after they are fixed.
        std::fs::write(&config, settings).unwrap();
        let mut directives = Vec::new();
        Build::new(&config).write_module(&out, |directive| directives.push(directive)).unwrap_err();
        assert_eq!(directives.len(), 4, "{directives:?}");
    }
}
