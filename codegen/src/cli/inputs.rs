//! Where CRDs come from: files, folders, standard input, a cluster.

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

    /// Everything that generation needs; `out` takes the place of what the configuration says.
    pub(super) fn project(&self, out: Option<&Utf8Path>) -> Result<Project, Failed> {
        let named = !self.crds.is_empty() || !self.cluster.is_empty();
        let files: Vec<Utf8PathBuf> = self.crds.iter().filter(|path| *path != "-").cloned().collect();
        let mut project = match self.config_file() {
            Some(file) if named => Project::open_with(&file, Vec::new(), out)?,
            Some(file) => return Ok(Project::open(&file, &[], out)?),
            None => Project::without_config(Vec::new(), out.unwrap_or(Utf8Path::new(".")))?,
        };
        project.sources = crate::sync::sources(&files)?;
        if self.crds.iter().any(|path| path == "-") {
            let mut text = Vec::new();
            std::io::stdin().read_to_end(&mut text)?;
            project.sources.push(Source::new("standard input", text));
        }
        for name in &self.cluster {
            project.sources.push(of_cluster(name)?);
        }
        if project.sources.is_empty() && !named {
            return Err("no CRDs are named and there is no codegen.toml; name files or folders, `-` for standard input, or --cluster".into());
        }
        Ok(project)
    }
}

/// A CRD of a cluster, as kubectl gives it: with kubectl's own configuration, contexts and plugins for credentials.
fn of_cluster(name: &str) -> Result<Source, Failed> {
    let asked = Command::new("kubectl").args(["get", "customresourcedefinition", name, "--output", "json"]).output();
    let answer =
        asked.map_err(|error| format!("kubectl does not start: {error}; --cluster asks the cluster through it"))?;
    if !answer.status.success() {
        let why = String::from_utf8_lossy(&answer.stderr);
        return Err(format!("kubectl has no CRD {name}: {}", why.trim()).into());
    }
    Ok(Source::new(format!("the cluster's {name}"), answer.stdout))
}
