//! Caches of derived values.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A value derived from its owner, computed on first use. It does not affect equality.
///
/// The type is erased so that the owner does not depend on the module that computes the value.
#[derive(Clone, Default)]
pub(crate) struct Cache(OnceLock<Arc<dyn Any + Send + Sync>>);

impl Cache {
    /// Returns the value; `None` if the cache contains a value of another type.
    pub(crate) fn get_or_init<T: Any + Send + Sync>(&self, init: impl FnOnce() -> T) -> Option<&T> {
        self.0.get_or_init(|| Arc::new(init())).downcast_ref()
    }
}

impl PartialEq for Cache {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cache {}

impl fmt::Debug for Cache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Cache")
    }
}
