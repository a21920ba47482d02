//! The comparisons: what is compared, what it needs and how it is run.

use crate::test::Requirement;

/// A comparison of ours with other projects. All candidates are measured by one command, alternately.
pub(super) struct Comparison {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    needs: &'static [Requirement],
    pub(super) step: Step,
}

/// How a comparison is run.
pub(super) enum Step {
    /// A program that records its measurements, with arguments, and the variables of quick runs.
    Program {
        program: &'static str,
        full: &'static [&'static str],
        quick: &'static [&'static str],
        environment: &'static [(&'static str, &'static str)],
    },
    /// The end-to-end suite on both servers.
    Suites,
}

impl Comparison {
    /// Why the comparison cannot run here.
    pub(super) fn missing(&self) -> Option<String> {
        self.needs.iter().find_map(|requirement| requirement.missing())
    }
}

const NO_ARGUMENTS: &[&str] = &[];

const fn script(program: &'static str, environment: &'static [(&'static str, &'static str)]) -> Step {
    Step::Program { program, full: NO_ARGUMENTS, quick: NO_ARGUMENTS, environment }
}

/// All comparisons, in the order in which they run.
pub(super) const COMPARISONS: [Comparison; 10] = [
    Comparison {
        name: "generation",
        what: "types of all CRDs of the corpus: ours and kopium",
        needs: &[Requirement::Kopium, Requirement::Corpus],
        step: script("benches/corpus.sh", &[("ROUNDS", "3")]),
    },
    Comparison {
        name: "types",
        what: "lines and types of the corpus: ours and kopium",
        needs: &[Requirement::Kopium, Requirement::Corpus],
        step: script("benches/types.sh", &[]),
    },
    Comparison {
        name: "check",
        what: "cargo check of the types of the corpus: ours and kopium",
        needs: &[Requirement::Kopium, Requirement::Corpus],
        step: script("benches/check.sh", &[("PROJECTS", "c*/*")]),
    },
    Comparison {
        name: "compile",
        what: "cargo check and release build of the AI Gateway types: ours and kopium",
        needs: &[Requirement::Kopium],
        step: script("benches/compile-time.sh", &[]),
    },
    Comparison {
        name: "calls",
        what: "the overhead of a call: ours and kube",
        needs: &[],
        step: Step::Program {
            program: env!("CARGO"),
            full: &["bench", "--package", "client-benches", "--bench", "overhead", "--", "--quick"],
            quick: &["bench", "--package", "client-benches", "--bench", "overhead", "--", "--quick"],
            environment: &[],
        },
    },
    Comparison {
        name: "lookups",
        what: "reads of a cache in one process: ours and kube",
        needs: &[],
        step: Step::Program {
            program: env!("CARGO"),
            full: &["run", "--release", "--package", "informer-benches", "--bin", "lookups"],
            quick: &[
                "run",
                "--release",
                "--package",
                "informer-benches",
                "--bin",
                "lookups",
                "--",
                "--most",
                "10000",
                "--rounds",
                "3",
            ],
            environment: &[],
        },
    },
    Comparison {
        name: "informers",
        what: "initial lists, reads, latency and memory: ours, kube and client-go",
        needs: &[Requirement::Go],
        step: Step::Program {
            program: "benches/informers.sh",
            full: &["--only", "sync"],
            quick: &["--only", "sync", "--most", "10000"],
            environment: &[],
        },
    },
    Comparison {
        name: "controllers",
        what: "controllers: ours, kube and controller-runtime",
        needs: &[Requirement::Go],
        step: Step::Program {
            program: "benches/controllers.sh",
            full: NO_ARGUMENTS,
            quick: &["--objects", "10000", "--workers", "4"],
            environment: &[],
        },
    },
    Comparison {
        name: "fakes",
        what: "servers and clients for tests: ours, client-go and controller-runtime",
        needs: &[Requirement::Go],
        step: Step::Program {
            program: "benches/fakes.sh",
            full: &["--rounds", "5"],
            quick: &["--seconds", "0.3"],
            environment: &[],
        },
    },
    Comparison {
        name: "suites",
        what: "the end-to-end suite: the in-memory server, and kube-apiserver with etcd as envtest starts them",
        needs: &[Requirement::Go],
        step: Step::Suites,
    },
];
