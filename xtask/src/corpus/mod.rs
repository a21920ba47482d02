//! Round-trip tests on a tree of real CRDs: generates a client for each project with the default configuration, compiles it
//! with warnings denied, and decodes and encodes objects of every kind with its types.

mod objects;
mod project;
mod report;
mod worker;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::Utf8PathBuf;
use clap::Args;

use self::project::Project;
use self::report::Outcome;
use self::worker::Worker;

/// Options of `corpus`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Tree of CRDs: OWNER/PROJECT/GROUP/VERSION/PLURAL.yaml
    #[arg(long, value_name = "DIR")]
    crds: Utf8PathBuf,
    /// Tree of objects, one per line: OWNER/PROJECT/GROUP/VERSION/PLURAL.jsonl; random objects if absent
    #[arg(long, value_name = "DIR")]
    instances: Option<Utf8PathBuf>,
    /// Only projects whose OWNER/PROJECT matches: comma-separated globs of `*` and `?`
    #[arg(long, value_name = "GLOB")]
    filter: Option<String>,
    /// Number of projects in parallel; each worker has its own target folder
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Also write the outcomes as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<Utf8PathBuf>,
    /// Number of random objects per version of each CRD
    #[arg(long, default_value_t = 64)]
    objects: u32,
    /// Compile only the types, without clients and informers
    #[arg(long)]
    types_only: bool,
    /// Only generate; write nothing
    #[arg(long)]
    generate_only: bool,
    /// Repeat projects that were clean in an earlier run
    #[arg(long)]
    repeat: bool,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match outcomes(arguments) {
        Ok(outcomes) => {
            print!("{}", report::table(&outcomes));
            let is_accepted = |one: &Outcome| one.is_clean() || (arguments.generate_only && one.generated);
            if outcomes.iter().all(is_accepted) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn outcomes(arguments: &Arguments) -> Result<Vec<Outcome>, BoxError> {
    let mut projects = project::all(&arguments.crds)?;
    if let Some(filter) = &arguments.filter {
        projects.retain(|project| filter.split(',').any(|glob| matches_glob(glob.trim(), &project.name)));
    }
    if projects.is_empty() {
        return Err(format!("no project matches below {}", arguments.crds).into());
    }
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let workers: Vec<Worker> = (0..arguments.jobs.max(1)).map(Worker::new).collect::<Result<_, _>>()?;
    std::thread::scope(|scope| {
        for worker in &workers {
            scope.spawn(|| {
                while let Some(project) = projects.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = check(worker, project, arguments);
                    let mut outcomes = outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    outcomes.push(outcome);
                    let last = outcomes.last().map(ToString::to_string).unwrap_or_default();
                    eprintln!("{}/{} {last}", outcomes.len(), projects.len());
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.sort_by(|one, other| one.project.cmp(&other.project));
    if let Some(file) = &arguments.report {
        std::fs::write(file, serde_json::to_string_pretty(&outcomes)?)?;
    }
    Ok(outcomes)
}

/// Checks a project. A clean outcome of an earlier run with the same output and objects is reused.
fn check(worker: &Worker, project: &Project, arguments: &Arguments) -> Outcome {
    let mut outcome = Outcome::of(project);
    let generated = match project.generate() {
        Ok(generated) => generated,
        Err(error) => return Outcome { problem: Some(error.to_string()), ..outcome },
    };
    outcome.generated = true;
    outcome.lines = generated.tree.values().map(|text| line_count(text)).sum();
    if arguments.generate_only {
        return outcome;
    }
    outcome.key = report::key(&generated, arguments.instances.as_deref(), arguments.objects, arguments.types_only);
    if let Some(previous) = report::load(&outcome).filter(|previous| previous.is_clean() && !arguments.repeat) {
        return previous;
    }
    if let Err(error) = worker.check(project, &generated, arguments, &mut outcome) {
        outcome.problem = Some(error.to_string());
    }
    if let Err(error) = report::save(&outcome) {
        eprintln!("warning: cannot save the outcome of {}: {error}", project.name);
    }
    outcome
}

/// The number of lines, counted without looking at each character: the corpus has millions.
fn line_count(text: &str) -> usize {
    let breaks = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    let whole: usize = text.as_bytes().chunks(255).map(|chunk| usize::from(breaks(chunk))).sum();
    whole + usize::from(!text.is_empty() && !text.ends_with('\n'))
}

/// Whether a name matches a glob of `*` and `?`.
fn matches_glob(glob: &str, name: &str) -> bool {
    let mut chars = glob.chars();
    match chars.next() {
        None => name.is_empty(),
        Some('*') => {
            (0..=name.len()).any(|end| name.is_char_boundary(end) && matches_glob(chars.as_str(), &name[end..]))
        }
        Some(char) => {
            let mut rest = name.chars();
            rest.next().is_some_and(|first| char == '?' || char == first) && matches_glob(chars.as_str(), rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{line_count, matches_glob};

    #[test]
    fn lines_are_counted_with_and_without_an_end() {
        for text in ["", "a", "a\n", "\n", "a\nb", &"x\n".repeat(1000)] {
            assert_eq!(line_count(text), text.lines().count(), "{text:?}");
        }
    }

    #[test]
    fn globs_match_names() {
        for (glob, name) in
            [("*", "a/b"), ("a/*", "a/b"), ("a/?", "a/b"), ("*b", "a/b"), ("a/b", "a/b"), ("*/*", "a/b")]
        {
            assert!(matches_glob(glob, name), "{glob} {name}");
        }
        for (glob, name) in [("a", "a/b"), ("?", "a/b"), ("", "a"), ("a/?", "a/bc")] {
            assert!(!matches_glob(glob, name), "{glob} {name}");
        }
    }
}
