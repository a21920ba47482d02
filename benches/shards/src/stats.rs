//! The status that a replica writes every second, as a line of JSON.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The status of a replica.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stats {
    /// The slots that it holds, or 128 of 128 without sharding.
    pub slots: usize,
    /// Whether its caches are synced.
    pub synced: bool,
    /// The objects that it caches.
    pub cached: usize,
    /// The reconciliations that have ended.
    pub reconciled: u64,
    /// The requests that it has sent.
    pub requests: u64,
    /// How many times it lost its Lease.
    pub leases_lost: u64,
}

/// Returns the last status in a file.
pub fn last(path: &Path) -> Option<Stats> {
    let text = std::fs::read_to_string(path).ok()?;
    let whole = &text[..text.rfind('\n')?];
    serde_json::from_str(whole.lines().next_back()?).ok()
}
