//! Property tests of groups of simulated replicas, whatever happens to their clocks, their connections and to themselves: no
//! slot is open in two replicas, and soon each slot has one when the network works.
//!
//! `SHARD_GROUPS=10000 cargo test --release … sharding::model` sets the number of groups.

mod scenarios;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube_fake_apiserver::FakeApiServer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::interface::Sharding;
use super::shards::Shards;
use super::slots::{SLOTS, Slots};
use crate::controllers::Stop;
use crate::controllers::election::Host;
use crate::controllers::election::model::network::{Fate, Network, Partition, fates, partitions};
use crate::controllers::election::model::process::{Process, Simulated};

/// How long faults are injected, in seconds, and how long a pause may last beyond them.
const FAULTY: u16 = 180;
const PAUSES: u64 = 40 * 3;
/// How long the group then lives, in seconds: until the last one has expired and joined again on the slowest clock, has
/// settled, and has received its quota.
const HEALTHY: u64 = 240;
/// Within which time each slot must have been reconciled at the end, in seconds: a replica starts one every 3 seconds or so.
const PROGRESS: u64 = 60;
/// The ratio of the lease duration to the renew deadline: how much faster one clock may run than another one.
const RATIO: f64 = 1.5;

#[derive(Clone, Debug)]
struct Plan {
    rate: f64,
    weight: u32,
    fates: Vec<Fate>,
    partitions: Vec<Partition>,
    /// Start and length, in seconds.
    pauses: Vec<(u16, u16)>,
    joins: u16,
    leaves: Option<u16>,
    /// When it is killed, unless it is the only one that lives to the end.
    crash: Option<u16>,
    /// The grace period of hand-overs, in seconds.
    grace: u16,
}

fn plan(rate: impl Strategy<Value = f64>) -> impl Strategy<Value = Plan> {
    let pauses = prop::collection::vec((0..FAULTY, 1_u16..40), 0..3);
    let joins = prop_oneof![2 => Just(0), 1 => 0..FAULTY];
    let leaves = prop::option::weighted(0.2, 0..FAULTY);
    let crash = prop::option::weighted(0.2, 0..FAULTY);
    (rate, 1_u32..4, fates(), partitions(FAULTY), pauses, joins, leaves, crash, 1_u16..8).prop_map(
        |(rate, weight, fates, partitions, pauses, joins, leaves, crash, grace)| Plan {
            rate,
            weight,
            fates,
            partitions,
            pauses,
            joins,
            leaves,
            crash,
            grace,
        },
    )
}

/// What the replicas did.
struct Log {
    /// When each slot was last reconciled.
    last: Vec<Option<Instant>>,
    reconciliations: usize,
    /// How many times a slot was reconciled by another replica than before.
    moves: usize,
    by: Vec<Option<usize>>,
    violations: Vec<String>,
}

impl Default for Log {
    fn default() -> Self {
        let (last, by) = (vec![None; SLOTS], vec![None; SLOTS]);
        Log { last, reconciliations: 0, moves: 0, by, violations: Vec::new() }
    }
}

struct Replica {
    shards: Shards,
    process: Arc<Process>,
    leave: watch::Sender<bool>,
}

/// All replicas that have joined.
type Replicas = Arc<Mutex<Vec<Arc<Replica>>>>;

/// Verifies at each time that no slot is held by two replicas, by their own clocks.
async fn observe(all: Replicas, log: Arc<Mutex<Log>>) {
    loop {
        let mut held = Slots::default();
        for replica in all.lock().unwrap().iter() {
            let own = replica.shards.held_slots();
            if !own.common(held).is_empty() {
                log.lock().unwrap().violations.push(format!("two replicas hold the slots {}", own.common(held)));
            }
            held = held.union(own);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reconciles in a slot at a time: no other replica may, by its own clock.
fn act(log: &Mutex<Log>, all: &Replicas, own: usize, slot: usize) {
    let mut log = log.lock().unwrap();
    for (other, replica) in all.lock().unwrap().iter().enumerate() {
        if other != own && replica.shards.held_slots().contains(slot) {
            log.violations.push(format!("{own} reconciles in slot {slot} while {other} holds it"));
        }
    }
    log.reconciliations += 1;
    log.last[slot] = Some(Instant::now());
    if log.by[slot].is_some_and(|by| by != own) {
        log.moves += 1;
    }
    log.by[slot] = Some(own);
}

/// Starts reconciliations in random slots, which last up to some seconds.
async fn work(own: usize, all: Replicas, log: Arc<Mutex<Log>>) {
    let replica = Arc::clone(&all.lock().unwrap()[own]);
    let mut running = JoinSet::new();
    loop {
        for _ in 0..4 {
            let slot = fastrand::usize(..SLOTS);
            let Some(permit) = replica.shards.begin_slot(slot) else { continue };
            let (all, log) = (all.clone(), log.clone());
            let steps = if fastrand::u8(..) < 16 { fastrand::u32(..60) } else { 0 };
            let call = async move {
                act(&log, &all, own, slot);
                for _ in 0..steps {
                    tokio::time::sleep(Duration::from_millis(90)).await;
                    act(&log, &all, own, slot);
                }
            };
            let reconciliation = async move { permit.during(call).await };
            running.spawn(replica.process.paused_with(Box::pin(reconciliation)));
        }
        while running.try_join_next().is_some() {}
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

/// Starts a replica, and its reconciliations.
fn join(server: &FakeApiServer, plan: &Plan, all: &Replicas, log: &Arc<Mutex<Log>>, tasks: &mut JoinSet<()>) {
    let faulty = Duration::from_secs(FAULTY.saturating_sub(plan.joins).into());
    let client = Network::client(server, plan.fates.clone(), plan.partitions.clone(), faulty);
    let process = Process::new(plan.rate);
    let host = Host { simulation: Some(Arc::new(Simulated(process.clone()))) };
    let builder = Shards::builder(&client, "default", "group").weight(plan.weight).host(host);
    let shards = builder.grace_period(Duration::from_secs(plan.grace.into())).build().unwrap();
    let (leave, left) = watch::channel(false);
    let run = shards.clone();
    let run = Box::pin(async move { run.run(Stop::from(left)).await.unwrap() });
    let own = {
        let mut all = all.lock().unwrap();
        all.push(Arc::new(Replica { shards, process: process.clone(), leave }));
        all.len() - 1
    };
    tasks.spawn(process.paused_with(run));
    tasks.spawn(process.paused_with(Box::pin(work(own, all.clone(), log.clone()))));
}

/// Runs a group. Returns its log, and when the faults ended; and the slots of the replicas that are left, with their weights.
async fn live(plans: Vec<Plan>) -> (Log, Vec<(u32, usize)>) {
    let server = FakeApiServer::builder().build().unwrap();
    let start = Instant::now();
    let (all, log) = (Replicas::default(), Arc::new(Mutex::new(Log::default())));
    let mut tasks = JoinSet::new();
    tasks.spawn(observe(all.clone(), log.clone()));
    let mut order: Vec<(usize, &Plan)> = plans.iter().enumerate().collect();
    order.sort_by_key(|(index, plan)| (plan.joins, *index));
    for (joined, (index, plan)) in order.iter().enumerate() {
        tokio::time::sleep_until(start + Duration::from_secs(plan.joins.into())).await;
        join(&server, plan, &all, &log, &mut tasks);
        let replica = Arc::clone(&all.lock().unwrap()[joined]);
        let crash = plan.crash.filter(|_| *index > 0);
        tasks.spawn(pause(replica.process.clone(), plan.pauses.clone(), crash, start));
        if let Some(at) = plan.leaves.filter(|_| *index > 0) {
            tasks.spawn(async move {
                tokio::time::sleep_until(start + Duration::from_secs(at.into())).await;
                replica.leave.send_replace(true);
            });
        }
    }
    let end = start + Duration::from_secs(u64::from(FAULTY) + PAUSES + HEALTHY);
    tokio::time::sleep_until(end).await;
    let replicas = all.lock().unwrap().clone();
    let stays =
        |(_, (index, plan)): &(usize, &(usize, &Plan))| *index == 0 || (plan.leaves.is_none() && plan.crash.is_none());
    let held =
        order.iter().enumerate().filter(stays).map(|(joined, (_, plan))| (plan.weight, replicas[joined].shards.held()));
    let held = held.collect();
    drop(tasks);
    let log = std::mem::take(&mut *log.lock().unwrap());
    (log, held)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

fn groups() -> u32 {
    std::env::var("SHARD_GROUPS").ok().and_then(|count| count.parse().ok()).unwrap_or(4)
}

#[test]
fn no_slot_is_open_in_two_replicas_and_soon_each_in_one_without_faults() {
    let plans = prop::collection::vec(plan(1.0..RATIO - 0.001), 2..=5);
    let config = Config { cases: groups(), failure_persistence: None, max_shrink_iters: 50, ..Config::default() };
    let totals = Mutex::new((0, 0));
    let outcome = TestRunner::new(config).run(&plans, |plans| {
        let (log, held) = run(live(plans));
        if let Some(violation) = log.violations.first() {
            return Err(TestCaseError::fail(format!("{violation}, and {} more", log.violations.len() - 1)));
        }
        for (slot, last) in log.last.iter().enumerate() {
            let since = last.map(|last| last.elapsed().as_secs());
            prop_assert!(
                since.is_some_and(|since| since < PROGRESS),
                "slot {slot} was reconciled {since:?} seconds ago"
            );
        }
        let total: u32 = held.iter().map(|(weight, _)| weight).sum();
        for (weight, held) in &held {
            // The quota, rounded up or down.
            let (share, total) = (SLOTS * *weight as usize, total as usize);
            prop_assert!(
                (share / total..=share.div_ceil(total)).contains(held),
                "{held} slots instead of {share}/{total}"
            );
        }
        let mut totals = totals.lock().unwrap();
        *totals = (totals.0 + log.reconciliations, totals.1 + log.moves);
        Ok(())
    });
    let (reconciliations, moves) = *totals.lock().unwrap();
    println!("{reconciliations} reconciliations, {moves} slots moved");
    outcome.unwrap();
    assert!(moves >= SLOTS / 4 * groups() as usize, "too few moves to find errors: {moves}");
}

/// The property can fail: clocks whose rates differ by more than the ratio lead to two replicas with one slot.
#[test]
fn two_replicas_with_one_slot_are_found_if_clocks_differ_by_more_than_the_ratio() {
    let of = |rate, joins, partition| Plan {
        rate,
        weight: 1,
        fates: vec![Fate::default()],
        partitions: vec![partition],
        pauses: Vec::new(),
        joins,
        leaves: None,
        crash: None,
        grace: 5,
    };
    let violations = |ratio| {
        // The slow one holds all slots, and then loses its connection.
        let slow = of(1.0, 0, Partition::new(20, 40));
        let (log, _) = run(live(vec![slow, of(ratio, 1, Partition::new(0, 1))]));
        !log.violations.is_empty()
    };
    assert_eq!((violations(RATIO - 0.001), violations(RATIO * 1.6)), (false, true));
}
