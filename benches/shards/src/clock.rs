//! A clock that all processes of a machine have in common.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Returns the nanoseconds since the machine started (`CLOCK_MONOTONIC`). The standard library does not return them.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns nanoseconds as seconds.
#[allow(clippy::cast_precision_loss)]
pub fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
