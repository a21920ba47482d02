//! Durations and timestamps.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::object::format::duration;

/// Parses the format `duration`.
pub(super) fn parse_format_duration(text: &str) -> Option<SignedDuration> {
    duration::parse_format(text).map(SignedDuration::from_nanos)
}

/// Parses the argument of `duration('1h')`.
pub(super) fn parse_go_duration(text: &str) -> Option<SignedDuration> {
    duration::parse_go(text).map(SignedDuration::from_nanos)
}

pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Parses RFC 3339, or a time without a zone as UTC.
pub(super) fn parse_date_time(text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return Some(Timestamp::UNIX_EPOCH);
    }
    parse_timestamp(text).or_else(|| {
        let time: DateTime = text.parse().ok().filter(|_| text.contains('T'))?;
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// The seconds of the first and the last time in CEL: the years 1 to 9999.
const SECONDS: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Parses RFC 3339 as Go does: with an upper-case `T` and `Z`. Times on the last day of the year 9999, which often means never, are
/// the last time that [`Timestamp`] can represent, a day earlier.
pub(super) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[10] != b'T' || text.contains(['z', 't', ' ', '[']) {
        return None;
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return SECONDS.contains(&timestamp.as_second()).then_some(timestamp);
    }
    let time: DateTime = text.strip_suffix('Z').filter(|text| text.starts_with("9999-12-3"))?.parse().ok()?;
    (time.year() == 9999).then_some(Timestamp::MAX)
}

/// Returns the time of seconds since 1970, if it is in the years 1 to 9999.
pub(super) fn of_seconds(seconds: i64) -> Option<Timestamp> {
    SECONDS.contains(&seconds).then(|| Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}

pub(super) fn timestamp_text(timestamp: Timestamp) -> String {
    timestamp.to_string()
}

/// Formats a duration as CEL does: in seconds with a fraction.
pub(super) fn duration_text(duration: SignedDuration) -> String {
    let nanoseconds = duration.as_nanos();
    let (sign, nanoseconds) = if nanoseconds < 0 { ("-", -nanoseconds) } else { ("", nanoseconds) };
    let (seconds, fraction) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    if fraction == 0 {
        return format!("{sign}{seconds}s");
    }
    let fraction = format!("{fraction:09}");
    format!("{sign}{seconds}.{}s", fraction.trim_end_matches('0'))
}
