//! The program `kube-client-gen` (feature `cli`).

mod compare;
mod explain;
mod generate;
mod init;
mod inputs;
mod lint;
mod outcome;
mod schema;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::outcome::ERROR;

#[derive(Parser)]
#[command(name = "kube-client-gen", version, about = "Generates Rust client crates from Kubernetes CRDs")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generate a client crate, or check that it is up to date (--check)
    Generate(generate::Arguments),
    /// Create a project: a commented codegen.toml and a crate for the output
    Init(init::Arguments),
    /// Print the origin of a type's name, and the uses of the type
    Explain(explain::Arguments),
    /// Print the changes of the Rust API between two sets of CRDs. Exit code 0: no changes, or only documentation; 1:
    /// additions; 2: breaking changes; 3: an error
    Diff(compare::Arguments),
    /// Report what the API server refuses in CRDs, and what clients in Rust cannot express. Exit code 1: errors
    Lint(lint::Arguments),
    /// Print the JSON schema of codegen.toml, for editors
    Schema,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let (outcome, error) = match Cli::parse().command {
        Command::Generate(arguments) => (generate::run(&arguments), ERROR),
        Command::Init(arguments) => (init::run(&arguments), ERROR),
        Command::Explain(arguments) => (explain::run(&arguments), ERROR),
        Command::Diff(arguments) => (compare::run(&arguments), compare::ERROR),
        Command::Lint(arguments) => (lint::run(&arguments), ERROR),
        Command::Schema => (schema::run(), ERROR),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "kube-client-gen", &mut std::io::stdout());
            return ExitCode::SUCCESS;
        }
    };
    outcome.unwrap_or_else(|reason| {
        eprintln!("{reason}");
        ExitCode::from(error)
    })
}
