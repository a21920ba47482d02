//! Durations and timestamps.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// `1h30m`, `-1.5s`: Go's durations.
///
/// Source: `time.ParseDuration`.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let (sign, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (if text.starts_with('-') { -1 } else { 1 }, rest),
        None => (1, text),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let (unit, after) = after.split_at(after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len()));
        let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part = fraction
            .bytes()
            .take(18)
            .fold((0_i128, 1_i128), |(value, of), digit| (value * 10 + i128::from(digit - b'0'), of * 10));
        total = total.checked_add(whole.checked_mul(*nanoseconds)?)?.checked_add(part.0 * nanoseconds / part.1)?;
        rest = after;
    }
    let total = total * sign;
    i64::try_from(total).ok().map(SignedDuration::from_nanos)
}

/// The same, and numbers with a unit in words, such as `3 days`.
pub(crate) fn parse_loose_duration(text: &str) -> Option<SignedDuration> {
    const WORDS: [(&[&str], i64); 8] = [
        (&["ns", "nano"], 1),
        (&["us", "µs", "micro"], 1_000),
        (&["ms", "milli"], 1_000_000),
        (&["s", "sec"], 1_000_000_000),
        (&["m", "min"], 60_000_000_000),
        (&["h", "hr", "hour"], 3_600_000_000_000),
        (&["d", "day"], 86_400_000_000_000),
        (&["w", "wk", "week"], 604_800_000_000_000),
    ];
    if let Some(duration) = parse_duration(text) {
        return Some(duration);
    }
    let mut total: Option<i64> = None;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (number, after) = split_digits(&rest[start..]);
        let unit = after.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let end = unit.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(unit.len());
        rest = &unit[end..];
        if end == 0 {
            continue;
        }
        let number: i64 = number.parse().ok()?;
        let unit = unit[..end].to_lowercase();
        for (names, nanoseconds) in WORDS {
            if names.contains(&unit.as_str()) || names.last().is_some_and(|last| unit.starts_with(last)) {
                total = Some(total.unwrap_or_default().wrapping_add(number.wrapping_mul(nanoseconds)));
            }
        }
    }
    total.map(SignedDuration::from_nanos)
}

pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// RFC 3339, or a time without a zone, which is UTC's.
pub(super) fn parse_date_time(text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return Some(Timestamp::UNIX_EPOCH);
    }
    parse_timestamp(text).or_else(|| {
        let time: DateTime = text.parse().ok().filter(|_| text.contains('T'))?;
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// RFC 3339 as Go reads it: with a capital `T` and `Z`.
pub(super) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    (bytes.len() >= 20 && bytes[10] == b'T' && !text.contains(['z', 't', ' '])).then(|| text.parse().ok()).flatten()
}

pub(super) fn civil(timestamp: Timestamp) -> DateTime {
    timestamp.to_zoned(TimeZone::UTC).datetime()
}

pub(super) fn timestamp_text(timestamp: Timestamp) -> String {
    timestamp.to_string()
}

/// Seconds with a fraction, as CEL writes durations.
pub(super) fn duration_text(duration: SignedDuration) -> String {
    let nanoseconds = duration.as_nanos();
    let (sign, nanoseconds) = if nanoseconds < 0 { ("-", -nanoseconds) } else { ("", nanoseconds) };
    let (whole, part) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    if part == 0 {
        return format!("{sign}{whole}s");
    }
    let part = format!("{part:09}");
    format!("{sign}{whole}.{}s", part.trim_end_matches('0'))
}
