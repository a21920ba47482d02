//! The tasks of this repository; `make` has a name for each.

mod codegen;
mod control_plane;
mod corpus;
mod e2e;
mod fuzz;
mod outside;
mod soak;
mod yaml;

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
    /// Generate, compile and exercise a client for every project of a tree of CRDs. Exit code 1: something is not clean
    Corpus(corpus::Arguments),
    /// A real etcd and kube-apiserver on this machine
    ControlPlane {
        #[command(subcommand)]
        verb: control_plane::Verb,
    },
    /// Run the end-to-end suite on a control plane of its own
    E2e {
        /// Arguments for the test program, such as a test's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Send the same random requests to the server in memory and to a real one: --ops N --seed S [--crds PATH…]
    Differential {
        /// Arguments for the program; `--help` shows them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Give changed CRDs to the reader or the whole pipeline, and see that nothing panics and every bound holds
    Fuzz(fuzz::Arguments),
    /// Read random documents of YAML and compare the values with what Kubernetes' own libraries read (needs Go)
    YamlDifferential(yaml::Arguments),
    /// Follow docs/your-own-crds.md, init and the examples in a clean environment, with our crates as they would be published
    Outside,
    /// Let the servers of a control plane fail for some minutes, and see that informers lose nothing
    Soak {
        /// How long
        #[arg(long, default_value_t = 5)]
        minutes: u64,
        /// What chance begins with
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn main() -> ExitCode {
    match Cli::parse().task {
        Task::Codegen(paths) => codegen::run(&paths, codegen::Mode::Write),
        Task::VerifyCodegen(paths) => codegen::run(&paths, codegen::Mode::Check),
        Task::Corpus(arguments) => corpus::run(&arguments),
        Task::ControlPlane { verb } => control_plane::run(&verb),
        Task::E2e { arguments } => e2e::run(&arguments),
        Task::Differential { arguments } => e2e::differential(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::YamlDifferential(arguments) => yaml::run(&arguments),
        Task::Outside => outside::run(),
        Task::Soak { minutes, seed } => soak::run(minutes, seed),
    }
}
