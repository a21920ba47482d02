//! The `timeout` parameter of all requests except watches.
//!
//! Source: `apiserver/pkg/endpoints/filters/request_deadline.go`; Go's `time.ParseDuration`.

use kube_structural_schema::object::go;

use crate::status::Failure;

/// The nanoseconds of each unit.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("\u{3bc}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 6e10),
    ("h", 3.6e12),
];

/// Validates a duration. Requests are answered immediately, so the value has no effect.
pub(super) fn check(timeout: &str) -> Result<(), Failure> {
    if timeout.is_empty() {
        return Ok(());
    }
    parse(timeout).map_err(|reason| {
        Failure::bad_request(format!("invalid timeout specified in the request URL - time: {reason}"))
    })
}

fn parse(duration: &str) -> Result<(), String> {
    let quoted = go::quoted(duration);
    let invalid = || format!("invalid duration {quoted}");
    let mut rest = duration.strip_prefix(['-', '+']).unwrap_or(duration);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut nanos = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(rest.len());
        // A second point ends the number.
        let end = rest.match_indices('.').nth(1).map_or(end, |(second, _)| end.min(second));
        let (number, after) = rest.split_at(end);
        if !number.contains(|c: char| c.is_ascii_digit()) {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Err(format!("missing unit in duration {quoted}"));
        }
        let Some((_, nanos_per_unit)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("unknown unit {} in duration {quoted}", go::quoted(unit)));
        };
        nanos += number.parse::<f64>().unwrap_or(f64::INFINITY) * nanos_per_unit;
        if nanos >= 9_223_372_036_854_775_808.0 {
            return Err(invalid());
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn durations_parse_as_in_go() {
        for duration in ["0", "-0", "1s", "-1s", "1h30m", "1.5s", ".5s", "1.s", "1\u{b5}s", "2562047h"] {
            assert_eq!(parse(duration), Ok(()), "{duration}");
        }
        for (duration, reason) in [
            ("x", "invalid duration \"x\""),
            ("-", "invalid duration \"-\""),
            (".s", "invalid duration \".s\""),
            ("1", "missing unit in duration \"1\""),
            ("1.", "missing unit in duration \"1.\""),
            ("1s1", "missing unit in duration \"1s1\""),
            ("1x", "unknown unit \"x\" in duration \"1x\""),
            ("1000000000h", "invalid duration \"1000000000h\""),
        ] {
            assert_eq!(parse(duration), Err(reason.to_owned()), "{duration}");
        }
    }
}
