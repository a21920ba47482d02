//! Fuzzing of the reader and of the whole pipeline: CRDs are changed at random, and whatever becomes of them must be an
//! answer in bounded time and memory, never a panic.

mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use fastrand::Rng;
use kube_client_gen::{Config, Lock, Source, Tree, generate};
use kube_structural_schema::read;

/// How long, and with what.
#[derive(Args)]
pub(crate) struct Arguments {
    /// What is given the CRDs
    target: Target,
    /// How often
    #[arg(long, default_value_t = 10_000)]
    executions: u64,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Files or folders of CRDs to begin with
    #[arg(long, value_name = "PATH", num_args = 1.., default_values = ["crds", "tests/zoo/crds"])]
    crds: Vec<Utf8PathBuf>,
    /// Leave out larger files: bytes
    #[arg(long, default_value_t = 64 * 1024)]
    largest: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// YAML to CRDs
    Reader,
    /// YAML to the files of a crate
    Pipeline,
    /// Requests to the server in memory; no CRDs of `--crds` are used
    Server,
}

/// The bounds that are told in docs/architecture.md.
const BASE: Duration = Duration::from_millis(500);
const PER_KIB: Duration = Duration::from_millis(5);
/// Bytes of output for each byte of input, and for a crate that holds next to nothing.
const OUT_PER_BYTE: usize = 30;
const OUT_BASE: usize = 64 * 1024;

type Failed = Box<dyn std::error::Error>;

/// What came of one execution.
#[derive(Default)]
struct Seen {
    accepted: u64,
    refused: u64,
    slowest: Duration,
    /// The largest output for a byte of input.
    most: usize,
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

fn fuzz(arguments: &Arguments) -> Result<(), Failed> {
    let seeds = mutate::Seeds::of(&arguments.crds, arguments.largest)?;
    let mut rng = Rng::with_seed(arguments.seed);
    let mut seen = Seen::default();
    let begun = Instant::now();
    for execution in 1..=arguments.executions {
        // So that one execution can be done again without those before.
        let mut own = rng.fork();
        let text = seeds.mutated(&mut own);
        if let Err(what) = once(arguments.target, &text, &mut seen) {
            let file = Utf8PathBuf::from("target").join(format!("fuzz-{}-{execution}.yaml", arguments.seed));
            std::fs::write(&file, &text)?;
            return Err(format!("execution {execution}: {what}; the input is kept in {file}").into());
        }
        if execution % (arguments.executions / 20).max(1) == 0 {
            let Seen { accepted, refused, slowest, most } = &seen;
            let seconds = begun.elapsed().as_secs();
            println!(
                "{execution} executions in {seconds} s: {accepted} taken, {refused} refused, slowest {slowest:?}, at most {most} bytes for one"
            );
        }
    }
    Ok(())
}

fn once(target: Target, text: &[u8], seen: &mut Seen) -> Result<(), String> {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let sources = [Source::new("fuzz.yaml", text)];
        match target {
            Target::Reader => read(&sources).map(|_| Tree::default()).map_err(|problems| problems.to_string()),
            Target::Pipeline | Target::Server => generate(&sources, &Config::default(), &Lock::default(), "")
                .map(|generated| generated.tree)
                .map_err(|errors| errors.to_string()),
        }
    }));
    let took = begun.elapsed();
    let size = match outcome {
        Err(_) => return Err("panicked".to_owned()),
        Ok(Err(why)) if why.contains("generator mistake") => return Err(why),
        Ok(Err(_)) => {
            seen.refused += 1;
            0
        }
        Ok(Ok(tree)) => {
            seen.accepted += 1;
            is_rust(&tree)?;
            tree.values().map(String::len).sum()
        }
    };
    seen.slowest = seen.slowest.max(took);
    seen.most = seen.most.max(size / text.len().max(1));
    let most_time = BASE + PER_KIB * u32::try_from(text.len() / 1024).unwrap_or(u32::MAX);
    if took > most_time {
        return Err(format!("took {took:?}, more than {most_time:?} for {} bytes", text.len()));
    }
    if target == Target::Pipeline && size > OUT_BASE + OUT_PER_BYTE * text.len() {
        return Err(format!("wrote {size} bytes for {}", text.len()));
    }
    Ok(())
}

/// Whether what should be Rust is: nearly all of it is written as text.
fn is_rust(tree: &Tree) -> Result<(), String> {
    let files = tree.iter().filter(|(path, _)| path.extension() == Some("rs"));
    for (path, text) in files {
        syn::parse_file(text).map_err(|error| format!("{path} is no Rust: {error}"))?;
    }
    Ok(())
}
