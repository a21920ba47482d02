//! Informers and listers.
//!
//! An [`Informer`] lists and watches the objects of a kind and caches them. A [`Lister`] reads the cache; an [`EventHandler`]
//! is notified of each change. They correspond to client-go's shared informers, with one watch for any number of listers and
//! handlers. Readers take no locks: they read a [`Snapshot`].
//!
//! ```no_run
//! use kube_client_runtime::client::Client;
//! use kube_client_runtime::informer::{CacheSyncError, HandlerFuncs};
//! use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
//!
//! async fn follow(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//!     let maps = client.all_namespaces::<ConfigMap>().informer().start();
//!     maps.add_event_handler(HandlerFuncs::<ConfigMap>::new().on_add(|map, _| println!("{:?} exists", map.metadata.name)))?;
//!     maps.synced().await?;
//!     let settings = maps.lister().namespace("default").get("settings")?;
//!     println!("{:?}", settings.data);
//!     Ok(())
//! }
//! ```

mod builder;
mod cache;
mod config;
mod consistent;
#[cfg(feature = "controller")]
mod controller;
mod emitted;
mod error;
mod event;
mod factory;
mod generic;
mod handler;
#[allow(clippy::module_inception)]
mod informer;
#[cfg(test)]
mod interleavings;
mod lister;
mod metrics;
mod panics;
mod reflector;
mod selection;
mod shared;
mod status;
mod version;

pub use crate::selector::{Operator, Requirement, Selector, SelectorError};
pub use crate::undecodable::Undecodable;
pub use builder::{InformerBuilder, strip_managed_fields};
pub use cache::{CompactOptions, Index, IndexValue, Snapshot};
pub use consistent::{ConsistentClient, ReadError, WaitingFor};
#[cfg(feature = "controller")]
pub use controller::{ControllerFeed, ReconcileError};
pub use emitted::{GenericInformerFn, ResourceInformer};
pub use error::InformerError;
pub use event::{Event, FinalState, ObjectKey};
pub use factory::{InformerFactory, InformerFactoryBuilder};
pub use generic::{GenericInformer, UnknownResource};
pub use handler::{
    AddHandlerError, Backlog, EventHandler, Events, FilteringHandler, HandlerFuncs, HandlerMetrics, HandlerOptions,
    HandlerRegistration,
};
pub use informer::Informer;
pub use lister::{Lister, NamespaceLister};
pub use metrics::metrics_text;
pub use reflector::{Phase, Problem, ProblemKind, ReflectorHealth};
pub use selection::Selection;
pub use status::{CacheSyncError, InformerStatus};
pub use version::{ParseResourceVersionError, ResourceVersion};
