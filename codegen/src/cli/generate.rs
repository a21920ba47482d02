//! `kube-client-gen generate`

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::inputs::Inputs;
use super::{DIFFERENT, Failed};
use crate::{Mode, TypesFrom, new_manifest, sync};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    /// The folder of the crate, in place of what the configuration says
    #[arg(long, value_name = "DIR")]
    out: Option<Utf8PathBuf>,
    /// Change nothing; tell what would. Exit code 1: the crate is not what would be written
    #[arg(long)]
    check: bool,
    /// Who writes the types of objects: this program, or kopium, in place of what the configuration says
    #[arg(long, value_name = "WHO")]
    types: Option<TypesFrom>,
    /// Also write a Cargo.toml where the crate has none
    #[arg(long)]
    manifest: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failed> {
    if arguments.out.is_none() && arguments.inputs.config_file().is_none() {
        return Err("where shall the crate go? Say --out DIR, or write a codegen.toml (kube-client-gen init)".into());
    }
    let mut project = arguments.inputs.project(arguments.out.as_deref())?;
    project.config.types_from = arguments.types.unwrap_or(project.config.types_from);
    let generated = project.generate()?;
    let mode = if arguments.check { Mode::Check } else { Mode::Write };
    let differences = sync(&generated, &project.config, &project.target, mode)?;
    let manifest = project.target.out.join("Cargo.toml");
    let writes_manifest = arguments.manifest && !manifest.exists();
    if arguments.check {
        differences.iter().for_each(|difference| print!("{difference}"));
        let is_different = !differences.is_empty() || writes_manifest;
        return Ok(if is_different { ExitCode::from(DIFFERENT) } else { ExitCode::SUCCESS });
    }
    generated.notes.iter().for_each(|note| eprintln!("note: {note}"));
    if writes_manifest {
        let package = project.config.package.clone().unwrap_or_else(|| name_of(&project.target.out));
        std::fs::write(&manifest, new_manifest(&package, &generated.dependencies, &generated.features))?;
    }
    println!("{} files written or removed in {}", differences.len() + usize::from(writes_manifest), project.target.out);
    if !manifest.exists() {
        println!("the crate has no Cargo.toml yet: --manifest writes one");
    }
    Ok(ExitCode::SUCCESS)
}

/// A package's name after its folder.
fn name_of(folder: &Utf8Path) -> String {
    let whole = folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned());
    let name: String = whole
        .file_name()
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("client-{name}") }
}
