//! Integration of the clients with other libraries.
//!
//! - [`otlp`] exports the spans of requests to an OpenTelemetry collector; the example `export-traces` uses it.
//! - [`http2`] creates a client with one HTTP/2 connection; the example `shared-connection` uses it.

pub mod http2;
pub mod otlp;
