//! Scenarios that hold on every backend, and what they are made of.
//!
//! A scenario takes a client and a place to work in; a test program decides which API server stands behind it.

#[cfg(doctest)]
#[doc = include_str!("../../generated/README.md")]
pub struct ReadmeOfTheClient;

pub mod backend;
pub mod faults;
pub mod samples;
pub mod scenarios;
