//! Controllers: work queues, reconcilers, managers and leader election, in the terms of client-go and controller-runtime.
//!
//! - [`Controller`]: reconciles the objects of one kind;
//! - [`Manager`]: runs the parts of a program together;
//! - [`queue`]: the work queue on which it is based;
//! - [`election`]: leader election;
//! - [`sharding`]: several replicas, each of which reconciles a part of the objects;
//! - [`events`]: events about objects.

mod controller;
pub mod election;
pub mod events;
mod manager;
mod predicate;
pub mod queue;
mod reconcile;
pub mod sharding;

pub use controller::{Controller, ControllerBuilder, ControllerError, ControllerStatus, metrics_text};
pub use manager::{Manager, ManagerBuilder, ManagerError, Stop, Stopped};
pub use predicate::Predicate;
pub use reconcile::{Outcome, ReconcileError, Reconciler, Request};
