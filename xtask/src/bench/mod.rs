//! `bench`: all comparisons with other projects in one run, and their report.

mod comparisons;
mod report;
mod suites;
mod versions;

use std::fs;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::cargo::builder;
use crate::control_plane::repository;
use crate::outside::BoxError;
use comparisons::{COMPARISONS, Comparison, Step};
use report::Report;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Fewer objects, fewer projects and fewer rounds
    #[arg(long)]
    quick: bool,
    /// Run only this comparison; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// The folder of the report: measurements.jsonl, report.md and a plot of each comparison
    #[arg(long, value_name = "DIR", default_value = "target/bench-report")]
    report: Utf8PathBuf,
    /// Write the report of these measurements again, and run nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "only"])]
    from: Vec<Utf8PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let result = if arguments.from.is_empty() { measure(arguments) } else { again(arguments) };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Writes the report of measurements that exist.
fn again(arguments: &Arguments) -> Result<bool, BoxError> {
    let mut measurements = Vec::new();
    for file in &arguments.from {
        measurements.extend(bench_record::read(file.as_std_path())?);
    }
    let environment = arguments.from[0].with_file_name(ENVIRONMENT);
    let environment = fs::read_to_string(&environment).map_err(|error| format!("{environment}: {error}"))?;
    Report::new(&measurements)?.write(&arguments.report, &environment)?;
    Ok(true)
}

/// The file of the report with the versions and the comparisons that were skipped.
const ENVIRONMENT: &str = "environment.md";

/// Runs the comparisons. Returns whether none of them failed.
fn measure(arguments: &Arguments) -> Result<bool, BoxError> {
    let selected = selected(&arguments.only)?;
    let folder = repository().join(&arguments.report);
    fs::create_dir_all(&folder)?;
    let file = folder.join("measurements.jsonl");
    // An earlier run in the same folder is replaced: its measurements are not comparable.
    fs::write(&file, "")?;
    let run = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs().to_string();
    let mut notes = Vec::new();
    let mut succeeded = true;
    for comparison in selected {
        if let Some(reason) = comparison.missing() {
            println!("skipped: {}, because {reason}", comparison.name);
            notes.push(format!("{} was not measured: {reason}", comparison.name));
            continue;
        }
        println!("== {}: {}", comparison.name, comparison.what);
        if let Err(error) = execute(comparison, arguments.quick, &file, &run) {
            eprintln!("error: {}: {error}", comparison.name);
            notes.push(format!("{} failed: {error}", comparison.name));
            succeeded = false;
        }
    }
    let environment = versions::describe(arguments.quick, &notes);
    fs::write(folder.join(ENVIRONMENT), &environment)?;
    Report::new(&bench_record::read(file.as_std_path())?)?.write(&folder, &environment)?;
    println!("{}", folder.join("report.md"));
    Ok(succeeded)
}

fn selected(names: &[String]) -> Result<Vec<&'static Comparison>, BoxError> {
    if let Some(unknown) = names.iter().find(|name| COMPARISONS.iter().all(|comparison| comparison.name != **name)) {
        let known: Vec<&str> = COMPARISONS.iter().map(|comparison| comparison.name).collect();
        return Err(format!("no comparison has the name {unknown:?}: expected one of {}", known.join(", ")).into());
    }
    let is_selected = |comparison: &&Comparison| names.is_empty() || names.iter().any(|name| name == comparison.name);
    Ok(COMPARISONS.iter().filter(is_selected).collect())
}

fn execute(comparison: &Comparison, quick: bool, file: &Utf8Path, run: &str) -> Result<(), BoxError> {
    let (program, full, short, environment) = match &comparison.step {
        Step::Suites => return suites::measure(file, run),
        Step::Program { program, full, quick, environment } => (program, full, quick, environment),
    };
    let mut command = builder(program);
    command.args(if quick { *short } else { *full }).current_dir(repository());
    command.env(bench_record::FILE, file).env(bench_record::RUN, run);
    if quick {
        command.envs(environment.iter().copied());
    }
    let status = command.status().map_err(|error| format!("{program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program}: {status}").into()) }
}
