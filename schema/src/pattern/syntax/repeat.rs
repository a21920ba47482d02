//! Repeat counts.

/// `{min,max}`.
pub(super) struct Counts<'p> {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    /// Whether a number overflows.
    overflows: bool,
    pub(super) rest: &'p str,
}

impl Counts<'_> {
    pub(super) fn are_valid(&self) -> bool {
        !self.overflows && self.min <= 1000 && self.max.is_none_or(|max| max <= 1000 && self.min <= max)
    }
}

pub(super) fn counts(text: &str) -> Option<Counts<'_>> {
    let (min, rest) = number(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => number(rest).map(|(max, rest)| (Some(max), rest))?,
    };
    let overflows = min.is_none() || max == Some(None);
    Some(Counts { min: min.unwrap_or_default(), max: max.flatten(), overflows, rest: rest.strip_prefix('}')? })
}

/// Parses digits without a leading zero; the number is `None` if it is too large.
#[allow(clippy::option_option)]
fn number(text: &str) -> Option<(Option<u32>, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().ok().filter(|number| *number < 1_000_000_000), rest))
}
