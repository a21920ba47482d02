//! `kube-client-gen diff`

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::inputs::Inputs;
use super::outcome::{CliError, DIFFERENT, print};
use crate::generate::Generated;
use crate::surface::{Severity, surface_changes};

#[derive(Args)]
pub(super) struct Arguments {
    /// File or folder of the old CRDs
    old: Utf8PathBuf,
    /// File or folder of the new CRDs
    new: Utf8PathBuf,
    /// Configuration for both [default: codegen.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    /// Repair schemas that the API server rejects
    #[arg(long)]
    lenient: bool,
    /// Do not print changes of documentation
    #[arg(long)]
    no_docs: bool,
}

const BREAKING: u8 = 2;
pub(super) const ERROR: u8 = 3;

/// The output without changes.
const SAME: &str = "the Rust API is the same\n";

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let old = generated(arguments, &arguments.old, None)?;
    // Names of the old CRDs are published.
    let new = generated(arguments, &arguments.new, Some(&old))?;
    let mut changes = surface_changes(&old.tree, &new.tree);
    changes.retain(|change| !(arguments.no_docs && change.severity == Severity::Docs));
    changes.sort_by_key(|change| std::cmp::Reverse(change.severity));
    for change in &changes {
        print(&format!("{change}\n"))?;
    }
    Ok(match changes.iter().map(|change| change.severity).max() {
        Some(Severity::Breaking) => ExitCode::from(BREAKING),
        Some(Severity::Additive) => ExitCode::from(DIFFERENT),
        Some(Severity::Docs) => ExitCode::SUCCESS,
        None => {
            print(SAME)?;
            ExitCode::SUCCESS
        }
    })
}

fn generated(arguments: &Arguments, crds: &Utf8Path, before: Option<&Generated>) -> Result<Generated, CliError> {
    let (config, lenient) = (arguments.config.clone(), arguments.lenient);
    let inputs = Inputs { crds: vec![crds.to_owned()], config, lenient, ..Inputs::default() };
    let mut project = inputs.project_to_read()?;
    if let Some(before) = before {
        project.lock = before.lock.clone();
    }
    let generated = project.generate_without_crate()?;
    if project.config.lenient {
        generated.notes.iter().for_each(|note| eprintln!("note: {note}"));
    }
    Ok(generated)
}
