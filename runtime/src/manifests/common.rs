//! What options of all operations have in common.

use std::time::Duration;

use super::progress::Observer;
use crate::client::PropagationPolicy;
use crate::dynamic::RestMapper;

/// The number of requests at the same time.
pub(super) const CONCURRENCY: usize = 8;

/// Options of all operations.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) namespace: Option<String>,
    pub(super) dry_run: bool,
    pub(super) concurrency: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) stop_at_first_error: bool,
    pub(super) propagation: PropagationPolicy,
    pub(super) mapper: Option<RestMapper>,
    pub(super) observer: Observer,
}

impl Default for Common {
    fn default() -> Self {
        Common {
            namespace: None,
            dry_run: false,
            concurrency: CONCURRENCY,
            timeout: None,
            stop_at_first_error: false,
            propagation: PropagationPolicy::Background,
            mapper: None,
            observer: Observer::default(),
        }
    }
}
