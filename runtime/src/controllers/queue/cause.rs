//! Why an item is queued.

use std::fmt;
use std::sync::Arc;

/// The reason for which an item is in a queue, for traces: an event of a source, a retry, or a request of the reconciler.
///
/// If an item is added several times before it is processed, the first cause is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The item was added without a cause.
    #[default]
    Added,
    /// A source reported this event.
    Event(Arc<str>, &'static str),
    /// The last processing failed.
    Retry,
    /// The last processing asked for another one.
    Requeue,
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Added => out.write_str("added"),
            Cause::Event(source, event) => write!(out, "{source} {event}"),
            Cause::Retry => out.write_str("retry"),
            Cause::Requeue => out.write_str("requeue"),
        }
    }
}
