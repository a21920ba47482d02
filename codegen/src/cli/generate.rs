//! `kube-client-gen generate`

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::inputs::Inputs;
use super::outcome::{CliError, DIFFERENT, print};
use super::watch;
use crate::config::TypesFrom;
use crate::generate::Generated;
use crate::manifest::{CARGO_CONFIG, cargo_config, new_manifest};
use crate::sync::{Change, Difference, Mode, Project, sync};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    /// Folder of the crate; overrides the configuration
    #[arg(long, value_name = "DIR")]
    out: Option<Utf8PathBuf>,
    /// Print the files that differ, and change nothing. Exit code 1: the crate is not up to date
    #[arg(long)]
    check: bool,
    /// Generator of the types of objects; overrides the configuration
    #[arg(long, value_name = "GENERATOR")]
    types: Option<TypesFrom>,
    /// Generate again after each change of the CRDs or the configuration, until the program is stopped
    #[arg(long, conflicts_with = "check")]
    watch: bool,
    /// If the crate has no Cargo.toml, also write one, and a .cargo/config.toml for builds of the crate alone
    #[arg(long)]
    manifest: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    if arguments.out.is_none() && arguments.inputs.config_file().is_none() {
        return Err("no output directory: pass --out DIR, or write a codegen.toml (kube-client-gen init)".into());
    }
    if arguments.watch {
        watch::run(&arguments.inputs, || generate(arguments).map(drop))?;
    }
    generate(arguments)
}

fn generate(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let mut project = arguments.inputs.project(arguments.out.as_deref())?;
    project.config.types_from = arguments.types.unwrap_or(project.config.types_from);
    let generated = project.generate()?;
    let new_files = if arguments.manifest { new_files(&project, &generated) } else { Vec::new() };
    if arguments.check {
        let mut report = project.check(&generated)?;
        let missing = |(path, text)| Difference { path, change: Change::Missing { text } };
        report.differences.extend(new_files.into_iter().map(missing));
        print(&format!("{report}\n"))?;
        return Ok(if report.is_up_to_date() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) });
    }
    let differences = sync(&generated, &project.config, &project.target, Mode::Write)?;
    generated.notes.iter().for_each(|note| eprintln!("note: {note}"));
    for (path, text) in &new_files {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text).map_err(|error| format!("{path}: {error}"))?;
    }
    print(&format!("{} files written or removed in {}\n", differences.len() + new_files.len(), project.target.out))?;
    if !project.target.out.join("Cargo.toml").exists() {
        print("the crate has no Cargo.toml: pass --manifest to write one\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns a Cargo.toml, if the crate has none, and the Kubernetes version for builds of the crate alone.
fn new_files(project: &Project, generated: &Generated) -> Vec<(Utf8PathBuf, String)> {
    let manifest = project.target.out.join("Cargo.toml");
    if manifest.exists() {
        return Vec::new();
    }
    let package = project.config.package.as_deref().unwrap_or_default();
    let mut files = vec![(manifest, new_manifest(package, &generated.dependencies, &generated.features))];
    let cargo = project.target.out.join(CARGO_CONFIG);
    if !cargo.exists() {
        files.push((cargo, cargo_config()));
    }
    files
}
