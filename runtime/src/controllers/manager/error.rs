//! Why a manager ended.

use std::error::Error as StdError;
use std::fmt;
use std::net::SocketAddr;

use crate::controllers::controller::ControllerError;
use crate::controllers::election::Loss;
use crate::informer::CacheSyncError;

/// Why a manager ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The process received this signal.
    Signal(&'static str),
    /// All tasks have ended, and there are no controllers.
    Finished,
}

impl fmt::Display for Stopped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Signal(signal) => write!(out, "stopped by {signal}"),
            Stopped::Finished => out.write_str("all tasks have ended"),
        }
    }
}

/// Why a manager ended with an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManagerError {
    /// The endpoint cannot listen.
    #[error("cannot listen on {address}: {source}; choose a free address that this user may use")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// Signals cannot be handled.
    #[error("cannot handle signals: {0}")]
    Signals(std::io::Error),
    /// Informers have not synced in time.
    #[error(transparent)]
    NotSynced(#[from] CacheSyncError),
    /// A controller ended.
    #[error(transparent)]
    Controller(#[from] ControllerError),
    /// A task failed.
    #[error("task {task}: {source}")]
    Task {
        /// The name of the task.
        task: String,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The objects cannot be divided between the replicas.
    #[error("cannot divide the objects between the replicas: {0}")]
    Sharding(Box<dyn StdError + Send + Sync>),
    /// A controller watches objects of which this replica reads only a part.
    #[error(
        "controller {controller} watches {informer}, which another controller divides between the replicas: use another \
         informer of the kind, or divide the objects by namespace"
    )]
    Divided {
        /// The name of the controller that watches the objects.
        controller: String,
        /// The name of the informer.
        informer: String,
    },
    /// Leadership was lost, and all controllers that need it were dropped.
    #[error("leadership of {lease} was lost: {loss}")]
    LeadershipLost {
        /// The name of the Lease.
        lease: String,
        /// The cause.
        loss: Loss,
    },
}
