//! Slots: the equal parts of all hashes, which replicas hold.

use std::fmt;
use std::str::FromStr;

use crate::client::HashRange;

/// The number of slots, the same for all replicas of a program.
pub(super) const SLOTS: usize = 128;

/// The bits of a hash that do not decide its slot.
const BITS: u32 = 64 - SLOTS.ilog2();

/// A set of slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots(u128);

/// Returns the slot of a hash.
pub(super) fn slot_of(hash: u64) -> usize {
    // It is less than 128.
    usize::try_from(hash >> BITS).unwrap_or_default()
}

impl Slots {
    pub(super) const ALL: Slots = Slots(u128::MAX);

    pub(super) fn contains(self, slot: usize) -> bool {
        slot < SLOTS && self.0 & (1 << slot) != 0
    }

    pub(super) fn insert(&mut self, slot: usize) {
        if slot < SLOTS {
            self.0 |= 1 << slot;
        }
    }

    pub(super) fn remove(&mut self, slot: usize) {
        if slot < SLOTS {
            self.0 &= !(1 << slot);
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(super) fn union(self, other: Slots) -> Slots {
        Slots(self.0 | other.0)
    }

    pub(super) fn without(self, other: Slots) -> Slots {
        Slots(self.0 & !other.0)
    }

    pub(super) fn common(self, other: Slots) -> Slots {
        Slots(self.0 & other.0)
    }

    /// Returns the slots in ascending order.
    pub(super) fn iter(self) -> impl DoubleEndedIterator<Item = usize> {
        (0..SLOTS).filter(move |slot| self.contains(*slot))
    }

    /// Returns the first and the last slot of each run of adjacent ones.
    fn runs(self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for slot in self.iter() {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == slot => *last = slot,
                _ => runs.push((slot, slot)),
            }
        }
        runs
    }

    /// Returns the ranges of hashes of the slots.
    pub(super) fn ranges(self) -> Vec<HashRange> {
        let range = |(first, last): (usize, usize)| HashRange {
            first: (first as u64) << BITS,
            last: ((last as u64) << BITS) | ((1 << BITS) - 1),
        };
        self.runs().into_iter().map(range).collect()
    }
}

impl FromIterator<usize> for Slots {
    fn from_iter<I: IntoIterator<Item = usize>>(slots: I) -> Self {
        let mut all = Slots::default();
        slots.into_iter().for_each(|slot| all.insert(slot));
        all
    }
}

/// `0-3,7`.
impl fmt::Display for Slots {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.runs().into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if first == last {
                write!(out, "{comma}{first}")?;
            } else {
                write!(out, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

/// The text is not a set of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotSlots;

impl FromStr for Slots {
    type Err = NotSlots;

    fn from_str(text: &str) -> Result<Self, NotSlots> {
        let slot = |text: &str| text.parse().ok().filter(|slot: &usize| *slot < SLOTS).ok_or(NotSlots);
        let mut slots = Slots::default();
        for run in text.split(',').filter(|run| !run.is_empty()) {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            (slot(first)?..=slot(last)?).for_each(|slot| slots.insert(slot));
        }
        Ok(slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_unchanged_by_a_round_trip_through_text() {
        for text in ["", "0", "0-127", "1,3,5-7,127"] {
            assert_eq!(text.parse::<Slots>().map(|slots| slots.to_string()), Ok(text.to_owned()));
        }
        for text in ["128", "a", "1-", "-1", "0-128", "1;2"] {
            assert_eq!(text.parse::<Slots>(), Err(NotSlots), "{text}");
        }
    }

    #[test]
    fn ranges_of_adjacent_slots_are_joined_and_cover_all_hashes() {
        assert_eq!(Slots::ALL.ranges(), [HashRange::ALL]);
        let ranges = "0,2-3,127".parse::<Slots>().unwrap().ranges();
        let sizes: Vec<u64> = ranges.iter().map(|range| (range.last - range.first) >> BITS).collect();
        assert_eq!(sizes, [0, 1, 0]);
        for hash in [0, 1 << 57, u64::MAX / 3, u64::MAX] {
            let own: Slots = [slot_of(hash)].into_iter().collect();
            assert!(own.ranges()[0].contains(hash), "{hash:x}");
            assert!(!Slots::ALL.without(own).ranges().iter().any(|range| range.contains(hash)), "{hash:x}");
        }
    }
}
