//! An in-memory Kubernetes API server for tests.
//!
//! It reproduces kube-apiserver's behaviour for custom resources behind an unmodified `kube::Client`, `Api`, watcher or
//! controller. Any difference from a real kube-apiserver is a bug or a documented limitation.

mod action;
mod auth;
mod body;
mod catalogue;
mod clock;
mod control;
mod http;
mod json;
mod kinds;
mod metadata;
mod registry;
mod status;
mod store;
mod strconv;
#[cfg(feature = "tcp")]
mod tcp;

pub use self::http::Service;
pub use action::{Action, Calls, Reaction, Reactor, Recording};
pub use auth::User;
pub use body::Body;
pub use catalogue::{Release, UnknownRelease};
pub use control::{
    BuildError, Builder, Change, ChangeKind, Diff, FakeApiServer, FakeClientset, FieldChange, ObjectKey, SETTLE_TURNS,
    ServedCrds, State,
};
pub use status::{Failure, GroupResource};
#[cfg(feature = "tcp")]
pub use tcp::ListeningServer;
