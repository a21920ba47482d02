//! Numbers as Go reads them from text, and what it says of those that it cannot read.
//!
//! Source: Go's `strconv`.

use std::num::{IntErrorKind, ParseIntError};

use kube_structural_schema::object::go;

/// A signed number.
pub(crate) fn int(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error| refused("ParseInt", text, &error))
}

/// A number without a sign.
pub(crate) fn uint(text: &str) -> Result<u64, String> {
    if text.starts_with('+') {
        return Err(wrong("ParseUint", text, "invalid syntax"));
    }
    text.parse().map_err(|error| refused("ParseUint", text, &error))
}

fn refused(function: &str, text: &str, error: &ParseIntError) -> String {
    let why = match error.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
        _ => "invalid syntax",
    };
    wrong(function, text, why)
}

fn wrong(function: &str, text: &str, why: &str) -> String {
    format!("strconv.{function}: parsing {}: {why}", go::quoted(text))
}

#[cfg(test)]
mod tests {
    use super::{int, uint};

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        assert_eq!((int("+1"), int("-9223372036854775808"), uint("00")), (Ok(1), Ok(i64::MIN), Ok(0)));
        assert_eq!(int(""), Err("strconv.ParseInt: parsing \"\": invalid syntax".to_owned()));
        for text in ["", "+1", "-1", "1.0", "0x1", "1_0", " 1"] {
            assert_eq!(uint(text), Err(format!("strconv.ParseUint: parsing {text:?}: invalid syntax")));
        }
        let great = "99999999999999999999";
        assert_eq!(int(great), Err(format!("strconv.ParseInt: parsing {great:?}: value out of range")));
    }
}
