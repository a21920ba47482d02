//! Functions of durations and timestamps.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::cel::value::{Error, Result, Val, no_overload};

fn civil(timestamp: Timestamp) -> DateTime {
    timestamp.to_zoned(TimeZone::UTC).datetime()
}

/// Converts a time to a zone: an offset such as `-05:30`, or a name in the time zone database.
fn civil_in(timestamp: Timestamp, zone: &str) -> std::result::Result<DateTime, Error> {
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

/// Returns a part of the date of a timestamp, in a zone if given.
pub(super) fn date_part<'v>(arguments: &[Val<'v>], part: fn(DateTime) -> i32) -> Result<'v> {
    let time = match arguments {
        [Val::Timestamp(at)] => civil(*at),
        [Val::Timestamp(at), Val::Text(zone)] => civil_in(*at, zone)?,
        _ => return no_overload(),
    };
    Ok(Val::Int(part(time).into()))
}

/// Returns a part of the time of a timestamp, or a duration in another unit.
pub(super) fn time_part<'v>(
    arguments: &[Val<'v>],
    part: fn(DateTime) -> i32,
    whole: fn(SignedDuration) -> i128,
) -> Result<'v> {
    match arguments {
        [Val::Duration(duration)] => Ok(Val::Int(i64::try_from(whole(*duration)).unwrap_or(i64::MAX))),
        _ => date_part(arguments, part),
    }
}
