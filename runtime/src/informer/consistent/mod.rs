//! A client whose reads wait for its writes.
//!
//! Writes go to the API server, and the ledger records the versions that it returns. Reads are those of an informer: each waits
//! until the writes that started before it have ended, and until the watch has reported them. With several watched namespaces,
//! each has its own watch, and the progress of one says nothing about another; so versions and progress are kept by namespace.
//!
//! controller-runtime 0.25 has the same for its cache (`EnableReadYourWritesConsistency`,
//! `pkg/client/internal/consistencyhandler`). It compares versions with one progress of all watches: with several namespaces, a
//! read does not wait if the watch of another namespace is ahead.

mod answer;
mod client;
mod consistency;
mod error;
mod ledger;
mod outcome;
mod recorder;
mod wait;

pub use client::ConsistentClient;
pub(super) use consistency::Consistency;
pub use error::{ReadError, WaitingFor};
