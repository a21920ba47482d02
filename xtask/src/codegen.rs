//! `codegen` and `verify-codegen`.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;
use kube_client_gen::{Difference, Project, sync};

pub(crate) use kube_client_gen::Mode;

/// Paths of the CRDs, the configuration and the emitted crate.
#[derive(Args)]
pub(crate) struct Paths {
    /// Files or folders of CRDs; overrides the configuration
    #[arg(long, value_name = "PATH", num_args = 1..)]
    crds: Vec<Utf8PathBuf>,
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = "codegen.toml")]
    config: Utf8PathBuf,
    /// Folder of the emitted crate; overrides the configuration
    #[arg(long, value_name = "DIR")]
    out: Option<Utf8PathBuf>,
}

// Exit codes as in diff.
const DRIFT: u8 = 1;
const ERROR: u8 = 2;

pub(crate) fn run(paths: &Paths, mode: Mode) -> ExitCode {
    match differences(paths, mode) {
        Ok(differences) => report(&differences, mode),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(ERROR)
        }
    }
}

fn differences(paths: &Paths, mode: Mode) -> Result<Vec<Difference>, Box<dyn std::error::Error>> {
    let project = Project::open(&paths.config, &paths.crds, paths.out.as_deref())?;
    let generated = project.generate()?;
    if mode == Mode::Write {
        generated.notes.iter().for_each(|note| eprintln!("note: {note}"));
    }
    Ok(sync(&generated, &project.config, &project.target, mode)?)
}

fn report(differences: &[Difference], mode: Mode) -> ExitCode {
    match mode {
        Mode::Write => {
            println!("{} files written or removed", differences.len());
            ExitCode::SUCCESS
        }
        Mode::Check if differences.is_empty() => {
            println!("the generated files are up to date");
            ExitCode::SUCCESS
        }
        Mode::Check => {
            differences.iter().for_each(|difference| print!("{difference}"));
            println!(
                "\n{} files differ from the generator's output; run `make codegen` and commit the result",
                differences.len()
            );
            ExitCode::from(DRIFT)
        }
    }
}
