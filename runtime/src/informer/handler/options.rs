//! Options of handlers.

use std::time::Duration;

use super::queue::Backlog;

/// Options of a handler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerOptions {
    /// The name in metrics and logs.
    pub name: Option<String>,
    /// The limit of its queue.
    pub backlog: Backlog,
    /// The resync period; the default is that of the informer.
    pub resync: Option<Duration>,
}

impl HandlerOptions {
    /// Creates options with a name.
    pub fn named(name: impl Into<String>) -> Self {
        HandlerOptions { name: Some(name.into()), ..HandlerOptions::default() }
    }

    /// Sets the limit of the queue.
    pub fn backlog(mut self, backlog: Backlog) -> Self {
        self.backlog = backlog;
        self
    }

    /// Sets the resync period; zero disables resyncs.
    pub fn resync(mut self, every: Duration) -> Self {
        self.resync = Some(every);
        self
    }
}
