//! Objects whose last reconciliation panicked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::event::ObjectKey;

/// The objects of one controller whose last reconciliation panicked.
#[derive(Debug, Default)]
pub(super) struct Panicked(Mutex<BTreeSet<ObjectKey>>);

impl Panicked {
    /// Records the end of a reconciliation.
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

/// The controllers of an informer. One that has ended does not count any more.
#[derive(Debug, Default)]
pub(super) struct Controllers(Mutex<Vec<Weak<Panicked>>>);

impl Controllers {
    /// A new controller, which counts as long as the value is kept.
    #[cfg(feature = "controller")]
    pub(super) fn add(&self) -> Arc<Panicked> {
        let panicked = Arc::default();
        let mut controllers = lock(&self.0);
        controllers.retain(|controller| controller.strong_count() > 0);
        controllers.push(Arc::downgrade(&panicked));
        panicked
    }

    /// The objects whose last reconciliation by any controller panicked.
    pub(super) fn panicked(&self) -> BTreeSet<ObjectKey> {
        let controllers: Vec<Arc<Panicked>> = lock(&self.0).iter().filter_map(Weak::upgrade).collect();
        controllers.iter().flat_map(|controller| lock(&controller.0).clone()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
