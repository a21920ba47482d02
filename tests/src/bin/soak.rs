//! Informers on a real control plane that keeps failing: `cargo xtask soak --minutes N --seed S` starts it.
//!
//! Objects are written all the time, while kube-apiserver and etcd are killed, frozen, and brought back to an older state, and
//! while requests of the informers are refused. After each failure, the cache and every handler must come to know what the
//! server has; and every handler's story must be one that can have happened. Orders for the control plane go out as lines
//! that begin with `order: `, and each is answered by a line.

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

type Failure = Box<dyn std::error::Error + Send + Sync>;
/// Uid and version by name.
type Known = BTreeMap<String, (String, String)>;

/// The longest that coming to know may take: the longest wait between two tries is 60 s.
const LIMIT: Duration = Duration::from_secs(90);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let number = |name: &str, otherwise: u64| {
        let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
        arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
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
    dice: fastrand::Rng,
    direct: Clientset,
    faults: Arc<Faults>,
    namespace: String,
    informer: Informer<AIServiceBackend>,
    stories: Vec<(&'static str, Arc<Mutex<Story>>)>,
    saved: bool,
    writes: u64,
    rounds: u64,
    slowest: Duration,
}

impl Soak {
    async fn start(seed: u64) -> Result<Self, Failure> {
        let (direct, watched, faults) = clients().await?;
        install(direct.client(), &aigateway_client::crds(), &InstallOptions::default()).await?;
        let namespace = namespace(&direct).await;
        let client: Client = watched.into();
        let informer = client.namespaced::<AIServiceBackend>(&namespace).informer().on_error(|_| {}).build();
        let stories = vec![
            ("every event", listen(&informer, Backlog::EveryEvent, Duration::ZERO, Duration::ZERO)?),
            ("latest only", listen(&informer, Backlog::LatestOnly, Duration::ZERO, Duration::from_millis(20))?),
            ("resynced", listen(&informer, Backlog::EveryEvent, Duration::from_secs(7), Duration::ZERO)?),
        ];
        informer.start();
        informer.synced().await?;
        let dice = fastrand::Rng::with_seed(seed);
        let (saved, writes, rounds, slowest) = (false, 0, 0, Duration::ZERO);
        Ok(Soak { dice, direct, faults, namespace, informer, stories, saved, writes, rounds, slowest })
    }

    /// Some writes, a failure, some writes; then everybody must come to know.
    async fn round(&mut self) -> Result<(), Failure> {
        self.write(40).await;
        let what = self.fail().await?;
        self.write(10).await;
        self.ready().await?;
        self.write(20).await;
        let took = self.converge(&what).await?;
        self.rounds += 1;
        self.slowest = self.slowest.max(took);
        println!("{:>4} {what}: known after {:.1} s", self.rounds, took.as_secs_f64());
        Ok(())
    }

    /// Writes that may fail: what the server has is what counts.
    async fn write(&mut self, count: u64) {
        let backends = self.direct.aigateway_v1beta1().ai_service_backends(&self.namespace);
        for _ in 0..count {
            let name = format!("backend-{}", self.dice.u64(0..30));
            let kind = self.dice.u64(0..5);
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

    async fn fail(&mut self) -> Result<String, Failure> {
        let pause = Duration::from_millis(self.dice.u64(500..6500));
        match self.dice.u64(0..9) {
            0 => killed("kube-apiserver", pause).await,
            1 => killed("etcd", pause).await,
            2 => frozen("kube-apiserver", pause).await,
            3 => frozen("etcd", pause).await,
            4 => Ok(self.refused(429, pause).await),
            5 => Ok(self.refused(500, pause).await),
            6 => {
                self.faults.cut();
                Ok("connections cut".to_owned())
            }
            // Long enough for etcd to forget what was before.
            7 => Ok(self.refused(500, Duration::from_secs(40)).await),
            _ if self.saved => {
                self.saved = false;
                both_killed("restore")?;
                Ok("etcd restored to an older state".to_owned())
            }
            _ => {
                self.saved = true;
                both_killed("save")?;
                Ok("both killed, and the state saved".to_owned())
            }
        }
    }

    async fn refused(&mut self, code: u16, pause: Duration) -> String {
        self.faults.refuse(Some(code));
        self.faults.cut();
        self.write(20).await;
        tokio::time::sleep(pause).await;
        self.faults.refuse(None);
        format!("{code} for {:.1} s", pause.as_secs_f64())
    }

    /// Waits until the server answers again.
    async fn ready(&self) -> Result<(), Failure> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(120) {
            let right = tokio::time::timeout(Duration::from_secs(3), self.right()).await;
            if right.is_ok_and(|right| right.is_ok()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err("the server did not come back within two minutes".into())
    }

    /// Waits until the cache and all handlers know what the server has; how long that took.
    async fn converge(&self, what: &str) -> Result<Duration, Failure> {
        let began = Instant::now();
        loop {
            let right = self.right().await?;
            let mut late = Vec::new();
            let cache: Known = self.informer.snapshot().iter().map(|backend| known(backend)).collect();
            if cache != right {
                late.push(("the cache", cache));
            }
            for (name, story) in &self.stories {
                let story = story.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(wrong) = &story.wrong {
                    return Err(format!("after {what}, {name}: {wrong}").into());
                }
                let heard: Known = story.known.iter().map(|(key, seen)| (key.clone(), seen.clone())).collect();
                if heard != right {
                    late.push((name, heard));
                }
            }
            if late.is_empty() {
                return Ok(began.elapsed());
            }
            if began.elapsed() > LIMIT {
                let status = self.informer.status();
                return Err(format!("after {what}: the server has {right:#?}, but {late:#?}; {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn right(&self) -> Result<Known, Failure> {
        let backends = self.direct.aigateway_v1beta1().ai_service_backends(&self.namespace);
        Ok(backends.list(&ListOptions::default()).await?.items.iter().map(known).collect())
    }

    fn report(&self) {
        let (rounds, writes, slowest) = (self.rounds, self.writes, self.slowest.as_secs_f64());
        println!(
            "{rounds} failures, {writes} writes: nothing lost, nothing doubled; known after {slowest:.1} s at the latest"
        );
        println!("{:#?}", self.informer.status());
    }
}

async fn killed(what: &str, pause: Duration) -> Result<String, Failure> {
    order(&format!("kill {what}"))?;
    tokio::time::sleep(pause).await;
    order(&format!("start {what}"))?;
    Ok(format!("{what} killed for {:.1} s", pause.as_secs_f64()))
}

async fn frozen(what: &str, pause: Duration) -> Result<String, Failure> {
    order(&format!("freeze {what}"))?;
    tokio::time::sleep(pause).await;
    order(&format!("thaw {what}"))?;
    Ok(format!("{what} frozen for {:.1} s", pause.as_secs_f64()))
}

fn both_killed(then: &str) -> Result<(), Failure> {
    for what in ["kill kube-apiserver", "kill etcd", then, "start etcd", "start kube-apiserver"] {
        order(what)?;
    }
    Ok(())
}

fn known(backend: &AIServiceBackend) -> (String, (String, String)) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let metadata = &backend.metadata;
    (text(&metadata.name), (text(&metadata.uid), text(&metadata.resource_version)))
}

/// A handler's story so far.
#[derive(Default)]
struct Story {
    known: HashMap<String, (String, String)>,
    wrong: Option<String>,
}

impl Story {
    fn hear(&mut self, event: &Event<AIServiceBackend>, resyncs: bool) {
        let (name, now) = known(event.object());
        let before = self.known.get(&name).cloned();
        let legal = match event {
            Event::Added { .. } => before.is_none(),
            Event::Updated { old, .. } => {
                let (_, old) = known(old);
                before.as_ref() == Some(&old) && old.0 == now.0 && (resyncs || old.1 != now.1)
            }
            Event::Deleted { .. } => before.as_ref().is_some_and(|before| before.0 == now.0),
        };
        if !legal && self.wrong.is_none() {
            self.wrong = Some(format!("{before:?} was known, then came {event:?}"));
        }
        match event {
            Event::Deleted { .. } => self.known.remove(&name),
            _ => self.known.insert(name, now),
        };
    }
}

fn listen(
    informer: &Informer<AIServiceBackend>,
    backlog: Backlog,
    resync: Duration,
    slow: Duration,
) -> Result<Arc<Mutex<Story>>, Failure> {
    let mut events = informer.events(HandlerOptions::default().backlog(backlog).resync(resync))?;
    let story = Arc::new(Mutex::new(Story::default()));
    let heard = Arc::clone(&story);
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            tokio::time::sleep(slow).await;
            heard.lock().unwrap_or_else(PoisonError::into_inner).hear(&event, !resync.is_zero());
        }
    });
    Ok(story)
}

/// Asks for something to happen to the control plane, and waits until it has.
fn order(what: &str) -> Result<(), Failure> {
    println!("order: {what}");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "done" { Ok(()) } else { Err(format!("{what:?} was not done").into()) }
}
