//! Requests and responses: routes, options, representations, streams.

mod answer;
mod attributes;
mod deadline;
mod decode;
mod discovery;
mod execute;
mod gzip;
mod identity;
mod list_options;
mod media;
mod metrics;
mod negotiate;
mod openapi;
mod options;
mod partial;
mod pretty;
mod protobuf;
mod request;
mod resource;
mod route;
mod service;
mod shared;
mod stream;
mod table;
mod target;
mod traffic;
mod verb;
mod view;
mod warnings;

pub(crate) use identity::Identity;
pub use service::Service;
pub(crate) use shared::Shared;
