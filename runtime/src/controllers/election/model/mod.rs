//! Property tests of elections between simulated processes, whatever happens to their clocks, their connections and to
//! themselves: there are never two leaders, and soon there is one when the network works.
//!
//! `ELECTIONS=10000 cargo test --release … election::model` sets the number of elections.

pub(in crate::controllers) mod network;
pub(in crate::controllers) mod process;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube_fake_apiserver::FakeApiServer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::time::Instant;

use self::network::{Fate, Network, Partition, fates, partitions};
use self::process::{Process, Simulated};
use super::elector::LeaderElector;
use super::host::Host;
use super::term::Leadership;

/// How long faults are injected, in seconds.
const FAULTY: u16 = 180;
/// How long the election then lasts, in seconds, and within which time there must be a leader: a request that hangs, the lease,
/// and the delay of the next attempt, on the slowest clock.
const HEALTHY: u64 = 60;
const PROGRESS: u64 = 5 + 15 + 5 + 5;
/// The ratio of the lease duration to the renew deadline: how much faster one clock may run than another one.
const RATIO: f64 = 1.5;

#[derive(Clone, Debug)]
struct Plan {
    rate: f64,
    fates: Vec<Fate>,
    partitions: Vec<Partition>,
    /// Start and length, in seconds.
    pauses: Vec<(u16, u16)>,
    /// When it is killed, unless it is the only one that lives to the end.
    crash: Option<u16>,
    release: bool,
    /// How long it works before it gives up leadership, in seconds.
    works: u16,
}

fn plan(rate: impl Strategy<Value = f64>) -> impl Strategy<Value = Plan> {
    let pauses = prop::collection::vec((0..FAULTY, 1_u16..40), 0..4);
    let works = prop_oneof![Just(u16::MAX), 5_u16..60];
    let crash = prop::option::weighted(0.2, 0..FAULTY);
    (rate, fates(), partitions(FAULTY), pauses, crash, any::<bool>(), works).prop_map(
        |(rate, fates, partitions, pauses, crash, release, works)| Plan {
            rate,
            fates,
            partitions,
            pauses,
            crash,
            release,
            works,
        },
    )
}

/// What the leaders did.
#[derive(Default)]
struct Log {
    /// The elector and the term of the last action, and how many terms there were.
    last: Option<(usize, i32)>,
    actions: usize,
    leaders: usize,
    last_action: Option<Instant>,
    violations: Vec<String>,
}

struct Participant {
    elector: LeaderElector,
    process: Arc<Process>,
}

type Participants = Arc<Vec<Participant>>;

/// Acts as the leader at a time: no one else may be the leader by its own clock, nor act any more with an older term.
fn act(log: &Mutex<Log>, all: &Participants, own: usize, leadership: &Leadership) {
    let mut log = log.lock().unwrap();
    let term = leadership.transitions();
    let others = all.iter().enumerate().filter(|(index, other)| *index != own && other.elector.is_leader());
    let violations: Vec<String> = others.map(|(other, _)| format!("{own} acts while {other} is the leader")).collect();
    log.violations.extend(violations);
    if let Some((elector, last)) = log.last
        && (term < last || (term == last && elector != own))
    {
        log.violations.push(format!("{own} acts in term {term} after {elector} acted in term {last}"));
    }
    if log.last.is_none_or(|(elector, _)| elector != own) {
        log.leaders += 1;
    }
    log.last = Some((own, term));
    log.actions += 1;
    log.last_action = Some(Instant::now());
}

async fn participate(all: Participants, own: usize, works: Duration, log: Arc<Mutex<Log>>) {
    loop {
        let work = |leadership: Leadership| {
            let (all, log) = (all.clone(), log.clone());
            async move {
                let start = Instant::now();
                while start.elapsed() < works {
                    act(&log, &all, own, &leadership);
                    tokio::time::sleep(Duration::from_millis(70)).await;
                }
            }
        };
        all[own].elector.run(work).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn pause(process: Arc<Process>, mut pauses: Vec<(u16, u16)>, crash: Option<u16>, start: Instant) {
    // A killed process is one that does not continue.
    pauses.extend(crash.map(|at| (at, u16::MAX)));
    pauses.sort_unstable();
    for (at, length) in pauses {
        tokio::time::sleep_until(start + Duration::from_secs(at.into())).await;
        process.pause();
        tokio::time::sleep(Duration::from_secs(length.into())).await;
        process.resume();
    }
}

/// Runs an election and returns its log, and when the faults ended.
async fn elect(plans: Vec<Plan>) -> (Log, Instant) {
    let server = FakeApiServer::builder().build().unwrap();
    let faulty = Duration::from_secs(FAULTY.into());
    let start = Instant::now();
    let participant = |(index, plan): (usize, &Plan)| {
        let client = Network::client(&server, plan.fates.clone(), plan.partitions.clone(), faulty);
        let process = Process::new(plan.rate);
        let host = Host { simulation: Some(Arc::new(Simulated(process.clone()))) };
        let builder = LeaderElector::builder(&client, "default", "lease").identity(format!("elector-{index}"));
        let elector = builder.release_on_cancel(plan.release).host(host).build().unwrap();
        Participant { elector, process }
    };
    let all: Participants = Arc::new(plans.iter().enumerate().map(participant).collect());
    let log = Arc::new(Mutex::new(Log::default()));
    let mut tasks = tokio::task::JoinSet::new();
    for (own, plan) in plans.into_iter().enumerate() {
        let process = &all[own].process;
        let crash = plan.crash.filter(|_| own > 0);
        tasks.spawn(pause(process.clone(), plan.pauses, crash, start));
        let works = Duration::from_secs(plan.works.into());
        tasks.spawn(process.paused_with(Box::pin(participate(all.clone(), own, works, log.clone()))));
    }
    // A pause may last longer than the faults.
    let healthy = start + faulty + Duration::from_secs(40 * 4);
    tokio::time::sleep_until(healthy + Duration::from_secs(HEALTHY)).await;
    drop(tasks);
    let log = std::mem::take(&mut *log.lock().unwrap());
    (log, healthy)
}

fn run(plans: Vec<Plan>) -> (Log, Instant) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(elect(plans))
}

fn elections() -> u32 {
    std::env::var("ELECTIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(24)
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() })
}

#[test]
fn there_are_never_two_leaders_and_soon_one_without_faults() {
    // Together, the rates differ by less than the ratio.
    let plans = prop::collection::vec(plan(1.0..RATIO - 0.001), 2..=4);
    let totals = Mutex::new((0, 0));
    let outcome = runner(elections()).run(&plans, |plans| {
        let (log, healthy) = run(plans);
        if let Some(violation) = log.violations.first() {
            return Err(TestCaseError::fail(format!("{violation}, and {} more", log.violations.len() - 1)));
        }
        let since = log.last_action.map(|last| last.saturating_duration_since(healthy).as_secs());
        prop_assert!(since.is_some_and(|since| since + PROGRESS >= HEALTHY), "the last action was at {since:?}");
        let mut totals = totals.lock().unwrap();
        *totals = (totals.0 + log.actions, totals.1 + log.leaders);
        Ok(())
    });
    let (actions, leaders) = *totals.lock().unwrap();
    println!("{actions} actions of {leaders} leaders");
    outcome.unwrap();
    assert!(leaders >= 2 * elections() as usize, "too few leaders to find errors: {leaders}");
}

/// The property can fail: clocks whose rates differ by more than the ratio lead to two leaders.
#[test]
fn two_leaders_are_found_if_clocks_differ_by_more_than_the_ratio() {
    let of = |rate, partition| Plan {
        rate,
        fates: vec![Fate::default()],
        partitions: vec![partition],
        pauses: Vec::new(),
        crash: None,
        release: false,
        works: u16::MAX,
    };
    let leaders = |ratio| {
        // The fast one comes second, and the slow one loses its connection while it leads.
        let (log, _) = run(vec![of(1.0, Partition::new(20, 40)), of(ratio, Partition::new(0, 5))]);
        (log.leaders > 1, log.violations.is_empty())
    };
    assert_eq!(leaders(RATIO - 0.001), (true, true));
    assert_eq!(leaders(RATIO * 1.6), (true, false));
}
