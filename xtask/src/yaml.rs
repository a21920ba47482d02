//! The YAML reader, compared with the YAML libraries of Kubernetes.

use std::process::{Command, ExitCode};

use clap::Args;

use crate::control_plane::repository;

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many documents
    #[arg(long, default_value_t = 50_000)]
    documents: u64,
    /// The seed of the random numbers
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

/// Builds the Go program, and runs the test that asks it.
fn compare(arguments: &Arguments) -> Result<(), String> {
    let judge = repository().join("target/yaml-judge");
    let mut build = Command::new("go");
    build.args(["build", "-o", judge.as_str(), "."]).current_dir(repository().join("tests/yaml-judge"));
    succeed(build, "go build: install Go, which builds the libraries to compare with")?;
    let mut test = Command::new("cargo");
    test.args(["test", "--quiet", "--package", "kube-structural-schema", "--lib"]);
    test.args(["yaml::differential", "--", "--ignored"]).current_dir(repository());
    test.env("YAML_JUDGE", judge);
    test.env("YAML_DOCUMENTS", arguments.documents.to_string()).env("YAML_SEED", arguments.seed.to_string());
    succeed(test, "cargo test: the documents above are read in another way than Kubernetes reads them")
}

fn succeed(mut command: Command, failed: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(failed.to_owned()),
        Err(error) => Err(format!("{failed}: {error}")),
    }
}
