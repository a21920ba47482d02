//! Requests and responses: routes, options, representations, streams.

mod answer;
mod deadline;
mod decode;
mod discovery;
mod gzip;
mod list_options;
mod media;
mod negotiate;
mod openapi;
mod options;
mod pretty;
mod protobuf;
mod request;
mod route;
mod service;
mod stream;
mod table;
mod target;
mod traffic;
mod verb;

pub use service::Service;
pub(crate) use service::Shared;
#[cfg(feature = "tcp")]
pub(crate) use service::error_response;
