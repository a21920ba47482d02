//! Errors of controllers.

use crate::informer::{AddHandlerError, CacheSyncError};

/// An error that ends a controller.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControllerError {
    /// An informer cannot be watched.
    #[error("controller {controller}: {source}")]
    Informer {
        /// The name of the controller.
        controller: String,
        /// The cause.
        source: AddHandlerError,
    },
    /// Informers have not synced in time.
    #[error("controller {controller}: {source}")]
    NotSynced {
        /// The name of the controller.
        controller: String,
        /// The informers, and why they have not synced.
        source: CacheSyncError,
    },
}
