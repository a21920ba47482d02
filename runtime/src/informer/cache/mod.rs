//! The cache of an informer. Readers never block.
//!
//! The published state is behind one atomic pointer. A reader loads it and sees a consistent state of all objects and
//! indexes. Writers are serialized by a mutex: they modify a copy that shares unchanged parts with the published state, swap
//! the pointer, and then notify the handlers. Tables beside the published state make lookups by name fast; lookups
//! read the published state instead while a writer modifies the tables.

mod change;
mod compact;
#[cfg(feature = "lz4")]
mod compression;
#[cfg(not(feature = "lz4"))]
#[path = "no_compression.rs"]
mod compression;
mod deletions;
mod index;
mod labels;
mod leaf;
mod lookup;
mod published;
mod snapshot;
pub(super) mod state;
mod stored;
mod trie;
mod view;
mod writer;

pub(crate) use change::{Change, DeletedObject, StagedList};
pub(crate) use compact::Codec;
pub use compact::CompactOptions;
pub(crate) use index::Postings;
pub use index::{Index, IndexValue};
pub(crate) use published::Cache;
pub use snapshot::Snapshot;
pub(crate) use stored::{CachedObject, Received, Stored};
