//! Synchronization primitives. Unit tests use those of shuttle, which explores the interleavings of threads.

#[cfg(all(not(test), feature = "informers"))]
pub(crate) use std::sync::RwLock;
#[cfg(not(test))]
pub(crate) use std::sync::atomic::AtomicBool;
#[cfg(not(test))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(all(test, feature = "informers"))]
pub(crate) use shuttle::sync::RwLock;
#[cfg(test)]
pub(crate) use shuttle::sync::atomic::AtomicBool;
#[cfg(test)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};
