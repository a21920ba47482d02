//! The limit of events about an object.
//!
//! Source: `EventSourceObjectSpamFilter` of `k8s.io/client-go/tools/record/events_cache.go`.

use super::lru::{Lru, MAX_ENTRIES};
use crate::token_bucket::TokenBucket;

/// The number of events of an object that pass at once.
const BURST: u32 = 25;
/// The number of events that pass in a second afterwards: one in 5 minutes.
const QPS: f64 = 1.0 / 300.0;

/// A token bucket for each object and type of event.
pub(super) struct SpamFilter {
    buckets: Lru<TokenBucket>,
}

impl SpamFilter {
    pub(super) fn new() -> Self {
        SpamFilter { buckets: Lru::new(MAX_ENTRIES) }
    }

    /// Returns whether another event passes, and counts it.
    pub(super) fn accepts(&mut self, source: &str) -> bool {
        let Some(bucket) = self.buckets.get_or_insert_with(source, || TokenBucket::new(QPS, BURST)) else {
            return false;
        };
        let accepts = bucket.take().is_zero();
        if !accepts {
            bucket.give_back();
        }
        accepts
    }
}
