//! The program `kube-client-gen` (feature `cli`).

mod compare;
mod explain;
mod generate;
mod init;
mod inputs;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

#[derive(Parser)]
#[command(name = "kube-client-gen", version, about = "Writes Rust client crates from CRDs")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write a client crate, or check that it is up to date (--check)
    Generate(generate::Arguments),
    /// Start a project: a commented codegen.toml and a crate for the output
    Init(init::Arguments),
    /// Explain the name of a type, and list its uses
    Explain(explain::Arguments),
    /// Print the changes of the Rust API between two sets of CRDs. Exit code 0: none or documentation; 1: additions; 2: breaks;
    /// 3: an error
    Diff(compare::Arguments),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Something is not as it should be: drift, additions.
const DIFFERENT: u8 = 1;
/// Something is wrong.
const ERROR: u8 = 2;

type Failed = Box<dyn std::error::Error>;

/// Runs the program with the arguments that it was started with.
pub fn main() -> ExitCode {
    let (outcome, error) = match Cli::parse().verb {
        Verb::Generate(arguments) => (generate::run(&arguments), ERROR),
        Verb::Init(arguments) => (init::run(&arguments), ERROR),
        Verb::Explain(arguments) => (explain::run(&arguments), ERROR),
        Verb::Diff(arguments) => (compare::run(&arguments), compare::ERROR),
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "kube-client-gen", &mut std::io::stdout());
            return ExitCode::SUCCESS;
        }
    };
    outcome.unwrap_or_else(|why| {
        eprintln!("{why}");
        ExitCode::from(error)
    })
}
