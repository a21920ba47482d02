//! Sharding: several replicas of a program, each of which reconciles a part of the objects.
//!
//! [`Sharding`] is the way in which the replicas divide the objects.

mod interface;
mod permit;

pub use interface::{Admission, Sharding};
pub use permit::{Hold, Permit};
