//! Informers and listers: objects of the API server, kept at hand and told of.
//!
//! An [`Informer`] reads all objects of a kind, follows what happens to them, and keeps them in a cache. A [`Lister`] reads the
//! cache; a handler is told of each change. They do what client-go's shared informers do, with one watch however many ask, and
//! without its locks: a reader takes a [`Snapshot`] and never waits.
//!
//! ```no_run
//! use kube_client_runtime::client::Client;
//! use kube_client_runtime::informer::{Handlers, NotSynced};
//! use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
//!
//! async fn follow(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//!     let maps = client.all_namespaces::<ConfigMap>().informer().start();
//!     maps.add_event_handler(Handlers::<ConfigMap>::new().on_add(|map, _| println!("there is {:?}", map.metadata.name)))?;
//!     maps.synced().await?;
//!     let settings = maps.lister().namespace("default").get("settings")?;
//!     println!("{:?}", settings.data);
//!     Ok(())
//! }
//! ```

mod builder;
mod cache;
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
mod selector;
mod status;
mod sync;
mod version;

pub use builder::{InformerBuilder, strip_managed_fields};
pub use cache::{Index, IndexValue, Snapshot, Undecodable};
#[cfg(feature = "controller")]
pub use controller::{ControllerFeed, ReconcileError};
pub use emitted::{GenericOf, ResourceInformer};
pub use error::InformerError;
pub use event::{Event, LastState, ObjectKey};
pub use factory::{InformerFactory, InformerFactoryBuilder};
pub use generic::{GenericInformer, NoSuchResource};
pub use handler::{
    Backlog, EventHandler, Events, Filtered, HandlerMetrics, HandlerOptions, HandlerRegistration, Handlers, NotAdded,
};
pub use informer::Informer;
pub use lister::{Lister, NamespaceLister};
pub use metrics::metrics_text;
pub use reflector::{Health, Phase, Problem, ProblemKind};
pub use selector::{Must, Requirement, Selector, SelectorError};
pub use status::{InformerStatus, NotSynced};
pub use version::{NoVersion, ResourceVersion};
