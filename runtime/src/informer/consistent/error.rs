//! Errors of consistent reads.

use std::fmt;
use std::time::Duration;

use crate::client::Error;
use crate::informer::event::ObjectKey;
use crate::informer::status::CacheSyncError;
use crate::informer::version::{ParseResourceVersionError, ResourceVersion};

/// An error of a read that waits for writes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The cache did not catch up with the writes in time.
    #[error("timed out after {after:?}: the informer {informer} waits for {waiting_for}")]
    Timeout {
        /// The timeout of the client.
        after: Duration,
        /// The name of the informer.
        informer: String,
        /// What the read was waiting for.
        waiting_for: WaitingFor,
    },
    /// The informer has stopped.
    #[error("the informer has stopped: {0}")]
    Stopped(CacheSyncError),
    /// The informer does not watch the namespace.
    #[error(
        "the informer {informer} does not watch the namespace {namespace:?}: add it to the namespaces of the informer"
    )]
    NotWatched {
        /// The name of the informer.
        informer: String,
        /// The namespace of the read.
        namespace: String,
    },
    /// The API server may have executed a write, and could not be asked about it.
    #[error("cannot read the outcome of an earlier write: {0}")]
    UnknownOutcome(#[source] Error),
    /// The API server returned a version that cannot be compared.
    #[error(transparent)]
    Version(#[from] ParseResourceVersionError),
}

impl ReadError {
    /// Returns whether the cache did not catch up with the writes in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self, ReadError::Timeout { .. })
    }
}

/// What a read waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingFor {
    /// The first list of a namespace, or of the whole cluster.
    FirstList {
        /// The namespace that is listed; `None` is the whole cluster.
        namespace: Option<String>,
    },
    /// The answers of the API server to writes.
    Writes {
        /// The number of writes that have not ended.
        count: usize,
    },
    /// The answer of the API server about a write whose outcome is not known.
    Outcome {
        /// The object; `None` is several objects.
        object: Option<ObjectKey>,
    },
    /// A version that a write returned.
    Version {
        /// The namespace that is watched; `None` is the whole cluster.
        namespace: Option<String>,
        /// The version.
        version: ResourceVersion,
        /// The version that the watch has reached.
        reached: Option<ResourceVersion>,
    },
    /// The deletion of an object.
    Deletion {
        /// The object.
        object: ObjectKey,
        /// Its uid.
        uid: String,
    },
}

impl fmt::Display for WaitingFor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let within = |namespace: &Option<String>| {
            namespace.as_ref().map_or_else(|| "the cluster".to_owned(), |namespace| format!("namespace {namespace}"))
        };
        match self {
            WaitingFor::FirstList { namespace } => write!(out, "the first list of {}", within(namespace)),
            WaitingFor::Writes { count } => write!(out, "the API server's answers to {count} writes"),
            WaitingFor::Outcome { object: Some(object) } => write!(out, "the outcome of a write of {object}"),
            WaitingFor::Outcome { object: None } => out.write_str("the outcome of a write"),
            WaitingFor::Version { namespace, version, reached } => {
                write!(out, "version {version} in {}", within(namespace))?;
                match reached {
                    Some(reached) => write!(out, "; it has reached {reached}"),
                    None => Ok(()),
                }
            }
            WaitingFor::Deletion { object, uid } => write!(out, "the deletion of {object} with uid {uid}"),
        }
    }
}
