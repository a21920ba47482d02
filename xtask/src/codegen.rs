//! `codegen` and `verify-codegen`.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;
use kube_client_gen::{Project, sync};

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
    match run_in(paths, mode) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(ERROR)
        }
    }
}

fn run_in(paths: &Paths, mode: Mode) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let project = Project::open(&paths.config, &paths.crds, paths.out.as_deref())?;
    let generated = project.generate()?;
    if mode == Mode::Check {
        let report = project.check(&generated)?;
        println!("{report}");
        return Ok(if report.is_up_to_date() { ExitCode::SUCCESS } else { ExitCode::from(DRIFT) });
    }
    generated.notes.iter().for_each(|note| eprintln!("note: {note}"));
    let written = sync(&generated, &project.config, &project.target, mode)?;
    println!("{} files written or removed", written.len());
    Ok(ExitCode::SUCCESS)
}
