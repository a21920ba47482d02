//! Sources of CRDs: files, folders, standard input, a cluster.

use std::io::Read;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use kube_structural_schema::Source;

use super::outcome::CliError;
use crate::config::Config;
use crate::sync::{Project, input_files};

/// Arguments for CRDs and configuration.
#[derive(Args, Default)]
pub(super) struct Inputs {
    /// Files or folders of CRDs (YAML or JSON, also lists and charts); `-` is standard input [default: those of the
    /// configuration]
    #[arg(value_name = "PATH")]
    pub(super) crds: Vec<Utf8PathBuf>,
    /// CRDs of kubectl's current cluster, by name
    #[arg(long, value_name = "CRD", num_args = 1..)]
    pub(super) cluster: Vec<String>,
    /// Configuration [default: codegen.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<Utf8PathBuf>,
    /// Repair schemas that the API server rejects, with a note for each change
    #[arg(long)]
    pub(super) lenient: bool,
}

/// The default configuration.
const CONFIG: &str = "codegen.toml";

impl Inputs {
    /// Returns the configuration's file, if any.
    pub(super) fn config_file(&self) -> Option<Utf8PathBuf> {
        let default = || Utf8Path::new(CONFIG).exists().then(|| Utf8PathBuf::from(CONFIG));
        self.config.clone().or_else(default)
    }

    /// Reads the project; `out` overrides the configuration.
    pub(super) fn project(&self, out: Option<&Utf8Path>) -> Result<Project, CliError> {
        let mut project = self.with_sources(out)?;
        project.config.lenient |= self.lenient;
        Ok(project)
    }

    /// Reads the project for a command that writes nothing: its configuration may have no output, as that of a build script.
    pub(super) fn project_to_read(&self) -> Result<Project, CliError> {
        let config = self.config_file().and_then(|file| std::fs::read_to_string(file).ok());
        let has_no_output =
            config.and_then(|text| Config::parse(&text).ok()).is_some_and(|config| config.out.is_none());
        self.project(has_no_output.then_some(Utf8Path::new("client")))
    }

    /// Returns the files that [`project`](Self::project) reads; those that it cannot find are missing.
    pub(super) fn files(&self) -> Vec<Utf8PathBuf> {
        let mut files = Vec::new();
        let mut crds = self.crds.clone();
        let mut out = Utf8PathBuf::new();
        if let Some(file) = self.config_file() {
            let folder = file.parent().unwrap_or(Utf8Path::new("")).to_owned();
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let config = Config::parse(&text).unwrap_or_default();
            if crds.is_empty() {
                crds = config.crds.iter().map(|path| folder.join(path)).collect();
            }
            out = config.out.map(|out| folder.join(out)).unwrap_or_default();
            files.extend(config.header.map(|header| folder.join(header)));
            files.push(file);
        }
        files.extend(input_files(&crds, &out));
        files
    }

    fn with_sources(&self, out: Option<&Utf8Path>) -> Result<Project, CliError> {
        let named = !self.crds.is_empty() || !self.cluster.is_empty();
        let files: Vec<Utf8PathBuf> = self.crds.iter().filter(|path| *path != "-").cloned().collect();
        let mut project = match self.config_file() {
            Some(file) if named => Project::open_with(&file, Vec::new(), out)?,
            Some(file) => return Ok(Project::open(&file, &[], out)?),
            None => Project::without_config(Vec::new(), out.unwrap_or(Utf8Path::new(".")))?,
        };
        project.load(&files)?;
        if self.crds.iter().any(|path| path == "-") {
            let mut text = Vec::new();
            std::io::stdin().read_to_end(&mut text)?;
            project.sources.push(Source::new("standard input", text));
        }
        for name in &self.cluster {
            project.sources.push(from_cluster(name)?);
        }
        if project.sources.is_empty() && !named {
            return Err(
                "no CRDs: codegen.toml does not exist; pass files or folders, `-` for standard input, or --cluster CRD"
                    .into(),
            );
        }
        Ok(project)
    }
}

/// Reads a CRD of a cluster with kubectl, which supports contexts and credential plugins.
fn from_cluster(name: &str) -> Result<Source, CliError> {
    let output = Command::new("kubectl").args(["get", "customresourcedefinition", name, "--output", "json"]).output();
    let output = output.map_err(|error| {
        format!("--cluster needs kubectl, which cannot be started: {error}; install kubectl, or pass the CRD as a file")
    })?;
    if !output.status.success() {
        return Err(failure(name, &String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(Source::new(format!("the cluster's {name}"), output.stdout))
}

/// Returns the reason why kubectl did not print a CRD.
fn failure(name: &str, stderr: &str) -> String {
    // kubectl logs each attempt to discover API groups before the last line.
    let reason = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("kubectl printed no error").trim();
    if reason.contains("(NotFound)") {
        format!("the cluster has no CustomResourceDefinition {name}; list the existing ones with kubectl get crd")
    } else if reason.contains("(Forbidden)") || reason.contains("(Unauthorized)") {
        format!("no permission to read the CustomResourceDefinition {name}: {reason}")
    } else {
        format!(
            "kubectl cannot reach the cluster: {reason}; check kubectl config current-context and kubectl cluster-info"
        )
    }
}
