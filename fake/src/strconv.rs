//! Numbers parsed as Go's `strconv` parses them, with its error messages.
//!
//! Source: Go's `strconv`.

use std::num::{IntErrorKind, ParseIntError};

use kube_structural_schema::object::go;

/// Parses a signed number.
pub(crate) fn int(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error| parse_error("ParseInt", text, &error))
}

/// Parses an unsigned number.
pub(crate) fn uint(text: &str) -> Result<u64, String> {
    if text.starts_with('+') {
        return Err(error("ParseUint", text, "invalid syntax"));
    }
    text.parse().map_err(|error| parse_error("ParseUint", text, &error))
}

fn parse_error(function: &str, text: &str, cause: &ParseIntError) -> String {
    let reason = match cause.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
        _ => "invalid syntax",
    };
    error(function, text, reason)
}

fn error(function: &str, text: &str, reason: &str) -> String {
    format!("strconv.{function}: parsing {}: {reason}", go::quoted(text))
}

#[cfg(test)]
mod tests {
    use super::{int, uint};

    #[test]
    fn numbers_parse_as_in_go() {
        assert_eq!((int("+1"), int("-9223372036854775808"), uint("00")), (Ok(1), Ok(i64::MIN), Ok(0)));
        assert_eq!(int(""), Err("strconv.ParseInt: parsing \"\": invalid syntax".to_owned()));
        for text in ["", "+1", "-1", "1.0", "0x1", "1_0", " 1"] {
            assert_eq!(uint(text), Err(format!("strconv.ParseUint: parsing {text:?}: invalid syntax")));
        }
        let large = "99999999999999999999";
        assert_eq!(int(large), Err(format!("strconv.ParseInt: parsing {large:?}: value out of range")));
    }
}
