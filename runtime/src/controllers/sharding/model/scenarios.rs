//! Groups to which one thing happens: how long slots have no replica, and how many move.

use super::*;

/// Samples a group until `duration` has passed. Returns the longest time for which a slot had no replica, and how many times
/// slots have changed between replicas.
async fn sample(all: &Replicas, duration: Duration) -> (Duration, usize) {
    let start = Instant::now();
    let mut since = [Instant::now(); SLOTS];
    let mut holders: Vec<Option<usize>> = vec![None; SLOTS];
    let (mut gap, mut moves) = (Duration::ZERO, 0);
    while start.elapsed() < duration {
        let now = Instant::now();
        let replicas = all.lock().unwrap().clone();
        for (index, replica) in replicas.iter().enumerate().filter(|(_, replica)| !replica.process.is_paused()) {
            for slot in replica.shards.held_slots().iter() {
                gap = gap.max(now - since[slot]);
                moves += usize::from(holders[slot].is_some_and(|before| before != index));
                (since[slot], holders[slot]) = (now, Some(index));
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (since.iter().map(Instant::elapsed).fold(gap, Duration::max), moves)
}

fn calm() -> Plan {
    Plan {
        rate: 1.0,
        weight: 1,
        fates: vec![Fate::default()],
        partitions: vec![Partition::new(u16::MAX, 0)],
        pauses: Vec::new(),
        joins: 0,
        leaves: None,
        crash: None,
        grace: 30,
    }
}

/// A group without faults.
struct Group {
    server: FakeApiServer,
    all: Replicas,
    tasks: JoinSet<()>,
}

impl Group {
    /// Starts replicas one after the other, and waits until each has its quota.
    async fn of(replicas: usize) -> Self {
        let server = FakeApiServer::builder().build().unwrap();
        let mut group = Group { server, all: Replicas::default(), tasks: JoinSet::new() };
        (0..replicas).for_each(|_| drop(group.join()));
        group.quiet(replicas).await;
        group
    }

    fn join(&mut self) -> Arc<Replica> {
        let log = Arc::new(Mutex::new(Log::default()));
        join(&self.server, &calm(), &self.all, &log, &mut self.tasks);
        Arc::clone(self.all.lock().unwrap().last().unwrap())
    }

    fn replica(&self, index: usize) -> Arc<Replica> {
        Arc::clone(&self.all.lock().unwrap()[index])
    }

    fn held(&self) -> Vec<usize> {
        self.all.lock().unwrap().iter().map(|replica| replica.shards.held()).collect()
    }

    /// Waits until this number of replicas have their quota, and no slot moves.
    async fn quiet(&self, replicas: usize) {
        let quota = SLOTS / replicas;
        for _ in 0..100_000 {
            let held: Vec<usize> = self.held().into_iter().filter(|held| *held > 0).collect();
            let is_complete = held.iter().sum::<usize>() == SLOTS;
            if is_complete && held.len() == replicas && held.iter().all(|held| *held == quota || *held == quota + 1) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:?}", self.held());
    }
}

/// Two reads, with their jitter, and the resolution of the test.
const TWO_READS: Duration = Duration::from_millis(2 * 2200 + 400);

#[test]
fn slots_of_a_crashed_replica_have_another_one_soon_after_its_lease_duration() {
    run(async {
        let group = Group::of(3).await;
        group.replica(1).process.pause();
        let (gap, moves) = sample(&group.all, Duration::from_secs(60)).await;
        println!("a crash: {gap:?} without a replica");
        // The Lease was renewed up to 2 seconds before the crash, and the renewal was read up to 2.2 seconds later.
        let bounds = Duration::from_secs(10)..Duration::from_secs(15) + TWO_READS + Duration::from_millis(2200);
        assert!(bounds.contains(&gap), "{gap:?}");
        assert_eq!(moves, 0, "only the slots of the crashed replica move, which nobody held when the sample began");
        assert_eq!(group.held()[1], 0);
        group.quiet(2).await;
    });
}

#[test]
fn slots_of_a_replica_that_leaves_have_another_one_after_the_next_read() {
    run(async {
        let group = Group::of(3).await;
        group.replica(0).leave.send_replace(true);
        let (gap, moves) = sample(&group.all, Duration::from_secs(60)).await;
        println!("a leave: {gap:?} without a replica");
        assert!(gap < Duration::from_millis(2200 + 500), "{gap:?}");
        assert!((42..=43).contains(&moves), "{moves}");
        group.quiet(2).await;
    });
}

#[test]
fn replica_that_leaves_receives_no_slots_while_its_last_reconciliation_runs() {
    run(async {
        let group = Group::of(3).await;
        let leaving = group.replica(0);
        let slot = leaving.shards.held_slots().iter().next().unwrap();
        let last = leaving.shards.begin_slot(slot).unwrap();
        let others = group.held()[0] - 1;
        leaving.leave.send_replace(true);
        let slots_of_others = || [1, 2].map(|index| group.replica(index).shards.held_slots());
        let first = slots_of_others();
        let mut before = first;
        // Shorter than the grace period, and longer than any other reconciliation and the reads after it.
        for _ in 0..240 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let now = slots_of_others();
            assert!(
                before.iter().zip(&now).all(|(before, now)| before.without(*now).is_empty()),
                "a slot was handed back"
            );
            before = now;
        }
        let received: usize = first.iter().zip(&before).map(|(first, now)| now.len() - first.len()).sum();
        assert_eq!((received, leaving.shards.held_slots().len()), (others, 1));
        drop(last);
        group.quiet(2).await;
    });
}

#[test]
fn replica_that_joins_gets_its_quota_in_limited_steps() {
    run(async {
        let mut group = Group::of(2).await;
        let (start, joined) = (Instant::now(), group.join());
        let mut steps = vec![0];
        while joined.shards.held() < SLOTS / 3 {
            let held = joined.shards.held();
            if steps.last() != Some(&held) {
                steps.push(held);
            }
            assert!(start.elapsed() < Duration::from_secs(300), "{steps:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        println!("a join: {:?} after {:?}", steps, start.elapsed());
        assert!(start.elapsed() >= Duration::from_secs(30), "settles first: {:?}", start.elapsed());
        // Each of the two hands over a quarter of its 64 slots in 10 seconds.
        assert!(steps.windows(2).all(|step| step[1] - step[0] <= 32), "{steps:?}");
        let (gap, moves) = sample(&group.all, Duration::from_secs(60)).await;
        assert!(gap < Duration::from_millis(2200 + 500), "{gap:?}");
        assert_eq!(moves, 0, "the quota is reached, and nothing moves any more");
    });
}

#[test]
fn replica_that_keeps_crashing_before_it_settles_moves_nothing() {
    run(async {
        let mut group = Group::of(2).await;
        let all = group.all.clone();
        let sampled = tokio::spawn(async move { sample(&all, Duration::from_secs(600)).await });
        for _ in 0..20 {
            let crashes = group.join();
            tokio::time::sleep(Duration::from_secs(28)).await;
            crashes.process.pause();
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        let (gap, moves) = sampled.await.unwrap();
        assert_eq!(moves, 0);
        assert!(gap < Duration::from_millis(100), "{gap:?}");
    });
}

#[test]
fn replica_that_flaps_moves_at_most_its_quota_twice_each_time() {
    run(async {
        let mut group = Group::of(3).await;
        let all = group.all.clone();
        let sampled = tokio::spawn(async move { sample(&all, Duration::from_secs(900)).await });
        for _ in 0..10 {
            let flaps = group.join();
            tokio::time::sleep(Duration::from_secs(60)).await;
            flaps.process.pause();
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        let (gap, moves) = sampled.await.unwrap();
        println!("ten joins and crashes: {moves} moves, {gap:?} without a replica");
        assert!((10..=10 * 2 * SLOTS / 4).contains(&moves), "{moves}");
    });
}

#[test]
fn clean_restart_of_all_replicas_does_not_wait_for_their_leases() {
    run(async {
        let mut group = Group::of(2).await;
        for replica in group.all.lock().unwrap().iter() {
            replica.leave.send_replace(true);
        }
        while group.held().iter().any(|held| *held > 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (start, next) = (Instant::now(), group.join());
        while next.shards.held() < SLOTS {
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", group.held());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

/// A process knows that its own Lease is over, and does not wait for it as for that of another one.
#[test]
fn replicas_that_were_all_paused_do_not_wait_for_their_former_leases() {
    for replicas in [1, 3] {
        run(async {
            let group = Group::of(replicas).await;
            let all = group.all.lock().unwrap().clone();
            all.iter().for_each(|replica| replica.process.pause());
            // Longer than the renew deadline, shorter than the lease duration.
            tokio::time::sleep(Duration::from_secs(13)).await;
            all.iter().for_each(|replica| replica.process.resume());
            let (gap, _) = sample(&group.all, Duration::from_secs(60)).await;
            println!("a pause of all {replicas}: {gap:?} without a replica");
            assert!(gap < TWO_READS, "{gap:?}");
            group.quiet(replicas).await;
        });
    }
}
