//! The tasks of this repository; `make` has a name for each.

mod codegen;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "The tasks of this repository")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the emitted crate anew from the CRDs
    Codegen(codegen::Paths),
    /// Tell whether the emitted crate is what codegen would write; changes nothing. Exit code 1: it is not; 2: an error
    VerifyCodegen(codegen::Paths),
}

fn main() -> ExitCode {
    match Cli::parse().task {
        Task::Codegen(paths) => codegen::run(&paths, codegen::Mode::Write),
        Task::VerifyCodegen(paths) => codegen::run(&paths, codegen::Mode::Check),
    }
}
