//! Durations and timestamps.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::value::Error;
use crate::object::format::duration;

/// The format `duration`.
pub(super) fn duration_of_format(text: &str) -> Option<SignedDuration> {
    duration::of_format(text).map(SignedDuration::from_nanos)
}

/// `duration('1h')`.
pub(super) fn duration_of_go(text: &str) -> Option<SignedDuration> {
    duration::of_go(text).map(SignedDuration::from_nanos)
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

/// A time in a zone: an offset as `-05:30`, or a name of the time zone database.
pub(super) fn civil_in(timestamp: Timestamp, zone: &str) -> std::result::Result<DateTime, Error> {
    let unknown = || Error::Failed(format!("unknown time zone {zone}").into());
    let zone = match zone.split_once(':') {
        Some((hours, minutes)) => {
            let number = |text: &str| text.parse::<i32>().map_err(|_| unknown());
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            let minutes = if zone.starts_with('-') { -minutes } else { minutes };
            let offset = Offset::from_seconds(hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)));
            TimeZone::fixed(offset.map_err(|_| unknown())?)
        }
        None if zone.is_empty() || zone == "UTC" => TimeZone::UTC,
        None => TimeZone::get(zone).map_err(|_| unknown())?,
    };
    Ok(timestamp.to_zoned(zone).datetime())
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
