//! What threads meet at. The crate's own tests take it from shuttle, which tries the orders in which threads may run.

#[cfg(not(test))]
pub(crate) use std::sync::atomic::AtomicBool;
#[cfg(not(test))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(test)]
pub(crate) use shuttle::sync::atomic::AtomicBool;
#[cfg(test)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};
