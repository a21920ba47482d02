//! The cache of an informer. Readers never block.
//!
//! The published state is behind one atomic pointer. A reader loads it and sees a consistent state of all objects and
//! indexes. Writers are serialized by a mutex: they modify a copy that shares unchanged parts with the published state, swap
//! the pointer, and then notify the handlers.

mod change;
mod deletions;
mod index;
mod leaf;
mod published;
mod snapshot;
pub(super) mod state;
mod trie;
mod writer;

pub(crate) use change::{Change, DeletedObject, StagedList};
pub(crate) use index::Postings;
pub use index::{Index, IndexValue};
pub(crate) use published::Cache;
pub use snapshot::Snapshot;
pub(crate) use state::CachedObject;
