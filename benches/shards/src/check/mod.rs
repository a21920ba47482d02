//! The check of the logs of all replicas.
//!
//! A reconciliation counts from its start to its last step. Of one that was interrupted, because its process was killed or
//! stopped, only the time until its last step counts: what a stopped process does after it continues is a later step.

mod calls;
mod gaps;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::clock::seconds;
use crate::log::Entry;
use calls::{Call, calls};
pub use gaps::Gap;

/// A write of an object by the conductor.
#[derive(Clone, Debug)]
pub struct Change {
    /// When the request was sent.
    pub at: u64,
    /// The uid of the object.
    pub uid: String,
    /// The resource version that was written.
    pub version: u64,
}

/// What happened to a replica.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it happened.
    pub at: u64,
    /// The replica.
    pub replica: String,
    /// What happened, such as `kill`.
    pub what: String,
}

/// All that happened in a run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The log of each replica.
    pub logs: BTreeMap<String, Vec<Entry>>,
    /// The changes of the objects, those of one object in their order.
    pub changes: Vec<Change>,
    /// The objects that were deleted.
    pub deleted: BTreeSet<String>,
    /// What happened to the replicas.
    pub events: Vec<Event>,
    /// When the replicas had divided the objects for the first time: gaps of earlier changes are not reported.
    pub since: u64,
}

/// A reconciliation in the text of a violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// The replica.
    pub replica: String,
    /// The resource version.
    pub version: u64,
    /// When it started.
    pub start: u64,
    /// When its last step was.
    pub last: u64,
}

/// What must not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// An object was reconciled twice at the same time.
    Overlap {
        /// The uid of the object.
        uid: String,
        /// The reconciliation that started first.
        first: Reconciliation,
        /// The one that started before the last step of the first.
        second: Reconciliation,
    },
    /// A replica reconciled an older version than the replica before it.
    Stale {
        /// The uid of the object.
        uid: String,
        /// The reconciliation of the newer version.
        first: Reconciliation,
        /// The later one, of the older version.
        second: Reconciliation,
    },
    /// The last version of an object was not reconciled to the end.
    Lost {
        /// The uid of the object.
        uid: String,
        /// The version that was written last.
        version: u64,
        /// The newest version that was reconciled.
        reconciled: Option<u64>,
    },
}

impl fmt::Display for Reconciliation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reconciliation { replica, version, start, last } = self;
        write!(out, "{replica} (version {version}, {:.6} to {:.6} s)", seconds(*start), seconds(*last))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Overlap { uid, first, second } => {
                write!(out, "{uid} was reconciled at the same time by {first} and {second}")
            }
            Violation::Stale { uid, first, second } => {
                write!(out, "an older version of {uid} was reconciled by {second} after {first}")
            }
            Violation::Lost { uid, version, reconciled } => {
                write!(out, "version {version} of {uid} was not reconciled; the newest that was: {reconciled:?}")
            }
        }
    }
}

/// The result of a check.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What must not have happened.
    pub violations: Vec<Violation>,
    /// From each change to the reconciliation that saw it, longest first.
    pub gaps: Vec<Gap>,
    /// The reconciliations that ended.
    pub reconciliations: usize,
    /// The reconciliations that were dropped or interrupted.
    pub interrupted: usize,
    /// How many times an object was reconciled by another replica than before.
    pub moves: usize,
}

/// Checks the logs of a run.
pub fn check(run: &Run) -> Findings {
    let by_uid = calls(&run.logs);
    let all = || by_uid.values().flatten();
    let mut findings = Findings {
        gaps: gaps::gaps(run, &by_uid),
        reconciliations: all().filter(|call| call.ended).count(),
        interrupted: all().filter(|call| !call.ended).count(),
        ..Findings::default()
    };
    for (uid, calls) in &by_uid {
        overlaps(uid, calls, &mut findings);
        findings.moves += calls.windows(2).filter(|pair| pair[0].replica != pair[1].replica).count();
    }
    findings.violations.extend(lost(run, &by_uid));
    findings
}

/// Finds reconciliations of an object that overlap, and such of an older version. The calls are in the order of their starts.
fn overlaps(uid: &str, calls: &[Call<'_>], findings: &mut Findings) {
    let (mut latest, mut newest): (Option<&Call<'_>>, Option<&Call<'_>>) = (None, None);
    for call in calls {
        if let Some(first) = latest.filter(|first| call.start <= first.last) {
            let (first, second) = (first.describe(), call.describe());
            findings.violations.push(Violation::Overlap { uid: uid.to_owned(), first, second });
        }
        if let Some(first) = newest.filter(|first| call.version < first.version && call.replica != first.replica) {
            let (first, second) = (first.describe(), call.describe());
            findings.violations.push(Violation::Stale { uid: uid.to_owned(), first, second });
        }
        if latest.is_none_or(|latest| call.last > latest.last) {
            latest = Some(call);
        }
        if newest.is_none_or(|newest| call.version >= newest.version) {
            newest = Some(call);
        }
    }
}

/// Returns the objects whose last version was not reconciled.
pub fn lost<'r>(run: &'r Run, by_uid: &'r BTreeMap<&str, Vec<Call<'_>>>) -> impl Iterator<Item = Violation> + use<'r> {
    let last: BTreeMap<&str, u64> = run.changes.iter().map(|change| (change.uid.as_str(), change.version)).collect();
    last.into_iter().filter(|(uid, _)| !run.deleted.contains(*uid)).filter_map(|(uid, version)| {
        let ended = by_uid.get(uid).into_iter().flatten().filter(|call| call.ended);
        let reconciled = ended.map(|call| call.version).max();
        let is_lost = reconciled.is_none_or(|reconciled| reconciled < version);
        is_lost.then(|| Violation::Lost { uid: uid.to_owned(), version, reconciled })
    })
}

/// Returns how many objects wait for the reconciliation of their last version.
pub fn waiting(run: &Run) -> usize {
    lost(run, &calls(&run.logs)).count()
}
