//! A shard of a ControllerRing of kubernetes-controller-sharding.
//!
//! A program that runs once in the cluster, the sharder, assigns each object to a shard with a label, and moves objects when
//! shards join and leave. This replica maintains a Lease by which the sharder knows it, reads the objects that have its label,
//! and gives up those that the sharder drains.
//!
//! Source: `docs/implement-sharding.md` of <https://github.com/timebertt/kubernetes-controller-sharding>, version 1.0.

mod builder;
mod drain;
mod duty;
mod objects;
mod shard;
mod status;

pub use builder::{RingShardBuilder, RingShardError};
pub use shard::RingShard;

/// The label of a Lease that contains the name of the ring.
const RING_LABEL: &str = "alpha.sharding.timebertt.dev/controllerring";
/// The label of an object that contains the name of its shard; the name of the ring follows.
const SHARD_LABEL: &str = "shard.alpha.sharding.timebertt.dev/";
/// The label of an object that its shard must give up; the name of the ring follows.
const DRAIN_LABEL: &str = "drain.alpha.sharding.timebertt.dev/";
