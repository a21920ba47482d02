//! Event handlers.
//!
//! A handler is an [`EventHandler`], closures ([`HandlerFuncs`]) or a stream ([`Events`]). Each has a separate ordered queue;
//! a handler that is slow, panics or is removed does not affect other handlers.

mod event_handler;
mod options;
pub(super) mod queue;
mod registration;
mod run;
mod stream;

pub use event_handler::{EventHandler, FilteringHandler, HandlerFuncs};
pub use options::HandlerOptions;
pub(crate) use queue::Queue;
pub use queue::{Backlog, HandlerMetrics};
pub use registration::{AddHandlerError, HandlerRegistration};
pub(crate) use run::{Deliveries, run};
pub use stream::Events;
