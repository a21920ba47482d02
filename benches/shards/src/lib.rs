//! Shared by the programs `replica` and `shards`: the log of reconciliations and its check.

pub mod check;
pub mod clock;
pub mod log;
pub mod stats;

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
