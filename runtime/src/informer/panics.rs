//! Tracking of objects whose last reconciliation panicked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::event::ObjectKey;

/// The objects of one controller whose last reconciliation panicked.
#[derive(Debug, Default)]
pub(super) struct Panicked(Mutex<BTreeSet<ObjectKey>>);

impl Panicked {
    /// Records the outcome of a reconciliation.
    #[cfg(feature = "controller")]
    pub(super) fn record(&self, key: ObjectKey, panicked: bool) {
        let mut keys = lock(&self.0);
        if panicked {
            keys.insert(key);
        } else {
            keys.remove(&key);
        }
    }
}

/// The running controllers of an informer.
#[derive(Debug, Default)]
pub(super) struct Controllers(Mutex<Vec<Weak<Panicked>>>);

impl Controllers {
    /// Adds a controller, until the returned value is dropped.
    #[cfg(feature = "controller")]
    pub(super) fn add(&self) -> Arc<Panicked> {
        let panicked = Arc::default();
        let mut controllers = lock(&self.0);
        controllers.retain(|controller| controller.strong_count() > 0);
        controllers.push(Arc::downgrade(&panicked));
        panicked
    }

    /// Returns the objects whose last reconciliation by any controller panicked.
    pub(super) fn panicked(&self) -> BTreeSet<ObjectKey> {
        let controllers: Vec<Arc<Panicked>> = lock(&self.0).iter().filter_map(Weak::upgrade).collect();
        controllers.iter().flat_map(|controller| lock(&controller.0).clone()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
