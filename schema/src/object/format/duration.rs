//! Durations, in nanoseconds.

/// The units of Go durations and their length.
const UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Unit names and their length; words with the last name of a row as prefix are that unit as well.
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

/// Parses the format `duration`: a Go duration, or numbers with units in words anywhere in the text, such as `3 days`.
pub(crate) fn parse_format(text: &str) -> Option<i64> {
    parse_go(text).or_else(|| parse_words(text))
}

/// Parses a Go duration such as `1h30m` or `-1.5s`.
///
/// Source: `time.ParseDuration`.
pub(crate) fn parse_go(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let max = (1_u128 << 63) - u128::from(!negative);
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (integer, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if integer.is_empty() && fraction.is_empty() {
            return None;
        }
        let unit_ends = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_ends);
        let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let integer: u128 = if integer.is_empty() { 0 } else { integer.parse().ok()? };
        let part = fraction
            .bytes()
            .take(18)
            .fold((0_u128, 1_u128), |(value, scale), digit| (value * 10 + u128::from(digit - b'0'), scale * 10));
        total += integer.checked_mul(*nanoseconds)? + part.0 * nanoseconds / part.1;
        if total > max {
            return None;
        }
        rest = after;
    }
    let total = i128::try_from(total).ok()?;
    i64::try_from(if negative { -total } else { total }).ok()
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn parse_words(text: &str) -> Option<i64> {
    let mut total: Option<i64> = None;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (number, after) = split_digits(&rest[start..]);
        let unit = after.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let ends = unit.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(unit.len());
        rest = &unit[ends..];
        if ends == 0 {
            continue;
        }
        let number: i64 = number.parse().ok()?;
        let unit = unit[..ends].to_lowercase();
        for (names, nanoseconds) in WORDS {
            if names.contains(&unit.as_str()) || names.last().is_some_and(|last| unit.starts_with(last)) {
                total = Some(total.unwrap_or_default().wrapping_add(number.wrapping_mul(nanoseconds)));
            }
        }
    }
    total
}
