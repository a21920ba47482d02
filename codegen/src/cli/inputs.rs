//! Sources of CRDs: files, folders, standard input, a cluster.

use std::io::Read;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Failed;
use crate::{Project, Source};

/// Where CRDs and configuration are.
#[derive(Args, Default)]
pub(super) struct Inputs {
    /// Files or folders of CRDs (YAML or JSON, also lists and charts); `-` is standard input. Without any, those of the
    /// configuration
    #[arg(value_name = "PATH")]
    pub(super) crds: Vec<Utf8PathBuf>,
    /// CRDs of the cluster that kubectl talks to, by name
    #[arg(long, value_name = "CRD", num_args = 1..)]
    pub(super) cluster: Vec<String>,
    /// The configuration; without it, codegen.toml where there is one
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<Utf8PathBuf>,
}

/// The configuration that is looked for.
const CONFIG: &str = "codegen.toml";

impl Inputs {
    /// The configuration's file, if there is one.
    pub(super) fn config_file(&self) -> Option<Utf8PathBuf> {
        let usual = || Utf8Path::new(CONFIG).exists().then(|| Utf8PathBuf::from(CONFIG));
        self.config.clone().or_else(usual)
    }

    /// Returns the project; `out` overrides the configuration.
    pub(super) fn project(&self, out: Option<&Utf8Path>) -> Result<Project, Failed> {
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
            project.sources.push(of_cluster(name)?);
        }
        if project.sources.is_empty() && !named {
            return Err("no CRDs: there is no codegen.toml here; name files or folders, `-` for standard input, or --cluster CRD".into());
        }
        Ok(project)
    }
}

/// A CRD of a cluster, read with kubectl and its configuration, contexts and credential plugins.
fn of_cluster(name: &str) -> Result<Source, Failed> {
    let asked = Command::new("kubectl").args(["get", "customresourcedefinition", name, "--output", "json"]).output();
    let answer = asked.map_err(|error| {
        format!("--cluster needs kubectl, which cannot be started: {error}; install kubectl, or pass the CRD as a file")
    })?;
    if !answer.status.success() {
        return Err(refused(name, &String::from_utf8_lossy(&answer.stderr)).into());
    }
    Ok(Source::new(format!("the cluster's {name}"), answer.stdout))
}

/// Why kubectl did not print a CRD.
fn refused(name: &str, stderr: &str) -> String {
    // Before its last line, kubectl logs each attempt to read the API's groups.
    let why = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("kubectl printed no error").trim();
    if why.contains("(NotFound)") {
        format!("the cluster has no CustomResourceDefinition {name}; kubectl get crd lists those that it has")
    } else if why.contains("(Forbidden)") || why.contains("(Unauthorized)") {
        format!("the cluster does not let you read the CustomResourceDefinition {name}: {why}")
    } else {
        format!(
            "kubectl cannot reach the cluster: {why}; check kubectl config current-context and kubectl cluster-info"
        )
    }
}
