//! A Kubernetes API server in memory.
//!
//! It is no second client but a server: kube-apiserver's behaviour for custom resources, under the same `kube::Client`, `Api`,
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
    Action, Builder, Calls, Change, Diff, FakeApiServer, FakeClientset, FieldChange, NotBuilt, ObjectKey, Reaction,
    Reactor, Recording, ServedCrds, State, TURNS, What,
};
pub use status::{Failure, GroupResource};
#[cfg(feature = "tcp")]
pub use tcp::Listening;
