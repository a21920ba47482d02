//! `test`: all tests that need no API server, including those that need optional tools or folders.
//!
//! Tests with such requirements are marked `#[ignore = "needs TOOL"]` and listed in [`TESTS`], so that a plain `cargo test`
//! reports them as ignored, and this task runs them where the requirement is met.

use std::process::{Command, ExitCode};

use crate::cargo::cargo;
use crate::control_plane::repository;

/// A tool or folder that some tests need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requirement {
    Go,
    Kubectl,
    Kopium,
    Corpus,
    Upstream,
}

/// Version of kopium that generated the committed types.
const KOPIUM: &str = "kopium 0.24.1";

impl Requirement {
    const ALL: [Requirement; 5] =
        [Requirement::Go, Requirement::Kubectl, Requirement::Kopium, Requirement::Corpus, Requirement::Upstream];

    /// The name in `#[ignore = "needs NAME"]`.
    fn name(self) -> &'static str {
        match self {
            Requirement::Go => "Go",
            Requirement::Kubectl => "kubectl",
            Requirement::Kopium => KOPIUM,
            Requirement::Corpus => "../shared/corpus",
            Requirement::Upstream => "../shared/upstream",
        }
    }

    /// Why the requirement is not met.
    pub(crate) fn missing(self) -> Option<String> {
        let runs = |program: &str, argument: &str| {
            Command::new(program).arg(argument).output().ok().filter(|output| output.status.success())
        };
        let is_met = match self {
            Requirement::Go => runs("go", "version").is_some(),
            Requirement::Kubectl => runs("kubectl", "--help").is_some(),
            Requirement::Kopium => runs("kopium", "--version")
                .is_some_and(|output| String::from_utf8_lossy(&output.stdout).trim() == KOPIUM),
            Requirement::Corpus | Requirement::Upstream => repository().join(self.name()).exists(),
        };
        let state = match self {
            Requirement::Corpus | Requirement::Upstream => "does not exist",
            _ => "is not installed",
        };
        (!is_met).then(|| format!("{} {state}", self.name()))
    }
}

/// A test with a requirement: package, test target and path of the test.
type Test = (Requirement, &'static str, &'static str, &'static str);

const TESTS: [Test; 14] = [
    (Requirement::Go, "integration-tests", "clients", "client_go_informer_receives_all_events"),
    (Requirement::Go, "integration-tests", "election", "candidates_of_client_go_compete_with_ours"),
    (Requirement::Kubectl, "integration-tests", "clients", "kubectl_commands_succeed"),
    (Requirement::Kubectl, "integration-tests", "clients", "kubectl_shares_apply_sets_in_memory"),
    (Requirement::Kopium, "integration-tests", "kopium", "kopium_client_is_up_to_date"),
    (Requirement::Corpus, "kube-client-gen", "generate", "stability::real_histories_have_no_breaking_changes"),
    (Requirement::Upstream, "aigwctl", "aigwctl", "lint::upstream_examples_have_no_findings"),
    (Requirement::Upstream, "aigwctl", "aigwctl", "validate::upstream_examples_have_only_known_problems"),
    (Requirement::Upstream, "round-trip-tests", "round_trip", "upstream_examples_are_unchanged"),
    (Requirement::Upstream, "integration-tests", "crds", "crds_equal_upstream_except_for_descriptions"),
    (Requirement::Upstream, "integration-tests", "crds", "descriptions_do_not_copy_upstream"),
    (Requirement::Upstream, "integration-tests", "crds", "number_of_descriptions_equals_upstream"),
    (Requirement::Upstream, "integration-tests", "crds", "upstream_crds_generate_the_same_code"),
    (Requirement::Upstream, "integration-tests", "e2e", "suite::round_trip::upstream_examples_are_unchanged"),
];

pub(crate) fn run() -> ExitCode {
    let mut succeeded = cargo_test(&["--workspace"])
        && cargo_test(&["--package", "round-trip-tests", "--features", "exotic-serde-json"])
        && cargo_test(&[
            "--workspace",
            "--features",
            "kube-client-gen/cli",
            "--test",
            "program",
            "--test",
            "getting_started",
        ])
        && our_corpus();
    for requirement in Requirement::ALL {
        match requirement.missing() {
            Some(reason) => println!("skipped: tests that need {}, because {reason}", requirement.name()),
            None => succeeded &= run_tests_of(requirement),
        }
    }
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Generates, compiles and exercises clients of our own corpus.
fn our_corpus() -> bool {
    println!("== cargo xtask corpus --crds tests/corpus");
    let arguments = ["xtask", "corpus", "--crds", "tests/corpus"];
    cargo().args(arguments).current_dir(repository()).status().is_ok_and(|status| status.success())
}

/// Runs the tests with a requirement that is met.
fn run_tests_of(requirement: Requirement) -> bool {
    let tests: Vec<&Test> = TESTS.iter().filter(|test| test.0 == requirement).collect();
    tests.chunk_by(|one, other| (one.1, one.2) == (other.1, other.2)).all(|tests| {
        let target = tests[0].2;
        // Features are those of `cargo test --workspace`, so that nothing is compiled again.
        let mut arguments = vec!["--workspace", "--test", target, "--", "--ignored", "--exact"];
        arguments.extend(tests.iter().map(|test| test.3));
        cargo_test(&arguments)
    })
}

/// Arguments of the end-to-end suite and of the elections: all tests, without those whose requirement is not met.
pub(crate) fn e2e_arguments() -> Vec<String> {
    let mut arguments = vec!["--include-ignored".to_owned()];
    for (requirement, .., path) in TESTS.iter().filter(|test| matches!(test.2, "e2e" | "election")) {
        if let Some(reason) = requirement.missing() {
            println!("skipped: {path}, because {reason}");
            arguments.extend(["--skip".to_owned(), (*path).to_owned()]);
        }
    }
    arguments
}

fn cargo_test(arguments: &[&str]) -> bool {
    println!("== cargo test {}", arguments.join(" "));
    let status = cargo().arg("test").args(arguments).current_dir(repository()).status();
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::Utf8Path;

    use super::*;

    /// Collects requirement and function name of ignored tests.
    fn collect(folder: &Utf8Path, found: &mut Vec<(String, String)>) {
        for entry in folder.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() && !matches!(path.file_name(), Some("target" | ".git")) {
                collect(&path, found);
            } else if path.extension() == Some("rs") && !path.ends_with("xtask/src/test.rs") {
                let text = fs::read_to_string(&path).unwrap();
                for after in text.split("#[ignore = \"needs ").skip(1) {
                    let requirement = after.split('"').next().unwrap_or_default();
                    let name = after.split("fn ").nth(1).and_then(|after| after.split('(').next()).unwrap_or_default();
                    found.push((requirement.to_owned(), name.to_owned()));
                }
            }
        }
    }

    #[test]
    fn table_contains_all_ignored_tests() {
        let mut found = Vec::new();
        collect(&repository(), &mut found);
        // Other tasks run tests whose reason names a command.
        found.retain(|(requirement, _)| !requirement.contains(": run "));
        let mut expected: Vec<(String, String)> = TESTS
            .iter()
            .map(|test| (test.0.name().to_owned(), test.3.rsplit("::").next().unwrap_or_default().to_owned()))
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}
