//! Test scenarios that pass on every backend.
//!
//! A scenario receives a client and a namespace; the test program selects the API server.

#[cfg(doctest)]
#[doc = include_str!("../../generated/README.md")]
pub struct ReadmeOfTheClient;

pub mod backend;
pub mod faults;
pub mod proxy;
pub mod samples;
pub mod scenarios;
pub mod spans;
