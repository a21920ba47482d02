//! `kube-client-gen diff`

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::inputs::Inputs;
use super::{DIFFERENT, Failed};
use crate::{Generated, Severity, surface_changes};

#[derive(Args)]
pub(super) struct Arguments {
    /// File or folder of the CRDs as they were
    old: Utf8PathBuf,
    /// File or folder of the old CRDs
    new: Utf8PathBuf,
    /// The configuration for both; without it, codegen.toml where there is one
    #[arg(long, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    /// Leave out documentation changes
    #[arg(long)]
    no_docs: bool,
}

const BREAKING: u8 = 2;
pub(super) const ERROR: u8 = 3;

/// The output without changes.
const SAME: &str = "the Rust API is the same";

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failed> {
    let old = generated(arguments, &arguments.old, None)?;
    // Names that the old CRDs have published are kept.
    let new = generated(arguments, &arguments.new, Some(&old))?;
    let mut changes = surface_changes(&old.tree, &new.tree);
    changes.retain(|change| !(arguments.no_docs && change.severity == Severity::Docs));
    changes.sort_by_key(|change| std::cmp::Reverse(change.severity));
    changes.iter().for_each(|change| println!("{change}"));
    Ok(match changes.iter().map(|change| change.severity).max() {
        Some(Severity::Breaking) => ExitCode::from(BREAKING),
        Some(Severity::Additive) => ExitCode::from(DIFFERENT),
        Some(Severity::Docs) => ExitCode::SUCCESS,
        None => {
            println!("{SAME}");
            ExitCode::SUCCESS
        }
    })
}

fn generated(arguments: &Arguments, crds: &Utf8Path, before: Option<&Generated>) -> Result<Generated, Failed> {
    let inputs = Inputs { crds: vec![crds.to_owned()], config: arguments.config.clone(), ..Inputs::default() };
    let mut project = inputs.project(None)?;
    if let Some(before) = before {
        project.lock = before.lock.clone();
    }
    Ok(project.generate_without_crate()?)
}
