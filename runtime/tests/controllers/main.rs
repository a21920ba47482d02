//! Tests of work queues, controllers and managers, with tokio's paused clock.

mod cluster;
mod endpoint;
mod manager;
mod predicates;
mod queue;
mod rate_limiters;
mod results;
mod ring;
mod sharding;
mod sources;
mod workers;
