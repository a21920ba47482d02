//! Scenarios that hold on every backend, and what they are made of.
//!
//! A scenario takes a client and a place to work in; a test program decides which API server stands behind it.

pub mod backend;
pub mod faults;
pub mod samples;
pub mod scenarios;
