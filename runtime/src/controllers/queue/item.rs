//! Items that are being processed.

use std::fmt;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use super::WorkQueue;
use super::cause::Cause;
use super::state::Taken;

/// An item that is being processed. It dereferences to the item; dropping it ends the processing, as client-go's `Done`.
pub struct WorkItem<T: Eq + Hash + Send + Sync + 'static> {
    queue: WorkQueue<T>,
    taken: Taken<T>,
}

impl<T: Eq + Hash + Send + Sync + 'static> WorkItem<T> {
    pub(super) fn new(queue: WorkQueue<T>, taken: Taken<T>) -> Self {
        WorkItem { queue, taken }
    }

    /// Returns the priority with which the item was queued.
    pub fn priority(&self) -> i32 {
        self.taken.priority
    }

    /// Returns why the item was queued.
    pub fn cause(&self) -> &Cause {
        &self.taken.cause
    }
}

impl<T: Eq + Hash + Send + Sync + 'static> Deref for WorkItem<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.taken.item
    }
}

impl<T: Eq + Hash + Send + Sync + 'static> Drop for WorkItem<T> {
    fn drop(&mut self) {
        let item = Arc::clone(&self.taken.item);
        self.queue.shared.done(&item);
    }
}

impl<T: Eq + Hash + Send + Sync + fmt::Debug + 'static> fmt::Debug for WorkItem<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("WorkItem").field(&self.taken.item).finish()
    }
}
