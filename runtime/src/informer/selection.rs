//! The part of a kind's objects that an informer reads.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kube::core::ObjectMeta;

use crate::client::ShardSelector;
use crate::selector::Selector;

/// Which of the objects of its kind an informer reads, in addition to the selectors of its options. It may change while the
/// informer runs: see [`Informer::follow`](super::Informer::follow).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// No object. The informer sends no request.
    Nothing,
    /// All objects.
    Everything,
    /// The objects of a shard, by the hash of a field.
    Shard(ShardSelector),
    /// The objects with these labels.
    Labels(Selector),
}

impl Selection {
    /// Returns whether all objects of this selection belong to another one.
    pub(super) fn is_within(&self, other: &Selection) -> bool {
        match (self, other) {
            (Selection::Nothing, _) | (_, Selection::Everything) => true,
            (Selection::Shard(inner), Selection::Shard(outer)) => inner.is_within(outer),
            _ => self == other,
        }
    }

    /// Returns whether an object with this metadata is selected.
    pub fn selects(&self, object: &ObjectMeta) -> bool {
        match self {
            Selection::Nothing => false,
            Selection::Everything => true,
            Selection::Shard(shard) => shard.selects(object),
            Selection::Labels(labels) => {
                let of_object = object.labels.as_ref().map_or_else(|| Cow::Owned(BTreeMap::new()), Cow::Borrowed);
                labels.matches(&of_object)
            }
        }
    }
}
