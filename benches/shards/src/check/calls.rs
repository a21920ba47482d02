//! The reconciliations in the logs.

use std::collections::{BTreeMap, HashMap};

use super::Reconciliation;
use crate::log::{Entry, Step};

/// A reconciliation.
#[derive(Clone, Debug)]
pub struct Call<'r> {
    pub(super) replica: &'r str,
    pub(super) version: u64,
    pub(super) start: u64,
    /// The last step before its end, or its end.
    pub(super) last: u64,
    /// Whether it ended, and was neither dropped nor interrupted.
    pub(super) ended: bool,
}

impl Call<'_> {
    pub(super) fn describe(&self) -> Reconciliation {
        let Call { replica, version, start, last, .. } = self;
        Reconciliation { replica: (*replica).to_owned(), version: *version, start: *start, last: *last }
    }
}

/// Returns the reconciliations of each object, in the order of their starts.
pub(super) fn calls(logs: &BTreeMap<String, Vec<Entry>>) -> BTreeMap<&str, Vec<Call<'_>>> {
    let mut by_uid: BTreeMap<&str, Vec<Call<'_>>> = BTreeMap::new();
    for (replica, entries) in logs {
        let mut open: HashMap<u64, (&str, Call<'_>)> = HashMap::new();
        for entry in entries {
            let (_, call) = open.entry(entry.call).or_insert_with(|| {
                let (start, last, version) = (entry.at, entry.at, entry.version);
                (&entry.uid, Call { replica, version, start, last, ended: false })
            });
            match entry.step {
                // When a dropped reconciliation is noticed says nothing about its last step.
                Step::Dropped => {}
                Step::Start | Step::Write | Step::End => call.last = call.last.max(entry.at),
            }
            call.ended |= entry.step == Step::End;
        }
        open.into_values().for_each(|(uid, call)| by_uid.entry(uid).or_default().push(call));
    }
    by_uid.values_mut().for_each(|calls| calls.sort_by_key(|call| call.start));
    by_uid
}
