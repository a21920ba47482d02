//! Shards: parts of the objects of a kind, by the hash of a field.
//!
//! Source: KEP-5866 (<https://kep.k8s.io/5866>), `k8s.io/apimachinery/pkg/sharding`.

use std::fmt;

use kube::core::ObjectMeta;

/// The field whose hash decides to which shard an object belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShardKey {
    /// The uid: objects are distributed evenly.
    Uid,
    /// The namespace: all objects of a namespace, of every kind, belong to one shard.
    Namespace,
}

impl ShardKey {
    fn path(self) -> &'static str {
        match self {
            ShardKey::Uid => "object.metadata.uid",
            ShardKey::Namespace => "object.metadata.namespace",
        }
    }
}

/// A range of hashes, from `first` to `last` inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HashRange {
    /// The first hash of the range.
    pub first: u64,
    /// The last hash of the range.
    pub last: u64,
}

impl HashRange {
    /// All hashes.
    pub const ALL: HashRange = HashRange { first: 0, last: u64::MAX };

    /// Returns whether a hash is in the range.
    pub fn contains(self, hash: u64) -> bool {
        (self.first..=self.last).contains(&hash)
    }
}

/// Selects the objects of a shard (`shardSelector`).
///
/// API servers filter by it since Kubernetes 1.36 if the feature gate `ShardedListAndWatch` is enabled, which it is not by
/// default. Others ignore it and return all objects, so that callers of `list` and `watch` must check with
/// [`selects`](Self::selects). Informers do so themselves, without decoding the objects of other shards.
///
/// ```
/// use kube_client_runtime::client::{HashRange, ShardKey, ShardSelector};
///
/// let [first, second] = ShardSelector::split(ShardKey::Uid, 2).try_into().unwrap();
/// assert_eq!(first.to_string(), "shardRange(object.metadata.uid, '0x0000000000000000', '0x8000000000000000')");
/// assert_eq!(second.to_string(), "shardRange(object.metadata.uid, '0x8000000000000000', '0x10000000000000000')");
/// assert_ne!(first.selects_value("68a1…"), second.selects_value("68a1…"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShardSelector {
    key: ShardKey,
    ranges: Vec<HashRange>,
}

impl ShardSelector {
    /// Selects the objects whose hash is in one of the ranges. Without ranges, or with empty ones only, it selects no object;
    /// the API server rejects such a selector.
    pub fn new(key: ShardKey, ranges: impl IntoIterator<Item = HashRange>) -> Self {
        let ranges = ranges.into_iter().filter(|range| range.first <= range.last).collect();
        ShardSelector { key, ranges }
    }

    /// Returns selectors of `count` shards of equal size, at least one.
    pub fn split(key: ShardKey, count: usize) -> Vec<Self> {
        let count = count.max(1) as u128;
        let bound = |index: u128| (index << 64) / count;
        let range = |index| {
            let (first, last) = (bound(index), bound(index + 1) - 1);
            // Both are below 2^64.
            HashRange { first: u64::try_from(first).unwrap_or(u64::MAX), last: u64::try_from(last).unwrap_or(u64::MAX) }
        };
        (0..count).map(|index| ShardSelector::new(key, [range(index)])).collect()
    }

    /// Returns the field whose hash decides.
    pub fn key(&self) -> ShardKey {
        self.key
    }

    /// Returns the ranges of hashes.
    pub fn ranges(&self) -> &[HashRange] {
        &self.ranges
    }

    /// Returns whether all objects of this shard also belong to another one.
    pub fn is_within(&self, other: &ShardSelector) -> bool {
        let mut outer = other.ranges.clone();
        outer.sort_unstable_by_key(|range| range.first);
        let covers = |range: &HashRange| {
            let mut next = Some(range.first);
            for outer in &outer {
                if next.is_some_and(|first| outer.contains(first)) {
                    next = outer.last.checked_add(1);
                }
            }
            next.is_none_or(|next| next > range.last)
        };
        self.key == other.key && self.ranges.iter().all(covers)
    }

    /// Returns whether an object belongs to the shard.
    pub fn selects(&self, metadata: &ObjectMeta) -> bool {
        let value = match self.key {
            ShardKey::Uid => &metadata.uid,
            ShardKey::Namespace => &metadata.namespace,
        };
        self.selects_value(value.as_deref().unwrap_or_default())
    }

    /// Returns whether an object with this uid or namespace belongs to the shard.
    pub fn selects_value(&self, value: &str) -> bool {
        let hash = shard_hash(value);
        self.ranges.iter().any(|range| range.contains(hash))
    }
}

impl fmt::Display for ShardSelector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, HashRange { first, last }) in self.ranges.iter().enumerate() {
            let (or, path) = (if index == 0 { "" } else { " || " }, self.key.path());
            // The end is exclusive, and 2^64 has a digit more.
            write!(out, "{or}shardRange({path}, '0x{first:016x}', '0x{:016x}')", u128::from(*last) + 1)?;
        }
        Ok(())
    }
}

/// Returns the hash of a field's value that decides to which shard an object belongs: FNV-1a with 64 bits.
pub fn shard_hash(value: &str) -> u64 {
    value.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_fnv_1a() {
        // Source: http://www.isthe.com/chongo/tech/comp/fnv/, test vectors.
        assert_eq!(shard_hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(shard_hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(shard_hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_value_belongs_to_exactly_one_shard_of_a_split() {
        for count in [1, 2, 3, 7, 1000] {
            let shards = ShardSelector::split(ShardKey::Uid, count);
            assert_eq!(shards.len(), count);
            for value in 0..200 {
                let value = format!("uid-{value}");
                assert_eq!(shards.iter().filter(|shard| shard.selects_value(&value)).count(), 1);
            }
            let ends = |(before, after): (&ShardSelector, &ShardSelector)| {
                before.ranges[0].last.wrapping_add(1) == after.ranges[0].first
            };
            assert!(shards.iter().zip(&shards[1..]).all(ends));
            assert_eq!((shards[0].ranges[0].first, shards[count - 1].ranges[0].last), (0, u64::MAX));
        }
    }

    #[test]
    fn shard_is_within_another_if_its_ranges_are_covered() {
        let of = |ranges: &[(u64, u64)]| {
            ShardSelector::new(ShardKey::Uid, ranges.iter().map(|&(first, last)| HashRange { first, last }))
        };
        let outer = of(&[(20, u64::MAX), (0, 9), (10, 14)]);
        for (ranges, within) in [
            (vec![(0, 14)], true),
            (vec![(5, 5), (30, u64::MAX)], true),
            (vec![], true),
            (vec![(14, 15)], false),
            (vec![(15, 19)], false),
            (vec![(0, u64::MAX)], false),
        ] {
            assert_eq!(of(&ranges).is_within(&outer), within, "{ranges:?}");
        }
        assert!(!ShardSelector::new(ShardKey::Namespace, [HashRange { first: 1, last: 2 }]).is_within(&outer));
    }

    #[test]
    fn ranges_are_joined_and_empty_ones_are_left_out() {
        let ranges =
            [HashRange { first: 0, last: 15 }, HashRange { first: 2, last: 1 }, HashRange { first: 255, last: 255 }];
        let selector = ShardSelector::new(ShardKey::Namespace, ranges);
        let expected = "shardRange(object.metadata.namespace, '0x0000000000000000', '0x0000000000000010') || \
                        shardRange(object.metadata.namespace, '0x00000000000000ff', '0x0000000000000100')";
        assert_eq!(selector.to_string(), expected);
        assert!(!ShardSelector::new(ShardKey::Uid, []).selects_value(""));
    }
}
