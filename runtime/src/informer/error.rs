//! What goes wrong in an informer.

use super::cache::Undecodable;
use super::event::ObjectKey;
use crate::client::Error;

/// What an informer's error handler is told. The informer goes on by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InformerError {
    /// A list or a watch failed. It will be tried again.
    #[error(transparent)]
    Request(Error),
    /// An object does not fit its type, or the transform panicked over it. It is kept as the API server sent it, and the
    /// rest goes on.
    #[error("cannot decode {key}: {}", .what.error)]
    Undecodable {
        /// Which object.
        key: ObjectKey,
        /// The object and what does not fit.
        what: Undecodable,
    },
}
