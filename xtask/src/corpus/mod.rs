//! The law on a tree of real CRDs: every project's client is generated without any configuration, compiled with warnings
//! denied, and objects of every kind are sent through its types.

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

/// Which CRDs, and what is done with them.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The tree: OWNER/PROJECT/GROUP/VERSION/PLURAL.yaml
    #[arg(long, value_name = "DIR")]
    crds: Utf8PathBuf,
    /// Objects, OWNER/PROJECT/GROUP/VERSION/PLURAL.jsonl, one a line; without it they are made up
    #[arg(long, value_name = "DIR")]
    instances: Option<Utf8PathBuf>,
    /// Only projects whose OWNER/PROJECT fits: `*` is any text, `?` any letter, commas between several
    #[arg(long, value_name = "GLOB")]
    filter: Option<String>,
    /// How many projects at once; each worker has a target folder of its own
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Write what was found as JSON, too
    #[arg(long, value_name = "FILE")]
    report: Option<Utf8PathBuf>,
    /// How many objects of each version of each CRD are made up
    #[arg(long, default_value_t = 64)]
    objects: u32,
    /// Compile the types alone, without clients and informers
    #[arg(long)]
    types_only: bool,
    /// Only generate, and write nothing
    #[arg(long)]
    generate_only: bool,
    /// Do again what an earlier run has found clean
    #[arg(long)]
    anew: bool,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match outcomes(arguments) {
        Ok(outcomes) => {
            print!("{}", report::table(&outcomes));
            let is_fine = |one: &Outcome| one.is_clean() || (arguments.generate_only && one.generated);
            if outcomes.iter().all(is_fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn outcomes(arguments: &Arguments) -> Result<Vec<Outcome>, Failed> {
    let mut projects = project::all(&arguments.crds)?;
    if let Some(filter) = &arguments.filter {
        projects.retain(|project| filter.split(',').any(|glob| fits(glob.trim(), &project.name)));
    }
    if projects.is_empty() {
        return Err(format!("no project below {}", arguments.crds).into());
    }
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let workers: Vec<Worker> = (0..arguments.jobs.max(1)).map(Worker::new).collect::<Result<_, _>>()?;
    std::thread::scope(|scope| {
        for worker in &workers {
            scope.spawn(|| {
                while let Some(project) = projects.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = one(worker, project, arguments);
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

/// Judges a project; what an earlier run has found clean of the same output and the same objects is taken from there.
fn one(worker: &Worker, project: &Project, arguments: &Arguments) -> Outcome {
    let mut outcome = Outcome::of(project);
    let generated = match project.generate() {
        Ok(generated) => generated,
        Err(why) => return Outcome { problem: Some(why.to_string()), ..outcome },
    };
    outcome.generated = true;
    outcome.lines = generated.tree.values().map(|text| text.lines().count()).sum();
    if arguments.generate_only {
        return outcome;
    }
    outcome.key = report::key(&generated, arguments.instances.as_deref(), arguments.objects, arguments.types_only);
    if let Some(before) = report::known(&outcome).filter(|before| before.is_clean() && !arguments.anew) {
        return before;
    }
    if let Err(error) = worker.judge(project, &generated, arguments, &mut outcome) {
        outcome.problem = Some(error.to_string());
    }
    if let Err(error) = report::keep(&outcome) {
        eprintln!("warning: the outcome of {} is not kept: {error}", project.name);
    }
    outcome
}

/// Whether a name fits a pattern of `*` and `?`.
fn fits(glob: &str, name: &str) -> bool {
    let mut letters = glob.chars();
    match letters.next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len()).any(|end| name.is_char_boundary(end) && fits(letters.as_str(), &name[end..])),
        Some(letter) => {
            let mut rest = name.chars();
            rest.next().is_some_and(|first| letter == '?' || letter == first) && fits(letters.as_str(), rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn globs_fit_names() {
        for (glob, name) in
            [("*", "a/b"), ("a/*", "a/b"), ("a/?", "a/b"), ("*b", "a/b"), ("a/b", "a/b"), ("*/*", "a/b")]
        {
            assert!(fits(glob, name), "{glob} {name}");
        }
        for (glob, name) in [("a", "a/b"), ("?", "a/b"), ("", "a"), ("a/?", "a/bc")] {
            assert!(!fits(glob, name), "{glob} {name}");
        }
    }
}
