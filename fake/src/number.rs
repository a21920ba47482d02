//! Numbers in parameters and versions, as Go's `strconv` reads them.

use std::num::IntErrorKind;

use kube_structural_schema::object::go;

/// A number with a sign, or what Go says of the text.
pub(crate) fn signed(text: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|error| wrong("ParseInt", text, *error.kind()))
}

/// A number without a sign, or what Go says of the text.
pub(crate) fn unsigned(text: &str) -> Result<u64, String> {
    if text.starts_with('+') {
        return Err(wrong("ParseUint", text, IntErrorKind::InvalidDigit));
    }
    text.parse::<u64>().map_err(|error| wrong("ParseUint", text, *error.kind()))
}

fn wrong(function: &str, text: &str, kind: IntErrorKind) -> String {
    let why = match kind {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
        _ => "invalid syntax",
    };
    format!("strconv.{function}: parsing {}: {why}", go::quoted(text))
}

/// What Go says of a text that is not a duration; `None` if it is one.
///
/// Source: `time.ParseDuration`.
pub(crate) fn duration_error(text: &str) -> Option<String> {
    const UNITS: [(&str, f64); 8] =
        [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
    let invalid = || Some(format!("time: invalid duration {}", go::quoted(text)));
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return None;
    }
    if rest.is_empty() {
        return invalid();
    }
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let Ok(number) = number.parse::<f64>() else { return invalid() };
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Some(format!("time: missing unit in duration {}", go::quoted(text)));
        }
        let Some((_, size)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Some(format!("time: unknown unit {} in duration {}", go::quoted(unit), go::quoted(text)));
        };
        nanoseconds += number * size;
        rest = after;
    }
    if nanoseconds > 9_223_372_036_854_775_807.0 { invalid() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{duration_error, signed, unsigned};

    #[test]
    fn texts_are_numbers_where_go_says_so() {
        assert_eq!((signed("+1"), unsigned("007")), (Ok(1), Ok(7)));
        let why = |text: &str| unsigned(text).unwrap_err();
        assert_eq!(why("+1"), "strconv.ParseUint: parsing \"+1\": invalid syntax");
        assert_eq!(why("-1"), "strconv.ParseUint: parsing \"-1\": invalid syntax");
        assert_eq!(
            why("18446744073709551616"),
            "strconv.ParseUint: parsing \"18446744073709551616\": value out of range"
        );
        let why = signed("9223372036854775808").unwrap_err();
        assert_eq!(why, "strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
    }

    #[test]
    fn texts_are_durations_where_go_says_so() {
        for text in ["0", "-0", "1s", "-1.5h1ns", "1.s", ".5m", "100h"] {
            assert_eq!(duration_error(text), None, "{text}");
        }
        for (text, why) in [
            ("x", "time: invalid duration \"x\""),
            ("-", "time: invalid duration \"-\""),
            (".s", "time: invalid duration \".s\""),
            ("1", "time: missing unit in duration \"1\""),
            ("1x", "time: unknown unit \"x\" in duration \"1x\""),
            ("1s2", "time: missing unit in duration \"1s2\""),
            ("99999999999999999999s", "time: invalid duration \"99999999999999999999s\""),
        ] {
            assert_eq!(duration_error(text).as_deref(), Some(why));
        }
    }
}
