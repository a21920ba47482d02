//! Compares the YAML reader with the YAML libraries of Kubernetes.

use std::process::{Command, ExitCode};

use clap::Args;

use crate::cargo::cargo;
use crate::control_plane::repository;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of documents
    #[arg(long, default_value_t = 50_000)]
    documents: u64,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match compare(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Builds the Go program and runs the test that uses it.
fn compare(arguments: &Arguments) -> Result<(), String> {
    let reference = repository().join("target/yaml-reference");
    let mut build = Command::new("go");
    build.args(["build", "-o", reference.as_str(), "."]).current_dir(repository().join("tests/yaml-reference"));
    succeed(build, "go build failed: Go is needed to build the reference libraries")?;
    let mut test = cargo();
    test.args(["test", "--quiet", "--package", "kube-structural-schema", "--lib"]);
    test.args(["yaml::differential", "--", "--ignored"]).current_dir(repository());
    test.env("YAML_REFERENCE", reference);
    test.env("YAML_DOCUMENTS", arguments.documents.to_string()).env("YAML_SEED", arguments.seed.to_string());
    succeed(test, "cargo test failed: the documents above are decoded differently by Kubernetes")
}

fn succeed(mut command: Command, message: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(message.to_owned()),
        Err(error) => Err(format!("{message}: {error}")),
    }
}
