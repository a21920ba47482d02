//! Informers on a real control plane that fails repeatedly: `cargo xtask soak --minutes N --seed S`.
//!
//! Objects are written while kube-apiserver and etcd are killed, frozen and restored to an older state, and while requests of
//! the informers fail. After each failure, the cache and all handlers must converge to the state of the server, and the events
//! of each handler must be a valid sequence. Commands for the control plane are printed as lines with the prefix `command: `;
//! each is acknowledged with a line on standard input.

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::AIServiceBackend;
use aigateway_client::crds::{InstallOptions, install};
use aigateway_client::runtime::client::{Client, ListOptions};
use aigateway_client::runtime::informer::{Backlog, Event, HandlerOptions, Informer};
use futures::StreamExt;
use integration_tests::backend::namespace;
use integration_tests::faults::{Faults, clients};
use integration_tests::samples::Sample;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// Uid and resource version by name.
type Versions = BTreeMap<String, (String, String)>;

/// Time limit of convergence; the maximum backoff of informers is 60 s.
const CONVERGENCE_TIMEOUT: Duration = Duration::from_secs(90);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let number = |name: &str, default: u64| {
        let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
        arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (minutes, seed) = (number("--minutes", 5), number("--seed", 1));
    let mut soak = Soak::start(seed).await?;
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    while Instant::now() < end {
        soak.round().await?;
    }
    soak.report();
    Ok(())
}

struct Soak {
    rng: fastrand::Rng,
    direct: Clientset,
    faults: Arc<Faults>,
    namespace: String,
    informer: Informer<AIServiceBackend>,
    histories: Vec<(&'static str, Arc<Mutex<History>>)>,
    saved: bool,
    writes: u64,
    rounds: u64,
    slowest: Duration,
}

impl Soak {
    async fn start(seed: u64) -> Result<Self, BoxError> {
        let (direct, watched, faults) = clients().await?;
        install(direct.client(), &aigateway_client::crds(), &InstallOptions::default()).await?;
        let namespace = namespace(&direct).await;
        let client: Client = watched.into();
        let informer = client.namespaced::<AIServiceBackend>(&namespace).informer().on_error(|_| {}).build();
        let histories = vec![
            ("every event", listen(&informer, Backlog::EveryEvent, Duration::ZERO, Duration::ZERO)?),
            ("latest only", listen(&informer, Backlog::LatestOnly, Duration::ZERO, Duration::from_millis(20))?),
            ("resynced", listen(&informer, Backlog::EveryEvent, Duration::from_secs(7), Duration::ZERO)?),
        ];
        informer.start();
        informer.synced().await?;
        let rng = fastrand::Rng::with_seed(seed);
        let (saved, writes, rounds, slowest) = (false, 0, 0, Duration::ZERO);
        Ok(Soak { rng, direct, faults, namespace, informer, histories, saved, writes, rounds, slowest })
    }

    /// Writes objects, injects a failure, and waits for convergence.
    async fn round(&mut self) -> Result<(), BoxError> {
        self.write(40).await;
        let failure = self.fail().await?;
        self.write(10).await;
        self.ready().await?;
        self.write(20).await;
        let elapsed = self.converge(&failure).await?;
        self.rounds += 1;
        self.slowest = self.slowest.max(elapsed);
        println!("{:>4} {failure}: converged after {:.1} s", self.rounds, elapsed.as_secs_f64());
        Ok(())
    }

    /// Writes random objects; failed writes are ignored.
    async fn write(&mut self, count: u64) {
        let backends = self.direct.aigateway_v1beta1().ai_service_backends(&self.namespace);
        for _ in 0..count {
            let name = format!("backend-{}", self.rng.u64(0..30));
            let kind = self.rng.u64(0..5);
            let stamp = self.writes.to_string();
            let write = async {
                match kind {
                    0 => drop(backends.delete(&name).await),
                    1 | 2 => drop(backends.create(&AIServiceBackend::sample(&name)).await),
                    _ => {
                        let change = |backend: &mut AIServiceBackend| {
                            let labels = backend.metadata.labels.get_or_insert_default();
                            labels.insert("stamp".to_owned(), stamp.clone());
                        };
                        drop(backends.modify(&name, change).await);
                    }
                }
            };
            if tokio::time::timeout(Duration::from_secs(2), write).await.is_err() {
                return;
            }
            self.writes += 1;
        }
    }

    async fn fail(&mut self) -> Result<String, BoxError> {
        let pause = Duration::from_millis(self.rng.u64(500..6500));
        match self.rng.u64(0..9) {
            0 => kill("kube-apiserver", pause).await,
            1 => kill("etcd", pause).await,
            2 => freeze("kube-apiserver", pause).await,
            3 => freeze("etcd", pause).await,
            4 => Ok(self.refuse(429, pause).await),
            5 => Ok(self.refuse(500, pause).await),
            6 => {
                self.faults.abort_watches();
                Ok("watches aborted".to_owned())
            }
            // Long enough for the compaction of etcd.
            7 => Ok(self.refuse(500, Duration::from_secs(40)).await),
            _ if self.saved => {
                self.saved = false;
                kill_both("restore")?;
                Ok("etcd restored to an older state".to_owned())
            }
            _ => {
                self.saved = true;
                kill_both("save")?;
                Ok("both killed, and the state saved".to_owned())
            }
        }
    }

    async fn refuse(&mut self, code: u16, pause: Duration) -> String {
        self.faults.refuse(Some(code));
        self.faults.abort_watches();
        self.write(20).await;
        tokio::time::sleep(pause).await;
        self.faults.refuse(None);
        format!("{code} for {:.1} s", pause.as_secs_f64())
    }

    /// Waits until the server answers again.
    async fn ready(&self) -> Result<(), BoxError> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(120) {
            let objects = tokio::time::timeout(Duration::from_secs(3), self.list()).await;
            if objects.is_ok_and(|objects| objects.is_ok()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err("the server did not recover within two minutes".into())
    }

    /// Waits until the cache and all handlers have the state of the server; returns the elapsed time.
    async fn converge(&self, failure: &str) -> Result<Duration, BoxError> {
        let start = Instant::now();
        loop {
            let expected = self.list().await?;
            let mut stale = Vec::new();
            let cache: Versions = self.informer.snapshot().iter().map(|backend| version(backend)).collect();
            if cache != expected {
                stale.push(("the cache", cache));
            }
            for (name, history) in &self.histories {
                let history = history.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(error) = &history.error {
                    return Err(format!("after {failure}, {name}: {error}").into());
                }
                let received: Versions =
                    history.versions.iter().map(|(name, version)| (name.clone(), version.clone())).collect();
                if received != expected {
                    stale.push((name, received));
                }
            }
            if stale.is_empty() {
                return Ok(start.elapsed());
            }
            if start.elapsed() > CONVERGENCE_TIMEOUT {
                let status = self.informer.status();
                return Err(format!("after {failure}: the server has {expected:#?}, but {stale:#?}; {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn list(&self) -> Result<Versions, BoxError> {
        let backends = self.direct.aigateway_v1beta1().ai_service_backends(&self.namespace);
        Ok(backends.list(&ListOptions::default()).await?.items.iter().map(version).collect())
    }

    fn report(&self) {
        let (rounds, writes, slowest) = (self.rounds, self.writes, self.slowest.as_secs_f64());
        println!("{rounds} failures, {writes} writes: no events lost or duplicated; converged within {slowest:.1} s");
        println!("{:#?}", self.informer.status());
    }
}

async fn kill(server: &str, pause: Duration) -> Result<String, BoxError> {
    command(&format!("kill {server}"))?;
    tokio::time::sleep(pause).await;
    command(&format!("start {server}"))?;
    Ok(format!("{server} killed for {:.1} s", pause.as_secs_f64()))
}

async fn freeze(server: &str, pause: Duration) -> Result<String, BoxError> {
    command(&format!("freeze {server}"))?;
    tokio::time::sleep(pause).await;
    command(&format!("thaw {server}"))?;
    Ok(format!("{server} frozen for {:.1} s", pause.as_secs_f64()))
}

fn kill_both(command_between: &str) -> Result<(), BoxError> {
    for line in ["kill kube-apiserver", "kill etcd", command_between, "start etcd", "start kube-apiserver"] {
        command(line)?;
    }
    Ok(())
}

fn version(backend: &AIServiceBackend) -> (String, (String, String)) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let metadata = &backend.metadata;
    (text(&metadata.name), (text(&metadata.uid), text(&metadata.resource_version)))
}

/// State of a handler according to its events.
#[derive(Default)]
struct History {
    versions: HashMap<String, (String, String)>,
    error: Option<String>,
}

impl History {
    fn apply(&mut self, event: &Event<AIServiceBackend>, resyncs: bool) {
        let (name, current) = version(event.object());
        let before = self.versions.get(&name).cloned();
        let is_valid = match event {
            Event::Added { .. } => before.is_none(),
            Event::Updated { old, .. } => {
                let (_, old) = version(old);
                before.as_ref() == Some(&old) && old.0 == current.0 && (resyncs || old.1 != current.1)
            }
            Event::Deleted { .. } => before.as_ref().is_some_and(|before| before.0 == current.0),
        };
        if !is_valid && self.error.is_none() {
            self.error = Some(format!("invalid event after {before:?}: {event:?}"));
        }
        match event {
            Event::Deleted { .. } => self.versions.remove(&name),
            _ => self.versions.insert(name, current),
        };
    }
}

fn listen(
    informer: &Informer<AIServiceBackend>,
    backlog: Backlog,
    resync: Duration,
    delay: Duration,
) -> Result<Arc<Mutex<History>>, BoxError> {
    let mut events = informer.events(HandlerOptions::default().backlog(backlog).resync(resync))?;
    let history = Arc::new(Mutex::new(History::default()));
    let shared = Arc::clone(&history);
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            tokio::time::sleep(delay).await;
            shared.lock().unwrap_or_else(PoisonError::into_inner).apply(&event, !resync.is_zero());
        }
    });
    Ok(history)
}

/// Sends a command to the control plane and waits for its acknowledgement.
fn command(line: &str) -> Result<(), BoxError> {
    println!("command: {line}");
    let mut reply = String::new();
    std::io::stdin().lock().read_line(&mut reply)?;
    if reply.trim() == "done" { Ok(()) } else { Err(format!("command {line:?} failed").into()) }
}
