//! `judges`: test suites of other projects on the in-memory server, or on another one.
//!
//! `tests/judges/SUITE.txt` lists the tests that a real kube-apiserver passes, and of these why some fail in memory. The sources
//! are those that the registries serve; nothing of them is committed.

mod crates;
mod kr8s;
mod kubectl;
mod list;
mod process;

use std::fs;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};

use self::list::{Expected, Outcome};
use crate::control_plane::repository;
use crate::in_memory::Server;
use crate::outside::BoxError;

/// Arguments of `judges`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this suite; may be repeated
    #[arg(long)]
    only: Vec<String>,
    /// Kubeconfig of a real server, which must pass all listed tests. The suites leave objects behind
    #[arg(long)]
    kubeconfig: Option<Utf8PathBuf>,
}

/// A suite of another project.
struct Suite {
    name: &'static str,
    /// The tool that it needs, and its argument that prints the version.
    tool: [&'static str; 2],
    run: fn(&Site) -> Result<Vec<Outcome>, BoxError>,
}

/// Where a suite runs.
struct Site {
    /// The folder of its sources and logs.
    folder: Utf8PathBuf,
    kubeconfig: Utf8PathBuf,
}

const SUITES: [Suite; 3] = [
    Suite { name: "kube-rs", tool: ["cargo", "--version"], run: crates::kube },
    Suite { name: "kr8s", tool: ["python3", "--version"], run: kr8s::run },
    Suite { name: "kubectl", tool: ["go", "version"], run: kubectl::run },
];

/// Runs the suites.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    if let Some(unknown) = arguments.only.iter().find(|name| SUITES.iter().all(|suite| suite.name != **name)) {
        let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        eprintln!("unknown suite {unknown:?}: expected one of {}", names.join(", "));
        return ExitCode::from(2);
    }
    let is_selected =
        |suite: &&Suite| arguments.only.is_empty() || arguments.only.iter().any(|name| name == suite.name);
    let mut failed = false;
    for suite in SUITES.iter().filter(is_selected) {
        let [tool, version] = suite.tool;
        if !process::succeeds(tool, version) {
            println!("skipped: {}, because {tool} is not installed", suite.name);
            // A suite that was asked for must run.
            failed |= !arguments.only.is_empty();
            continue;
        }
        match suite.judge(arguments.kubeconfig.as_deref()) {
            Ok(verdict) => {
                print!("{verdict}");
                failed |= verdict.is_failure();
            }
            Err(error) => {
                println!("failed: {}: {error}", suite.name);
                failed = true;
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

impl Suite {
    fn judge(&self, real: Option<&Utf8Path>) -> Result<list::Verdict, BoxError> {
        let path = repository().join("tests/judges").join(self.name).with_extension("txt");
        let expected = Expected::parse(&fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?);
        let folder = repository().join("target/judges").join(self.name);
        fs::create_dir_all(&folder)?;
        let kubeconfig = folder.join("kubeconfig");
        let server = if let Some(real) = real {
            fs::write(&kubeconfig, process::flattened(real)?)?;
            None
        } else {
            Some(Server::start(&kubeconfig, &["--rbac", "--garbage-collection"])?)
        };
        let outcomes = (self.run)(&Site { folder, kubeconfig })?;
        drop(server);
        Ok(expected.compare(self.name, &outcomes, real.is_some()))
    }
}
