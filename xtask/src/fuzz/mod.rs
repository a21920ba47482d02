//! Fuzzes the reader and the whole pipeline with randomly changed CRDs: each must return a result in bounded time and size,
//! without a panic.

mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use fastrand::Rng;
use kube_client_gen::{Config, Lock, Source, Tree, generate};
use kube_structural_schema::read;

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
            let Stats { accepted, refused, slowest, max_ratio } = &stats;
            let seconds = start.elapsed().as_secs();
            println!(
                "{execution} executions in {seconds} s: {accepted} accepted, {refused} refused, slowest {slowest:?}, at most {max_ratio} output bytes per input byte"
            );
        }
    }
    Ok(())
}

fn execute(target: Target, text: &[u8], stats: &mut Stats) -> Result<(), String> {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let sources = [Source::new("fuzz.yaml", text)];
        match target {
            Target::Reader => read(&sources).map(|_| Tree::default()).map_err(|problems| problems.to_string()),
            Target::Pipeline | Target::Server => generate(&sources, &Config::default(), &Lock::default(), "")
                .map(|generated| generated.tree)
                .map_err(|errors| errors.to_string()),
        }
    }));
    let elapsed = start.elapsed();
    let size = match outcome {
        Err(_) => return Err("panicked".to_owned()),
        Ok(Err(error)) if error.contains("bug in kube-client-gen") => return Err(error),
        Ok(Err(_)) => {
            stats.refused += 1;
            0
        }
        Ok(Ok(tree)) => {
            stats.accepted += 1;
            check_syntax(&tree)?;
            tree.values().map(String::len).sum()
        }
    };
    stats.slowest = stats.slowest.max(elapsed);
    stats.max_ratio = stats.max_ratio.max(size / text.len().max(1));
    let max_time = BASE + PER_KIB * u32::try_from(text.len() / 1024).unwrap_or(u32::MAX);
    if elapsed > max_time {
        return Err(format!("took {elapsed:?}, more than {max_time:?} for {} bytes", text.len()));
    }
    if target == Target::Pipeline && size > OUT_BASE + OUT_PER_BYTE * text.len() {
        return Err(format!("wrote {size} bytes for {}", text.len()));
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
