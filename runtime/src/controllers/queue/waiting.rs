//! Workers that wait for an item.

use std::hash::Hash;

use super::Shared;

/// A worker that waits. If it gives up, it wakes another one if there is anything left to wait for.
pub(super) struct Waiting<'q, T: Eq + Hash>(Option<&'q Shared<T>>);

impl<'q, T: Eq + Hash> Waiting<'q, T> {
    pub(super) fn of(shared: &'q Shared<T>) -> Self {
        Waiting(Some(shared))
    }

    /// The worker was woken, and takes the next item.
    pub(super) fn end(mut self) {
        self.0 = None;
    }
}

impl<T: Eq + Hash> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        if let Some(shared) = self.0
            && shared.lock().is_awaited()
        {
            shared.ready.notify_one();
        }
    }
}
