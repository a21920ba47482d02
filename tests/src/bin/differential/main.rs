//! The same random requests to the server in memory and to a real one, and every answer compared.
//!
//! `E2E_KUBECONFIG` names the real one. Run it by `cargo xtask differential`.

mod bounds;
mod cleanup;
mod compare;
mod generate;
mod known;
mod mutate;
mod normal;
mod places;
mod raw;
mod script;
mod shrink;
mod side;
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
use crate::generate::{Generator, Kind, Topic, own_kinds};
use crate::script::Script;
use crate::side::Side;

/// How many requests a script has.
const STEPS: usize = 60;

/// For how long a real server is given time to act upon a definition's change.
const SETTLING: Duration = Duration::from_millis(1500);

/// After so many requests it is told how far the search is.
const PROGRESS: usize = 5000;

/// Sends the same random requests to the server in memory and to a real one.
#[derive(Parser)]
struct Cli {
    /// How many requests
    #[arg(long, default_value_t = 1000)]
    ops: usize,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// CRDs: files or folders; without any, those of the client
    #[arg(long, num_args = 1..)]
    crds: Vec<PathBuf>,
    /// A script to replay instead
    #[arg(long)]
    replay: Option<PathBuf>,
    /// Send them to two servers in memory, and tell the memory that they take
    #[arg(long)]
    itself: bool,
    /// Send them to one server in memory alone, and see that each is answered within bounds of time and memory
    #[arg(long)]
    bounds: bool,
    /// How many scripts run at once
    #[arg(long, default_value_t = 12)]
    jobs: usize,
    /// Stop after so many different divergences
    #[arg(long, default_value_t = 20)]
    most: usize,
    /// What the scripts are about; without any, everything
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

pub(crate) type Failed = Box<dyn std::error::Error>;

/// How many divergences were found.
async fn run(cli: &Cli) -> Result<usize, Failed> {
    let real = if cli.itself || cli.bounds { FakeApiServer::builder().build()?.client() } else { real().await? };
    let crds = sources::accepted(&real, &sources::sources(&cli.crds)?).await?;
    let mut fake = FakeApiServer::builder();
    for crd in &crds {
        fake = fake.crds_yaml(crd.document.to_string());
    }
    let settling = if cli.itself || cli.bounds { Duration::ZERO } else { SETTLING };
    let pair = Pair { fake: fake.build()?.client(), real, settling, known: Mutex::default() };
    if let Some(file) = &cli.replay {
        let script: Script = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        let found = pair.run(&script, &words().next().unwrap_or_default()).await?;
        found.iter().for_each(|divergence| tell(&script, divergence));
        return Ok(usize::from(found.is_some()));
    }
    if !cli.itself && !cli.bounds {
        Side::new(pair.real.clone(), "", settling).sweep().await?;
    }
    let mut kinds: Vec<Kind> = crds.iter().map(Kind::of).collect();
    kinds.extend(own_kinds());
    if cli.bounds {
        let mut generator = Generator::new(&kinds, topics(cli), cli.seed);
        return Ok(bounds::run(&pair.fake, &mut generator, cli.ops, STEPS).await?);
    }
    search(cli, &pair, &kinds).await
}

/// What a search has found so far.
#[derive(Default)]
struct Found {
    requests: usize,
    /// How often each divergence was seen, by its mark.
    marks: BTreeMap<String, usize>,
    /// Those that were not seen again when the same script was sent once more.
    once: BTreeMap<String, usize>,
}

async fn search(cli: &Cli, pair: &Pair, kinds: &[Kind]) -> Result<usize, Failed> {
    let mut generator = Generator::new(kinds, topics(cli), cli.seed);
    let mut words = words();
    let found = RefCell::new(Found::default());
    let mut left = cli.ops;
    let interrupted = interruption();
    let scripts = std::iter::from_fn(|| {
        if interrupted.load(Ordering::Relaxed) || left == 0 || found.borrow().marks.len() >= cli.most {
            return None;
        }
        let script = generator.script(STEPS.min(left));
        left = left.saturating_sub(script.steps.len());
        Some((script, words.next().unwrap_or_default()))
    });
    let runs = futures::stream::iter(scripts).map(|(script, word)| judged(pair, script, word, &found));
    let mut runs = runs.buffer_unordered(cli.jobs.max(1));
    while runs.try_next().await?.is_some() {}
    drop(runs);
    let found = found.into_inner();
    println!("{} requests, {} different divergences", found.requests, found.marks.len());
    found.marks.iter().for_each(|(mark, count)| println!("{count:5} {mark}"));
    println!("{} were not seen again when the same was sent once more", found.once.len());
    found.once.iter().for_each(|(mark, count)| println!("{count:5} {mark}"));
    println!("Known, and listed in docs/architecture.md:");
    let known = pair.known.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().for_each(|(reason, count)| println!("{count:5} {reason}"));
    Ok(found.marks.len())
}

/// Becomes true at the first Ctrl-C or SIGTERM: no new script begins then, and those that run remove what they have made.
fn interruption() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&interrupted);
    tokio::spawn(async move {
        let mut term = signal(SignalKind::terminate()).ok()?;
        tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = term.recv() => {} }
        told.store(true, Ordering::Relaxed);
        eprintln!("interrupted: waiting for the scripts that run");
        Some(())
    });
    interrupted
}

/// Runs a script; a divergence that is new, and seen twice, is made short and told.
async fn judged(pair: &Pair, script: Script, word: String, found: &RefCell<Found>) -> Result<(), Failed> {
    let divergence = match pair.run(&script, &word).await {
        Ok(divergence) => divergence,
        // What makes a server break off the connection, each time, has no answer to compare.
        Err(error) => {
            *found.borrow_mut().once.entry(format!("no answer: {error}")).or_default() += 1;
            None
        }
    };
    let before = found.borrow().requests;
    found.borrow_mut().requests += script.steps.len();
    if before / PROGRESS != found.borrow().requests / PROGRESS {
        let (requests, different) = (found.borrow().requests, found.borrow().marks.len());
        eprintln!(
            "{requests} requests, {different} different divergences, {} MB resident",
            bounds::memory("VmRSS:") >> 20
        );
    }
    let Some(divergence) = divergence else { return Ok(()) };
    if let Some(count) = found.borrow_mut().marks.get_mut(&mark(&divergence)) {
        *count += 1;
        return Ok(());
    }
    let mut words = (0..).map(|number| format!("{word}r{number}"));
    match pair.run(&script, &words.next().unwrap_or_default()).await.unwrap_or_default() {
        Some(again) if again.place == divergence.place => {
            let is_new = found.borrow_mut().marks.insert(mark(&divergence), 1).is_none();
            if is_new {
                let (script, divergence) = shrink::shrunk(pair, script, again, &mut words).await?;
                tell(&script, &divergence);
            }
        }
        _ => {
            let is_new = !found.borrow().once.contains_key(&mark(&divergence));
            *found.borrow_mut().once.entry(mark(&divergence)).or_default() += 1;
            if is_new {
                let step = divergence.step.and_then(|step| script.steps.get(step));
                println!("seen once: {} | {} | {}", divergence.place, divergence.fake, divergence.real);
                step.into_iter().for_each(|step| println!("   {step}"));
            }
        }
    }
    Ok(())
}

/// What divergences of one cause have in common, as far as can be told.
fn mark(divergence: &Divergence) -> String {
    let short = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).take(60).collect::<String>();
    let place: String = divergence.place.chars().filter(|c| !c.is_ascii_digit()).collect();
    format!("{place}: {} | {}", short(&divergence.fake), short(&divergence.real))
}

fn tell(script: &Script, divergence: &Divergence) {
    println!("== {} at step {:?}", divergence.place, divergence.step);
    script.steps.iter().for_each(|step| println!("   {step}"));
    println!("   in memory: {}\n   real:      {}", divergence.fake, divergence.real);
    match serde_json::to_string(script) {
        Ok(script) => println!("   replay: {script}"),
        Err(error) => println!("   the script cannot be written: {error}"),
    }
}

/// Words that no two scripts share, of this run and others.
fn words() -> impl Iterator<Item = String> {
    let run = fastrand::u32(..);
    (0..).map(move |number: u32| format!("d{run:08x}{number}"))
}

async fn real() -> Result<kube::Client, Failed> {
    let path = std::env::var("E2E_KUBECONFIG")
        .map_err(|_| "E2E_KUBECONFIG names no cluster; run: cargo xtask differential")?;
    let kubeconfig = Kubeconfig::read_from(path)?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(kube::Client::try_from(config)?)
}
