//! Sharding: several replicas of a program, each of which reconciles a part of the objects.
//!
//! [`Sharding`] is the way in which the replicas divide the objects. With [`Shards`], they agree through Leases. With
//! [`RingShard`], the sharder of kubernetes-controller-sharding decides.

mod builder;
mod former;
mod group;
mod holdings;
mod interface;
mod lease;
mod member;
mod metrics;
#[cfg(test)]
mod model;
mod observed;
mod permit;
mod plan;
mod ring;
mod settings;
mod shards;
mod slots;
mod target;

pub use builder::{ShardsBuilder, ShardsError};
pub use interface::{Admission, Sharding};
pub use permit::{Hold, Permit};
pub use ring::{RingShard, RingShardBuilder, RingShardError};
pub use shards::Shards;
