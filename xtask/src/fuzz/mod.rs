//! Fuzzes the reader and the whole pipeline with randomly changed CRDs: each must return a result in bounded time and size,
//! without a panic. A CRD that is rejected is read again with `lenient`.

mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use fastrand::Rng;
use kube_client_gen::{Config, Lock, Source, Tree, generate};
use kube_structural_schema::{Definitions, Problems, read, read_document, read_lenient};

/// Options of `fuzz`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// What to fuzz
    target: Target,
    /// Number of executions
    #[arg(long, default_value_t = 10_000)]
    executions: u64,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Files or folders with the initial CRDs
    #[arg(long, value_name = "PATH", num_args = 1.., default_values = ["crds", "tests/zoo/crds"])]
    crds: Vec<Utf8PathBuf>,
    /// Skip files larger than this, in bytes
    #[arg(long, default_value_t = 64 * 1024)]
    largest: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// YAML to CRDs
    Reader,
    /// YAML to the files of a crate
    Pipeline,
    /// Requests to the in-memory server; ignores `--crds`
    Server,
}

/// Bounds that docs/architecture.md documents.
const BASE: Duration = Duration::from_millis(500);
const PER_KIB: Duration = Duration::from_millis(5);
/// Bytes of output per byte of input, and of a nearly empty crate.
const OUT_PER_BYTE: usize = 30;
const OUT_BASE: usize = 64 * 1024;

type BoxError = Box<dyn std::error::Error>;

/// Statistics of the executions.
#[derive(Default)]
struct Stats {
    accepted: u64,
    /// Accepted with `lenient` only.
    repaired: u64,
    refused: u64,
    slowest: Duration,
    /// Largest number of output bytes per input byte.
    max_ratio: usize,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    if arguments.target == Target::Server {
        return crate::e2e::bounds(arguments.executions, arguments.seed);
    }
    match fuzz(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fuzz(arguments: &Arguments) -> Result<(), BoxError> {
    let seeds = mutate::Seeds::of(&arguments.crds, arguments.largest)?;
    let mut rng = Rng::with_seed(arguments.seed);
    let mut stats = Stats::default();
    let start = Instant::now();
    for execution in 1..=arguments.executions {
        // A separate generator per execution: one execution is reproducible without the previous ones.
        let mut execution_rng = rng.fork();
        let text = seeds.mutated(&mut execution_rng);
        if let Err(problem) = execute(arguments.target, &text, &mut stats) {
            let file = Utf8PathBuf::from("target").join(format!("fuzz-{}-{execution}.yaml", arguments.seed));
            std::fs::write(&file, &text)?;
            return Err(format!("execution {execution}: {problem}; the input is saved in {file}").into());
        }
        if execution % (arguments.executions / 20).max(1) == 0 {
            let Stats { accepted, repaired, refused, slowest, max_ratio } = &stats;
            let seconds = start.elapsed().as_secs();
            println!(
                "{execution} executions in {seconds} s: {accepted} accepted, {repaired} repaired, {refused} refused, slowest {slowest:?}, at most {max_ratio} output bytes per input byte"
            );
        }
    }
    Ok(())
}

/// Reads a CRD, and again with `lenient` if it is rejected.
fn execute(target: Target, text: &[u8], stats: &mut Stats) -> Result<(), String> {
    if attempt(target, text, false, stats)? {
        stats.accepted += 1;
    } else if attempt(target, text, true, stats)? {
        stats.repaired += 1;
    } else {
        stats.refused += 1;
    }
    Ok(())
}

/// Returns whether a CRD is accepted.
fn attempt(target: Target, text: &[u8], lenient: bool, stats: &mut Stats) -> Result<bool, String> {
    let start = Instant::now();
    let sources = [Source::new("fuzz.yaml", text)];
    let outcome = catch_unwind(AssertUnwindSafe(|| match target {
        Target::Reader => {
            read_with(&sources, lenient).map(|_| Tree::default()).map_err(|problems| problems.to_string())
        }
        Target::Pipeline | Target::Server => {
            let config = Config { lenient, ..Config::default() };
            let generated = generate(&sources, &config, &Lock::default(), "");
            generated.map(|generated| generated.tree).map_err(|errors| errors.to_string())
        }
    }));
    let elapsed = start.elapsed();
    stats.slowest = stats.slowest.max(elapsed);
    let max_time = BASE + PER_KIB * u32::try_from(text.len() / 1024).unwrap_or(u32::MAX);
    if elapsed > max_time {
        return Err(format!("took {elapsed:?}, more than {max_time:?} for {} bytes", text.len()));
    }
    let tree = match outcome {
        Err(_) => return Err("panicked".to_owned()),
        Ok(Err(error)) if error.contains("bug in kube-client-gen") => return Err(error),
        Ok(Err(_)) => return Ok(false),
        Ok(Ok(tree)) => tree,
    };
    check_syntax(&tree)?;
    if lenient {
        check_repair(&sources)?;
    }
    let size = tree.values().map(String::len).sum::<usize>();
    stats.max_ratio = stats.max_ratio.max(size / text.len().max(1));
    if target == Target::Pipeline && size > OUT_BASE + OUT_PER_BYTE * text.len() {
        return Err(format!("wrote {size} bytes for {}", text.len()));
    }
    Ok(true)
}

fn read_with(sources: &[Source], lenient: bool) -> Result<Definitions, Problems> {
    if lenient { read_lenient(sources) } else { read(sources) }
}

/// Checks that repaired CRDs have notes, and are accepted without another repair.
fn check_repair(sources: &[Source]) -> Result<(), String> {
    let found = read_lenient(sources).map_err(|problems| problems.to_string())?;
    if found.notes.is_empty() {
        return Err("repaired without a note".to_owned());
    }
    for crd in found.crds {
        let again = read_document(&crd.name, crd.document);
        again.map_err(|problems| format!("not accepted after its repair: {problems}"))?;
    }
    Ok(())
}

/// Checks that the emitted files are valid Rust: most of them are written as text.
fn check_syntax(tree: &Tree) -> Result<(), String> {
    let files = tree.iter().filter(|(path, _)| path.extension() == Some("rs"));
    for (path, text) in files {
        syn::parse_file(text).map_err(|error| format!("{path} is not valid Rust: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutated_crds_are_read_repaired_or_rejected() {
        let repository = crate::control_plane::repository();
        let crds = ["crds", "tests/zoo/crds"].map(|folder| repository.join(folder));
        let seeds = mutate::Seeds::of(&crds, 16 * 1024).unwrap();
        let mut rng = Rng::with_seed(7);
        let mut stats = Stats::default();
        for _ in 0..200 {
            let text = seeds.mutated(&mut rng);
            let outcome = execute(Target::Reader, &text, &mut stats);
            // This test does not measure time.
            let is_slow = outcome.as_ref().is_err_and(|problem| problem.starts_with("took "));
            assert!(outcome.is_ok() || is_slow, "{outcome:?}\n{}", String::from_utf8_lossy(&text));
        }
        assert!(stats.accepted > 0 && stats.repaired > 0 && stats.refused > 0);
    }
}
