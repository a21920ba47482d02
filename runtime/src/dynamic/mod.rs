//! Kinds that are known only at run time: discovery, names as kubectl resolves them, clients and conversions.
//!
//! ```
//! use kube_client_runtime::client::{Client, ListOptions};
//! use kube_client_runtime::dynamic::RestMapper;
//!
//! async fn names(client: Client, of: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
//!     let mapper = RestMapper::new(client.clone());
//!     // A plural, singular, short name or kind, or a qualified one such as `deployments.v1.apps`.
//!     let resource = mapper.resolve(of).await?;
//!     let objects = resource.all_namespaces(&client).list(&ListOptions::default()).await?.items;
//!     Ok(objects.into_iter().filter_map(|object| object.metadata.name).collect())
//! }
//! ```

mod convert;
mod discovery;
mod mapper;
mod resource;
mod snapshot;

pub use convert::{ConversionError, from_typed, try_into_typed};
pub use mapper::{MapperError, RestMapper};
pub use resource::{DiscoveredResource, KindError, Scales};
pub use snapshot::DiscoveryFailure;
