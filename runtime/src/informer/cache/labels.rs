//! Summaries of labels, with which a selector skips most objects that it does not select.

use std::hash::BuildHasher;

use kube::Resource;
use rapidhash::fast::GlobalState;

use crate::selector::{Operator, Selector};

/// A Bloom filter with two bits for each label and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelBits(u64);

impl LabelBits {
    pub(super) fn of<K: Resource>(object: &K) -> Self {
        let labels = object.meta().labels.iter().flatten();
        LabelBits(labels.fold(0, |all, (label, value)| all | bits(label, value)))
    }
}

/// Returns the two bits of a label and its value.
fn bits(label: &str, value: &str) -> u64 {
    let hash = GlobalState::new().hash_one((label, value));
    1 << (hash & 63) | 1 << ((hash >> 6) & 63)
}

/// The bits that the labels of selected objects have.
pub(super) struct LabelFilter {
    /// The bits of all labels with a single allowed value.
    required: u64,
    /// For each label with several allowed values, the bits of each value.
    alternatives: Vec<Vec<u64>>,
}

impl LabelFilter {
    pub(super) fn of(selector: &Selector) -> Self {
        let mut filter = LabelFilter { required: 0, alternatives: Vec::new() };
        for requirement in selector.requirements() {
            match &requirement.operator {
                Operator::Equal(value) => filter.required |= bits(&requirement.key, value),
                Operator::In(values) => {
                    filter.alternatives.push(values.iter().map(|value| bits(&requirement.key, value)).collect());
                }
                _ => {}
            }
        }
        filter
    }

    /// Returns whether the selector may select an object with these labels.
    pub(super) fn admits(&self, labels: LabelBits) -> bool {
        let has = |bits: u64| labels.0 & bits == bits;
        has(self.required) && self.alternatives.iter().all(|values| values.iter().any(|value| has(*value)))
    }
}
