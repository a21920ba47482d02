//! Progress of an operation.

use std::fmt;
use std::sync::Arc;

use super::key::ObjectKey;
use super::report::Entry;

/// An event of an operation, for programs that show its progress.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Progress<'r> {
    /// All manifests were read and checked; nothing was sent yet.
    Checked {
        /// The number of objects.
        objects: usize,
    },
    /// A CRD was applied, and is awaited until its kind is served.
    Waiting {
        /// The CRD.
        object: &'r ObjectKey,
    },
    /// The result of an object is known.
    Finished {
        /// The result.
        entry: &'r Entry,
        /// The number of objects whose result is known.
        done: usize,
        /// The number of objects that are applied, or are pruned, or are deleted.
        total: usize,
    },
    /// All objects were applied; objects that are not in the input any more are deleted.
    Pruning {
        /// The number of objects.
        objects: usize,
    },
}

type Observe = dyn Fn(&Progress<'_>) + Send + Sync;

/// A function that receives the progress.
#[derive(Clone, Default)]
pub(super) struct Observer(Option<Arc<Observe>>);

impl Observer {
    pub(super) fn new(observe: impl Fn(&Progress<'_>) + Send + Sync + 'static) -> Self {
        Observer(Some(Arc::new(observe)))
    }

    pub(super) fn notify(&self, progress: &Progress<'_>) {
        if let Some(observe) = &self.0 {
            observe(progress);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_some() { "Observer" } else { "none" })
    }
}
