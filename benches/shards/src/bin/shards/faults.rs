//! Random faults of the replicas.

use std::time::Duration;

use nix::sys::signal::Signal;
use shard_benches::{BoxError, clock};

use crate::replicas::{END, Replica, Replicas};

/// A second in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// What can be done to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Join,
    Leave,
    Kill,
    Stop,
    Cut,
    StopAll,
    KillAll,
}

impl Fault {
    /// The faults and how often each is chosen, of 100.
    const WEIGHTS: [(Fault, u32); 7] = [
        (Fault::Join, 20),
        (Fault::Leave, 13),
        (Fault::Kill, 14),
        (Fault::Stop, 30),
        (Fault::Cut, 17),
        (Fault::StopAll, 3),
        (Fault::KillAll, 3),
    ];

    fn choose(rng: &mut fastrand::Rng) -> Self {
        let mut number = rng.u32(..100);
        for (fault, weight) in Fault::WEIGHTS {
            if number < weight {
                return fault;
            }
            number -= weight;
        }
        Fault::Join
    }
}

/// How long a replica is stopped or cut off: shorter than the renew deadline, about as long as the lease duration, or longer.
fn length(rng: &mut fastrand::Rng) -> (u64, &'static str) {
    match rng.u32(..3) {
        0 => (rng.u64(SECOND..9 * SECOND), "short"),
        1 => (rng.u64(9 * SECOND..17 * SECOND), "lease"),
        _ => (rng.u64(17 * SECOND..45 * SECOND), "long"),
    }
}

/// Injects faults into replicas.
pub(crate) struct Faults {
    rng: fastrand::Rng,
    max: usize,
    next: u64,
    /// What must not happen to processes.
    pub(crate) failures: Vec<String>,
}

impl Faults {
    pub(crate) fn new(seed: u64, max: usize) -> Self {
        Faults { rng: fastrand::Rng::with_seed(seed), max, next: 0, failures: Vec::new() }
    }

    /// Injects faults for a time.
    pub(crate) async fn inject(&mut self, replicas: &mut Replicas, time: Duration) -> Result<(), BoxError> {
        let end = clock::now() + u64::try_from(time.as_nanos())?;
        self.next = clock::now() + 5 * SECOND;
        while clock::now() < end {
            self.tick(replicas)?;
            if clock::now() >= self.next {
                self.next = clock::now() + self.rng.u64(3 * SECOND..18 * SECOND);
                self.fault(replicas).await?;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Injects one of each kind of fault, for comparisons: a replica joins, one leaves, one is killed, one is stopped and one
    /// is cut off for longer than its Lease.
    pub(crate) async fn calm(&mut self, replicas: &mut Replicas, time: Duration) -> Result<(), BoxError> {
        let start = clock::now();
        let part = u64::try_from(time.as_nanos())? / 6;
        for step in 1..=6 {
            while clock::now() < start + step * part {
                self.tick(replicas)?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            match step {
                1 => replicas.join().await?,
                2 => Self::leave(replicas, 0)?,
                3 => Self::kill(replicas, 0)?,
                4 => Self::stop_for(replicas, 0, 30 * SECOND, "long")?,
                5 => Self::cut_for(replicas, 0, 30 * SECOND, "long"),
                _ => {}
            }
        }
        Ok(())
    }

    /// Ends all faults.
    pub(crate) fn heal(&mut self, replicas: &mut Replicas) -> Result<(), BoxError> {
        for replica in &mut replicas.all {
            replica.stopped = replica.stopped.map(|_| 0);
            replica.cut = replica.cut.map(|_| 0);
        }
        self.tick(replicas)
    }

    /// Continues replicas when their time is over, and removes those that have ended.
    pub(crate) fn tick(&mut self, replicas: &mut Replicas) -> Result<(), BoxError> {
        let now = clock::now();
        for index in (0..replicas.all.len()).rev() {
            let replica = &mut replicas.all[index];
            if replica.has_ended()? {
                let status = replica.process.wait()?;
                if replica.leaves.is_none() || !status.success() {
                    self.failures.push(format!("{} ended with {status}: see its output", replica.name));
                }
                print(&format!("{} has ended", replica.name));
                drop(replicas.remove(index));
                continue;
            }
            let name = replica.name.clone();
            if replica.stopped.is_some_and(|until| now >= until) {
                replica.stopped = None;
                replica.signal(Signal::SIGCONT)?;
                replicas.record(&name, "continue");
            }
            let replica = &mut replicas.all[index];
            if replica.cut.is_some_and(|until| now >= until) {
                replica.cut = None;
                replica.proxy.set_cut(false);
                replicas.record(&name, "reconnect");
            }
            if replicas.all[index].leaves.is_some_and(|by| now >= by) {
                self.failures.push(format!("{name} did not end within {END:?}"));
                drop(replicas.remove(index));
            }
        }
        Ok(())
    }

    async fn fault(&mut self, replicas: &mut Replicas) -> Result<(), BoxError> {
        let members = |replicas: &Replicas| replicas.all.iter().filter(|replica| replica.leaves.is_none()).count();
        let one = self.rng.usize(..replicas.all.len().max(1));
        let others = replicas.all.iter().enumerate().filter(|(index, replica)| *index != one && replica.is_healthy());
        let is_last = others.count() == 0;
        let fault = match Fault::choose(&mut self.rng) {
            Fault::Join if members(replicas) >= self.max => Fault::Leave,
            // Without a healthy replica, all gaps are those of its absence. Faults of all of them are seldom.
            Fault::Leave | Fault::Kill | Fault::Stop | Fault::Cut if is_last => Fault::Join,
            fault => fault,
        };
        match fault {
            Fault::Join => {
                replicas.join().await?;
                print(&format!("join: {} replicas", replicas.all.len()));
            }
            Fault::Leave => Self::leave(replicas, one)?,
            Fault::Kill => Self::kill(replicas, one)?,
            Fault::Stop => self.stop(replicas, one)?,
            Fault::Cut => self.cut(replicas, one),
            Fault::StopAll => (0..replicas.all.len()).try_for_each(|index| self.stop(replicas, index))?,
            Fault::KillAll => {
                let count = replicas.all.len();
                (0..count).rev().try_for_each(|index| Self::kill(replicas, index))?;
                for _ in 0..count {
                    replicas.join().await?;
                }
            }
        }
        Ok(())
    }

    fn leave(replicas: &mut Replicas, index: usize) -> Result<(), BoxError> {
        let replica = &mut replicas.all[index];
        if replica.leaves.is_some() {
            return Ok(());
        }
        replica.signal(Signal::SIGTERM)?;
        // A stopped process receives the signal when it continues.
        let from = [replica.stopped, replica.cut].into_iter().flatten().fold(clock::now(), u64::max);
        replica.leaves = Some(from + u64::try_from(END.as_nanos())?);
        let name = replica.name.clone();
        record(replicas, &name, "leave");
        Ok(())
    }

    fn kill(replicas: &mut Replicas, index: usize) -> Result<(), BoxError> {
        let mut replica = replicas.remove(index);
        replica.process.kill()?;
        replica.process.wait()?;
        record(replicas, &replica.name, "kill");
        Ok(())
    }

    fn stop(&mut self, replicas: &mut Replicas, index: usize) -> Result<(), BoxError> {
        let (length, kind) = length(&mut self.rng);
        Self::stop_for(replicas, index, length, kind)
    }

    fn stop_for(replicas: &mut Replicas, index: usize, length: u64, kind: &str) -> Result<(), BoxError> {
        let replica = &mut replicas.all[index];
        if replica.stopped.is_some() {
            return Ok(());
        }
        replica.signal(Signal::SIGSTOP)?;
        replica.stopped = Some(clock::now() + length);
        prolong(replica, length);
        let name = replica.name.clone();
        record(replicas, &name, &format!("stop {kind}"));
        Ok(())
    }

    fn cut(&mut self, replicas: &mut Replicas, index: usize) {
        let (length, kind) = length(&mut self.rng);
        Self::cut_for(replicas, index, length, kind);
    }

    fn cut_for(replicas: &mut Replicas, index: usize, length: u64, kind: &str) {
        let replica = &mut replicas.all[index];
        if replica.cut.is_some() {
            return;
        }
        replica.proxy.set_cut(true);
        replica.cut = Some(clock::now() + length);
        prolong(replica, length);
        let name = replica.name.clone();
        record(replicas, &name, &format!("cut {kind}"));
    }
}

/// A replica that leaves has more time when it is stopped meanwhile.
fn prolong(replica: &mut Replica, length: u64) {
    replica.leaves = replica.leaves.map(|by| by + length);
}

fn record(replicas: &mut Replicas, name: &str, what: &str) {
    replicas.record(name, what);
    print(&format!("{what}: {name}"));
}

fn print(line: &str) {
    println!("{:>10.1} s  {line}", clock::seconds(clock::now()));
}
