//! A Kubernetes API server in memory.
//!
//! It is a server, not a mock client: kube-apiserver's behaviour for custom resources, under the same `kube::Client`, `Api`,
//! watcher and controller. Where it and a real kube-apiserver differ, it is wrong.

mod clock;
mod control;
mod http;
mod json;
mod kinds;
mod registry;
mod status;
mod store;
mod strconv;
#[cfg(feature = "tcp")]
mod tcp;

pub use self::http::{Body, Service};
pub use control::{
    Action, BuildError, Builder, Calls, Change, ChangeKind, Diff, FakeApiServer, FakeClientset, FieldChange, ObjectKey,
    Reaction, Reactor, Recording, SETTLE_TURNS, ServedCrds, State,
};
pub use status::{Failure, GroupResource};
#[cfg(feature = "tcp")]
pub use tcp::Listening;
