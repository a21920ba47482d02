//! Dates, times and durations.

/// `2006-01-02`, a day that was or will be.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = &bytes[range];
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |number: u32, digit| number * 10 + u32::from(digit - b'0')))
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// A date, `t`, and a time of day with a zone; what stands before the digits of the fraction may be anything.
pub(super) fn is_date_time(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut parts = text.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    is_date(date) && is_time_of_day(time).is_some()
}

fn is_time_of_day(time: &str) -> Option<()> {
    let bytes = time.as_bytes();
    let two = |digits: &[u8], most: &[u8]| (digits.iter().all(u8::is_ascii_digit) && digits <= most).then_some(());
    two(bytes.get(0..2)?, b"23")?;
    two(bytes.get(3..5)?, b"59")?;
    two(bytes.get(6..8)?, b"59")?;
    (bytes[2] == b':' && bytes[5] == b':').then_some(())?;
    let rest = time.get(8..)?;
    if is_zone(rest) {
        return Some(());
    }
    let mut rest = rest.chars();
    rest.next().filter(|first| *first != '\n')?;
    let rest = rest.as_str();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && is_zone(&rest[digits..])).then_some(())
}

fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    text == "z"
        || (bytes.len() == 6 && matches!(bytes[0], b'+' | b'-') && digits(1..3) && bytes[3] == b':' && digits(4..6))
}

/// Go's durations, and numbers with a unit in words anywhere in the text.
pub(super) fn is_duration(text: &str) -> bool {
    is_go_duration(text).is_some() || is_in_words(text)
}

/// Units and their length in nanoseconds.
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

/// Source: `time.ParseDuration`.
fn is_go_duration(text: &str) -> Option<()> {
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some(());
    }
    if rest.is_empty() {
        return None;
    }
    let most = (1_u128 << 63) - u128::from(!negative);
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let unit_ends = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_ends);
        let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        // What a fraction adds is less than one unit, so it decides only at the very end of what can be told.
        let part = fraction
            .bytes()
            .take(9)
            .fold((0_u128, 1_u128), |(value, of), digit| (value * 10 + u128::from(digit - b'0'), of * 10));
        total += whole.checked_mul(*nanoseconds)? + part.0 * nanoseconds / part.1;
        if total > most {
            return None;
        }
        rest = after;
    }
    Some(())
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// The names of units; what begins with the last of a line is that unit, too.
const WORDS: [&[&str]; 8] = [
    &["ns", "nano"],
    &["us", "µs", "micro"],
    &["ms", "milli"],
    &["s", "sec"],
    &["m", "min"],
    &["h", "hr", "hour"],
    &["d", "day"],
    &["w", "wk", "week"],
];

fn is_in_words(text: &str) -> bool {
    let mut found = false;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (number, after) = split_digits(&rest[start..]);
        let unit = after.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let ends = unit.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(unit.len());
        rest = &unit[ends..];
        if ends == 0 {
            continue;
        }
        if number.parse::<i64>().is_err() {
            return false;
        }
        let unit = unit[..ends].to_lowercase();
        found |= WORDS
            .iter()
            .any(|names| names.contains(&unit.as_str()) || names.last().is_some_and(|last| unit.starts_with(last)));
    }
    found
}
