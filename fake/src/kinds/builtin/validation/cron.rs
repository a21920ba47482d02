//! Schedules of cron jobs.
//!
//! Source: `github.com/robfig/cron/v3/parser.go`.

/// The fields of a schedule: their least and greatest values, and names.
const FIELDS: [(u64, u64, &[&str]); 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];
const DESCRIPTORS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Validates a schedule.
pub(super) fn parse(spec: &str) -> Result<(), String> {
    let mut spec = spec;
    if spec.starts_with("TZ=") || spec.starts_with("CRON_TZ=") {
        let Some((zone, rest)) = spec.split_once(' ') else {
            return Err("invalid schedule format: runtime error: slice bounds out of range [:-1]".to_owned());
        };
        let zone = zone.split_once('=').map(|(_, zone)| zone).unwrap_or_default();
        if !super::batch::is_known_zone(zone) {
            return Err(format!("provided bad location {zone}: unknown time zone {zone}"));
        }
        spec = rest.trim();
    }
    if spec.starts_with('@') {
        return descriptor(spec);
    }
    let fields: Vec<&str> = spec.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    for (text, (min, max, names)) in fields.into_iter().zip(FIELDS) {
        for expression in text.split(',').filter(|part| !part.is_empty()) {
            range(expression, min, max, names)?;
        }
    }
    Ok(())
}

fn descriptor(spec: &str) -> Result<(), String> {
    if DESCRIPTORS.contains(&spec) {
        return Ok(());
    }
    match spec.strip_prefix("@every ") {
        Some(duration) => is_duration(duration)
            .then_some(())
            .ok_or_else(|| format!("failed to parse duration {spec}: time: invalid duration \"{duration}\"")),
        None => Err(format!("unrecognized descriptor: {spec}")),
    }
}

/// Whether Go can parse a duration, such as `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut parts = 0;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if unit.len() == rest.len() || !rest[..rest.len() - unit.len()].contains(|c: char| c.is_ascii_digit()) {
            return false;
        }
        let end = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
        if !["ns", "us", "µs", "ms", "s", "m", "h"].contains(&&unit[..end]) {
            return false;
        }
        rest = &unit[end..];
        parts += 1;
    }
    parts > 0
}

fn range(expression: &str, min: u64, max: u64, names: &[&str]) -> Result<(), String> {
    let parts: Vec<&str> = expression.split('/').collect();
    let limits: Vec<&str> = parts[0].split('-').collect();
    let (start, mut end) = match limits.as_slice() {
        ["*" | "?", ..] => (min, max),
        [one] => {
            let value = number_or_name(one, min, names)?;
            (value, value)
        }
        [low, high] => (number_or_name(low, min, names)?, number_or_name(high, min, names)?),
        [low, ..] => {
            number_or_name(low, min, names)?;
            return Err(format!("too many hyphens: {expression}"));
        }
        [] => return Err(format!("failed to parse int from {expression}: strconv.Atoi: parsing \"\": invalid syntax")),
    };
    let step = match parts.as_slice() {
        [_] => 1,
        [_, step] => {
            if limits.len() == 1 {
                end = max;
            }
            number(step)?
        }
        _ => return Err(format!("too many slashes: {expression}")),
    };
    if start < min {
        return Err(format!("beginning of range ({start}) below minimum ({min}): {expression}"));
    }
    if end > max {
        return Err(format!("end of range ({end}) above maximum ({max}): {expression}"));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {expression}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {expression}"));
    }
    Ok(())
}

fn number_or_name(text: &str, first: u64, names: &[&str]) -> Result<u64, String> {
    let lower = text.to_lowercase();
    match names.iter().zip(first..).find(|(name, _)| **name == lower) {
        Some((_, number)) => Ok(number),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Some(positive) = text.strip_prefix('-')
        && positive.parse::<u64>().is_ok_and(|number| number > 0)
    {
        return Err(format!("negative number ({text}) not allowed: {text}"));
    }
    let is_number = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit());
    let invalid = |reason: &str| format!("failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": {reason}");
    if !is_number {
        return Err(invalid("invalid syntax"));
    }
    digits.parse::<i64>().map_err(|_| invalid("value out of range")).map(i64::unsigned_abs)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn schedules_with_five_fields_or_a_descriptor_are_valid() {
        for spec in ["* * * * *", "*/5 0-23/2 1,15 jan-mar MON", "@hourly", "@every 1h30m", "0 0 ? * 6"] {
            assert_eq!(parse(spec), Ok(()), "{spec}");
        }
    }

    #[test]
    fn invalid_schedules_have_the_messages_of_the_parser() {
        for (spec, expected) in [
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("a * * * *", "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("@often", "unrecognized descriptor: @often"),
        ] {
            assert_eq!(parse(spec), Err(expected.to_owned()), "{spec}");
        }
    }
}
