//! A replica: a controller of ConfigMaps that writes each step of its reconciliations to a log. `shards` starts it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::client::{Client, shard_hash};
use kube_client_runtime::controllers::sharding::{RingShard, Sharding, Shards};
use kube_client_runtime::controllers::{Controller, Manager, Outcome, ReconcileError, Reconciler, Request};
use kube_client_runtime::informer::{Informer, InformerFactory};
use shard_benches::log::{Entry, Log, Step};
use shard_benches::stats::Stats;
use shard_benches::{BoxError, clock};

/// The interval of the steps of a long reconciliation.
const INTERVAL: Duration = Duration::from_millis(100);
/// One of this number of reconciliations is long.
const LONG: u32 = 500;

/// How replicas divide the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Division {
    /// They do not: each replica reconciles all objects.
    One,
    /// They agree through Leases.
    Shards,
    /// The sharder of kubernetes-controller-sharding decides.
    Ring,
}

#[derive(Parser)]
#[command(about = "A controller of ConfigMaps that writes each step of its reconciliations to a log")]
struct Cli {
    #[arg(long)]
    kubeconfig: PathBuf,
    /// The namespace of the ConfigMaps and of the Leases
    #[arg(long)]
    namespace: String,
    /// The name of the group or of the ring
    #[arg(long)]
    group: String,
    /// The name of this replica
    #[arg(long)]
    name: String,
    #[arg(long, value_enum, default_value = "shards")]
    division: Division,
    /// The file to which the steps are appended; without it, reconciliations do nothing
    #[arg(long)]
    log: Option<PathBuf>,
    /// The file to which the status is appended every second
    #[arg(long)]
    stats: PathBuf,
    #[arg(long, default_value_t = 16)]
    workers: usize,
    /// The mean time of a reconciliation in milliseconds, if there is a log
    #[arg(long, default_value_t = 20)]
    work: u64,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let filter = tracing_subscriber::filter::LevelFilter::INFO;
    tracing_subscriber::fmt().with_max_level(filter).with_writer(std::io::stderr).with_ansi(false).init();
    let cli = Cli::parse();
    let client = Client::builder().kubeconfig(&cli.kubeconfig).connect().await?;
    let informers = InformerFactory::builder(client.clone()).namespace(&cli.namespace).build();
    let mut builder = Manager::builder(&client).informers(informers);
    let sharding = sharding(&cli, &client)?;
    if let Some(sharding) = &sharding {
        builder = match sharding.clone() {
            Sharded::Shards(shards) => builder.sharding(shards),
            Sharded::Ring(shard) => builder.sharding(shard),
        };
    }
    let mut manager = builder.build();
    let maps = manager.informers().informer::<ConfigMap>();
    let log = cli.log.as_deref().map(Log::open).transpose()?;
    let reconciler = Arc::new(Steps { log, calls: AtomicU64::new(0), ended: AtomicU64::new(0), work: cli.work });
    let controller =
        Controller::builder("maps", &maps).workers(cli.workers).reconciler(Shared(Arc::clone(&reconciler)));
    manager.add(controller);
    let status = Status { client, sharding, maps, reconciler };
    let file = std::fs::File::options().create(true).append(true).open(&cli.stats)?;
    tokio::spawn(report(status, file));
    manager.run().await?;
    Ok(())
}

/// A way to divide the objects.
#[derive(Clone)]
enum Sharded {
    Shards(Shards),
    Ring(RingShard),
}

fn sharding(cli: &Cli, client: &Client) -> Result<Option<Sharded>, BoxError> {
    Ok(match cli.division {
        Division::One => None,
        Division::Shards => {
            let shards = Shards::builder(client, &cli.namespace, &cli.group).identity(&cli.name).build()?;
            Some(Sharded::Shards(shards))
        }
        Division::Ring => {
            let shard = RingShard::builder(client, &cli.namespace, &cli.group).shard_name(&cli.name).build()?;
            Some(Sharded::Ring(shard))
        }
    })
}

/// A reconciler that writes its steps to a log.
struct Steps {
    log: Option<Log>,
    calls: AtomicU64,
    ended: AtomicU64,
    work: u64,
}

struct Shared(Arc<Steps>);

impl Reconciler<ConfigMap> for Shared {
    async fn reconcile(&self, request: Request<ConfigMap>) -> Result<Outcome, ReconcileError> {
        let steps = &self.0;
        if let Some(log) = &steps.log {
            let metadata = &request.object.metadata;
            let uid = metadata.uid.clone().unwrap_or_default();
            let version = metadata.resource_version.as_deref().and_then(|version| version.parse().ok());
            let (call, version) = (steps.calls.fetch_add(1, Ordering::Relaxed), version.unwrap_or_default());
            let slot = shard_hash(&uid) >> 57;
            let entry = Entry { at: 0, call, step: Step::Start, uid, version, slot };
            Call { log, entry, ended: false }.work(steps.work).await;
        }
        steps.ended.fetch_add(1, Ordering::Relaxed);
        Ok(Outcome::done())
    }
}

/// A reconciliation. When it is dropped before its end, the log says so.
struct Call<'l> {
    log: &'l Log,
    entry: Entry,
    ended: bool,
}

impl Call<'_> {
    async fn work(mut self, mean: u64) {
        self.step(Step::Start);
        let (writes, interval) = if fastrand::u32(..LONG) == 0 {
            (fastrand::u64(20..120), INTERVAL)
        } else {
            (2, Duration::from_micros(fastrand::u64(0..=mean * 2) * 1000 / 2))
        };
        for _ in 0..writes {
            tokio::time::sleep(interval).await;
            self.step(Step::Write);
        }
        self.step(Step::End);
        self.ended = true;
    }

    fn step(&mut self, step: Step) {
        self.entry.step = step;
        self.entry.at = clock::now();
        if let Err(error) = self.log.append(&self.entry) {
            eprintln!("the log cannot be written: {error}");
            // A check of an incomplete log would be wrong.
            std::process::exit(3);
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.step(Step::Dropped);
        }
    }
}

/// What the status is read from.
struct Status {
    client: Client,
    sharding: Option<Sharded>,
    maps: Informer<ConfigMap>,
    reconciler: Arc<Steps>,
}

impl Status {
    fn stats(&self) -> Stats {
        let lost = |status: &serde_json::Value| status["leasesLost"].as_u64().unwrap_or_default();
        let (slots, leases_lost) = match &self.sharding {
            None => (128, 0),
            Some(Sharded::Shards(shards)) => (shards.held(), lost(&shards.status())),
            Some(Sharded::Ring(shard)) => (usize::from(shard.is_held()), 0),
        };
        let sample = |line: &str| line.split_whitespace().next_back().and_then(|value| value.parse::<f64>().ok());
        let requests = self.client.metrics_text();
        let requests =
            requests.lines().filter(|line| line.starts_with("rest_client_requests_total{")).filter_map(sample);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let requests = requests.sum::<f64>() as u64;
        let reconciled = self.reconciler.ended.load(Ordering::Relaxed);
        let cached = self.maps.snapshot().len();
        Stats { slots, synced: self.maps.has_synced(), cached, reconciled, requests, leases_lost }
    }
}

async fn report(status: Status, mut file: std::fs::File) {
    use std::io::Write;
    loop {
        let line = serde_json::to_string(&status.stats()).unwrap_or_default() + "\n";
        if let Err(error) = file.write_all(line.as_bytes()) {
            eprintln!("the status cannot be written: {error}");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
