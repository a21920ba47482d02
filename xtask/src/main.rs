//! Tasks of this repository; each has a `make` target.

mod bench;
mod book;
mod cargo;
mod clients;
mod codegen;
mod control_plane;
mod corpus;
mod e2e;
mod fuzz;
mod in_memory;
mod judges;
mod kinds;
mod outside;
mod shards;
mod soak;
mod test;
mod yaml;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Tasks of this repository")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate the emitted crate from the CRDs
    Codegen(codegen::Paths),
    /// Check that the emitted crate is up to date, without changing it. Exit code 1: out of date; 2: error
    VerifyCodegen(codegen::Paths),
    /// Generate, compile and exercise a client for each project of a tree of CRDs. Exit code 1: a project failed
    Corpus(corpus::Arguments),
    /// Start or stop a local etcd and kube-apiserver
    ControlPlane {
        #[command(subcommand)]
        verb: control_plane::Verb,
    },
    /// Run all tests that need no API server, including those that need optional tools that are installed
    Test,
    /// Run the end-to-end suite on a temporary control plane
    E2e {
        /// Arguments of the test program, such as a test name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Send the same random requests to the in-memory server and to a real one: --ops N --seed S [--crds PATH…]
    Differential {
        /// Arguments of the program; see `--help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Fuzz the reader, the generator or the in-memory server: no panics, bounded time and output
    Fuzz(fuzz::Arguments),
    /// Write the facts about built-in kinds that the in-memory server contains (needs Go)
    Kinds(kinds::Arguments),
    /// Compare the YAML reader with the libraries of Kubernetes on random documents (needs Go)
    YamlDifferential(yaml::Arguments),
    /// Run all comparisons with other projects, and write their report
    Bench(bench::Arguments),
    /// Render the book of docs/ (needs mdBook), and check its links
    Book,
    /// Run docs/your-own-crds.md, docs/quick-start.md, init and the examples in a clean environment, with our packaged crates
    Outside,
    /// Run the programs of examples/clients in Go, Java, JavaScript and Python, or those named, with an in-memory server
    Clients { languages: Vec<String> },
    /// Run test suites of other projects on the in-memory server, or on that of --kubeconfig, and compare with tests/judges
    Judges(judges::Arguments),
    /// Check that replicas that divide the objects reconcile each once while they crash and stop, or measure them (--scale)
    Shards(shards::Arguments),
    /// Check that informers miss no events while the servers of a control plane fail repeatedly
    Soak {
        /// Duration in minutes
        #[arg(long, default_value_t = 5)]
        minutes: u64,
        /// Seed of the random numbers
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn main() -> ExitCode {
    match Cli::parse().task {
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Book => book::run(),
        Task::Clients { languages } => clients::run(&languages),
        Task::Codegen(paths) => codegen::run(&paths, codegen::Mode::Write),
        Task::VerifyCodegen(paths) => codegen::run(&paths, codegen::Mode::Check),
        Task::Corpus(arguments) => corpus::run(&arguments),
        Task::ControlPlane { verb } => control_plane::run(&verb),
        Task::Test => test::run(),
        Task::E2e { arguments } => e2e::run(&arguments),
        Task::Differential { arguments } => e2e::differential(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Kinds(arguments) => kinds::run(&arguments),
        Task::YamlDifferential(arguments) => yaml::run(&arguments),
        Task::Judges(arguments) => judges::run(&arguments),
        Task::Outside => outside::run(),
        Task::Shards(arguments) => shards::run(&arguments),
        Task::Soak { minutes, seed } => soak::run(minutes, seed),
    }
}
