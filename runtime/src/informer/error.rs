//! Errors of informers.

use super::event::ObjectKey;
use crate::client::Error;
use crate::undecodable::Undecodable;

/// An error that an informer reports to its error handler. The informer recovers by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InformerError {
    /// A list or a watch failed. It will be retried.
    #[error(transparent)]
    Request(Error),
    /// An object does not fit its type, or the transform panicked. The JSON of the object is kept; other objects are not
    /// affected.
    #[error("cannot decode {key}: {}", .object.error)]
    Undecodable {
        /// The key of the object.
        key: ObjectKey,
        /// The object and the error.
        object: Undecodable,
    },
}
