//! Sends the same random requests to the in-memory server and to a real one, and compares all responses.
//!
//! `E2E_KUBECONFIG` names the real server; `cargo xtask differential` starts one.

mod bounds;
mod cleanup;
mod compare;
mod endpoint;
mod generate;
mod known_differences;
mod mutate;
mod normalize;
mod placeholders;
mod raw;
mod script;
mod shrink;
mod sources;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use futures::{StreamExt, TryStreamExt};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube_fake_apiserver::FakeApiServer;
use tokio::signal::unix::{SignalKind, signal};

use crate::compare::{Divergence, Pair};
use crate::endpoint::Endpoint;
use crate::generate::{Generator, Kind, Topic, builtin_kinds};
use crate::script::Script;

/// Number of requests of a script.
const STEPS: usize = 60;

/// Delay after which a real server has processed the change of a definition.
const SETTLING: Duration = Duration::from_millis(1500);

/// Number of requests between progress reports.
const PROGRESS: usize = 5000;

/// Sends the same random requests to the in-memory server and to a real one.
#[derive(Parser)]
struct Cli {
    /// Number of requests
    #[arg(long, default_value_t = 1000)]
    ops: usize,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Files or folders of CRDs; default: those of the client
    #[arg(long, num_args = 1..)]
    crds: Vec<PathBuf>,
    /// Replay a script instead
    #[arg(long)]
    replay: Option<PathBuf>,
    /// Use two in-memory servers, and report their memory
    #[arg(long)]
    itself: bool,
    /// Use only the in-memory server, and check time and memory of each request
    #[arg(long)]
    bounds: bool,
    /// Number of scripts in parallel
    #[arg(long, default_value_t = 12)]
    jobs: usize,
    /// Stop after this many distinct differences
    #[arg(long, default_value_t = 20)]
    most: usize,
    /// Topics of the scripts; default: all
    #[arg(long, num_args = 1.., value_delimiter = ',')]
    topics: Vec<Topic>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn topics(cli: &Cli) -> &[Topic] {
    if cli.topics.is_empty() { Topic::value_variants() } else { &cli.topics }
}

pub(crate) type BoxError = Box<dyn std::error::Error>;

/// Returns the number of distinct differences.
async fn run(cli: &Cli) -> Result<usize, BoxError> {
    let real = if cli.itself || cli.bounds { FakeApiServer::builder().build()?.client() } else { real().await? };
    let crds = sources::install_accepted(&real, &sources::sources(&cli.crds)?).await?;
    let mut fake = FakeApiServer::builder();
    for crd in &crds {
        fake = fake.crds_yaml(crd.document.to_string());
    }
    let settling = if cli.itself || cli.bounds { Duration::ZERO } else { SETTLING };
    let pair = Pair { fake: fake.build()?.client(), real, settling, known: Mutex::default() };
    if let Some(file) = &cli.replay {
        let script: Script = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        let found = pair.run(&script, &prefixes().next().unwrap_or_default()).await?;
        found.iter().for_each(|divergence| print_divergence(&script, divergence));
        return Ok(usize::from(found.is_some()));
    }
    if !cli.itself && !cli.bounds {
        Endpoint::new(pair.real.clone(), "", settling).sweep().await?;
    }
    let mut kinds: Vec<Kind> = crds.iter().map(Kind::of).collect();
    kinds.extend(builtin_kinds());
    if cli.bounds {
        let mut generator = Generator::new(&kinds, topics(cli), cli.seed);
        return Ok(bounds::run(&pair.fake, &mut generator, cli.ops, STEPS).await?);
    }
    search(cli, &pair, &kinds).await
}

/// Results of a search.
#[derive(Default)]
struct Results {
    requests: usize,
    /// Number of occurrences of each reproducible difference, by its signature.
    reproducible: BTreeMap<String, usize>,
    /// Number of occurrences of each difference that was not reproduced.
    flaky: BTreeMap<String, usize>,
}

async fn search(cli: &Cli, pair: &Pair, kinds: &[Kind]) -> Result<usize, BoxError> {
    let mut generator = Generator::new(kinds, topics(cli), cli.seed);
    let mut prefixes = prefixes();
    let found = RefCell::new(Results::default());
    let mut left = cli.ops;
    let interrupted = interruption();
    let scripts = std::iter::from_fn(|| {
        if interrupted.load(Ordering::Relaxed) || left == 0 || found.borrow().reproducible.len() >= cli.most {
            return None;
        }
        let script = generator.script(STEPS.min(left));
        left = left.saturating_sub(script.steps.len());
        Some((script, prefixes.next().unwrap_or_default()))
    });
    let runs = futures::stream::iter(scripts).map(|(script, prefix)| run_script(pair, script, prefix, &found));
    let mut runs = runs.buffer_unordered(cli.jobs.max(1));
    while runs.try_next().await?.is_some() {}
    drop(runs);
    let found = found.into_inner();
    println!("{} requests, {} distinct differences", found.requests, found.reproducible.len());
    found.reproducible.iter().for_each(|(signature, count)| println!("{count:5} {signature}"));
    println!("{} differences were not reproduced", found.flaky.len());
    found.flaky.iter().for_each(|(signature, count)| println!("{count:5} {signature}"));
    println!("Known differences (docs/architecture.md):");
    let known = pair.known.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().for_each(|(reason, count)| println!("{count:5} {reason}"));
    Ok(found.reproducible.len())
}

/// Returns a flag that is set by Ctrl-C or SIGTERM: no new script starts then, and running scripts remove their objects.
fn interruption() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    tokio::spawn(async move {
        let mut term = signal(SignalKind::terminate()).ok()?;
        tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = term.recv() => {} }
        flag.store(true, Ordering::Relaxed);
        eprintln!("interrupted: waiting for running scripts");
        Some(())
    });
    interrupted
}

/// Runs a script; shortens and prints a new, reproducible difference.
async fn run_script(pair: &Pair, script: Script, prefix: String, found: &RefCell<Results>) -> Result<(), BoxError> {
    let divergence = match pair.run(&script, &prefix).await {
        Ok(divergence) => divergence,
        // A server that always aborts the connection has no response to compare.
        Err(error) => {
            *found.borrow_mut().flaky.entry(format!("no response: {error}")).or_default() += 1;
            None
        }
    };
    let before = found.borrow().requests;
    found.borrow_mut().requests += script.steps.len();
    if before / PROGRESS != found.borrow().requests / PROGRESS {
        let (requests, different) = (found.borrow().requests, found.borrow().reproducible.len());
        eprintln!(
            "{requests} requests, {different} distinct differences, {} MB resident",
            bounds::memory("VmRSS:") >> 20
        );
    }
    let Some(divergence) = divergence else { return Ok(()) };
    if let Some(count) = found.borrow_mut().reproducible.get_mut(&signature(&divergence)) {
        *count += 1;
        return Ok(());
    }
    let mut prefixes = (0..).map(|number| format!("{prefix}r{number}"));
    match pair.run(&script, &prefixes.next().unwrap_or_default()).await.unwrap_or_default() {
        Some(again) if again.path == divergence.path => {
            let is_new = found.borrow_mut().reproducible.insert(signature(&divergence), 1).is_none();
            if is_new {
                let (script, divergence) = shrink::shrink(pair, script, again, &mut prefixes).await?;
                print_divergence(&script, &divergence);
            }
        }
        _ => {
            let is_new = !found.borrow().flaky.contains_key(&signature(&divergence));
            *found.borrow_mut().flaky.entry(signature(&divergence)).or_default() += 1;
            if is_new {
                let step = divergence.step.and_then(|step| script.steps.get(step));
                println!("not reproduced: {} | {} | {}", divergence.path, divergence.fake, divergence.real);
                step.into_iter().for_each(|step| println!("   {step}"));
            }
        }
    }
    Ok(())
}

/// Returns a signature that is the same for differences with the same cause.
fn signature(divergence: &Divergence) -> String {
    let short = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).take(60).collect::<String>();
    let path: String = divergence.path.chars().filter(|c| !c.is_ascii_digit()).collect();
    format!("{path}: {} | {}", short(&divergence.fake), short(&divergence.real))
}

fn print_divergence(script: &Script, divergence: &Divergence) {
    println!("== {} at step {:?}", divergence.path, divergence.step);
    script.steps.iter().for_each(|step| println!("   {step}"));
    println!("   in memory: {}\n   real:      {}", divergence.fake, divergence.real);
    match serde_json::to_string(script) {
        Ok(script) => println!("   replay: {script}"),
        Err(error) => println!("   cannot serialize the script: {error}"),
    }
}

/// Returns prefixes that are unique among all scripts and runs.
fn prefixes() -> impl Iterator<Item = String> {
    let run = fastrand::u32(..);
    (0..).map(move |number: u32| format!("d{run:08x}{number}"))
}

async fn real() -> Result<kube::Client, BoxError> {
    let path =
        std::env::var("E2E_KUBECONFIG").map_err(|_| "E2E_KUBECONFIG is not set: run `cargo xtask differential`")?;
    let kubeconfig = Kubeconfig::read_from(path)?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(kube::Client::try_from(config)?)
}
