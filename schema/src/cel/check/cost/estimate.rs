//! Ranges of sizes and costs.

/// A range of sizes or costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) min: u64,
    pub(super) max: u64,
}

/// The sizes of keys and values in a list or map.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntrySizes {
    pub(super) is_list: bool,
    pub(super) key: Range,
    pub(super) value: Range,
}

impl EntrySizes {
    pub(super) fn union(self, other: EntrySizes) -> EntrySizes {
        EntrySizes { is_list: self.is_list, key: self.key.union(other.key), value: self.value.union(other.value) }
    }
}

impl Range {
    pub(super) const UNKNOWN: Range = Range { min: 0, max: u64::MAX };

    pub(super) fn fixed(value: u64) -> Range {
        Range { min: value, max: value }
    }

    /// Returns the neutral element of unions; `empty`: no value follows.
    pub(super) fn none_yet(empty: bool) -> Range {
        Range { min: if empty { 0 } else { u64::MAX }, max: 0 }
    }

    pub(super) fn plus(self, other: Range) -> Range {
        Range { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }

    pub(super) fn times(self, other: Range) -> Range {
        Range { min: self.min.saturating_mul(other.min), max: self.max.saturating_mul(other.max) }
    }

    /// Multiplies with a factor and rounds up.
    pub(super) fn scaled(self, factor: f64) -> Range {
        Range { min: scaled(self.min, factor), max: scaled(self.max, factor) }
    }

    pub(super) fn union(self, other: Range) -> Range {
        Range { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn scaled(value: u64, factor: f64) -> u64 {
    // The conversion saturates.
    (value as f64 * factor).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_sizes_are_rounded_up_and_do_not_overflow() {
        assert_eq!(Range { min: 1, max: 11 }.scaled(0.1), Range { min: 1, max: 2 });
        assert_eq!(Range::UNKNOWN.scaled(2.0), Range::UNKNOWN);
        assert_eq!(Range::UNKNOWN.plus(Range::fixed(1)), Range { min: 1, max: u64::MAX });
        assert_eq!(Range::UNKNOWN.times(Range::fixed(3)), Range::UNKNOWN);
    }
}
