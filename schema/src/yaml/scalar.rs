//! Resolution of plain scalars as in `sigs.k8s.io/yaml` (its go-yaml v2, `resolve.go`).

use std::borrow::Cow;

use serde_json::Number;

use super::Content;

/// The value of a scalar. Integers and floats are separate because their keys differ.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Resolved<'t> {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer beyond [`i64::MAX`].
    Uint(u64),
    Float(f64),
    Text(Cow<'t, str>),
}

impl Resolved<'_> {
    /// Returns the value as JSON, or its text if JSON cannot represent it.
    pub(super) fn into_content(self) -> Result<Content, String> {
        Ok(match self {
            Resolved::Null => Content::Null,
            Resolved::Bool(value) => Content::Bool(value),
            Resolved::Int(value) => Content::Number(value.into()),
            #[expect(clippy::cast_precision_loss, reason = "Kubernetes decodes it to a float")]
            Resolved::Uint(value) => Content::Number(Number::from_f64(value as f64).unwrap_or_else(|| value.into())),
            Resolved::Float(value) => Content::Number(float_number(value).ok_or_else(|| float_key(value))?),
            Resolved::Text(text) => Content::String(text.into_owned()),
        })
    }

    /// Returns the value as a key of a JSON object; `None` for keys that `sigs.k8s.io/yaml` rejects.
    pub(super) fn into_key(self) -> Option<String> {
        match self {
            Resolved::Null | Resolved::Uint(_) => None,
            Resolved::Bool(value) => Some(value.to_string()),
            Resolved::Int(value) => Some(value.to_string()),
            Resolved::Float(value) => Some(float_key(value)),
            Resolved::Text(text) => Some(text.into_owned()),
        }
    }
}

/// Converts a float to JSON. Go formats an integral float below 1e21 without point and exponent, so it becomes an
/// integer if it has at most 64 bits.
pub(super) fn float_number(value: f64) -> Option<Number> {
    if value.fract() != 0.0 || value.abs() >= 1e21 {
        return Number::from_f64(value);
    }
    match value.to_string().parse::<i64>() {
        Ok(integer) => Some(integer.into()),
        Err(_) => Number::from_f64(value),
    }
}

/// Formats a float as a key: Go's `strconv.FormatFloat(value, 'g', -1, 32)`.
#[expect(clippy::cast_possible_truncation, reason = "Go rounds keys to 32 bits")]
fn float_key(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    value.to_string()
}

/// Resolves a scalar without quotes and tag.
pub(super) fn resolve(text: Cow<'_, str>) -> Resolved<'_> {
    match text.as_bytes().first() {
        None => Resolved::Null,
        Some(b'+' | b'-' | b'.' | b'0'..=b'9') => number(&text).unwrap_or(Resolved::Text(text)),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(_) => Resolved::Text(text),
    }
}

fn word(text: Cow<'_, str>) -> Resolved<'_> {
    match &*text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        _ => Resolved::Text(text),
    }
}

/// Parses a number.
fn number(text: &str) -> Option<Resolved<'static>> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(Resolved::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(Resolved::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Resolved::Float(f64::NEG_INFINITY)),
        _ if text.starts_with('.') => return float(text),
        _ => {}
    }
    let plain = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    integer(&plain).or_else(|| float(&plain)).or_else(|| binary(&plain))
}

/// Parses an integer like Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`: decimal, `0x`, `0o`, `0b`, and octal
/// with a leading `0`.
fn integer(text: &str) -> Option<Resolved<'static>> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("+", &text[1..]),
        _ => ("", text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (sign, i64::try_from(magnitude)) {
        ("-", _) => 0_i64.checked_sub_unsigned(magnitude).map(Resolved::Int),
        (_, Ok(value)) => Some(Resolved::Int(value)),
        ("", Err(_)) => Some(Resolved::Uint(magnitude)),
        _ => None,
    }
}

/// Parses integers such as `0b-1`, a legacy of go-yaml.
fn binary(text: &str) -> Option<Resolved<'static>> {
    let digits = text.strip_prefix("0b")?;
    i64::from_str_radix(digits, 2).ok().map(Resolved::Int)
}

/// Parses a decimal float.
fn float(text: &str) -> Option<Resolved<'static>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_is_decimal = digits(integer) && digits(fraction) && !(integer.is_empty() && fraction.is_empty());
    let exponent_is_decimal = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !mantissa_is_decimal || !exponent_is_decimal {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(Resolved::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn json_of(text: &str) -> Option<serde_json::Value> {
        let at = super::super::Position::default();
        resolve(text.into()).into_content().ok().map(|content| super::super::Node { at, content }.to_json())
    }

    #[test]
    fn yaml_1_1_words_are_booleans_and_null() {
        for text in ["y", "Yes", "ON", "True"] {
            assert_eq!(json_of(text), Some(json!(true)), "{text}");
        }
        for text in ["n", "No", "off", "FALSE"] {
            assert_eq!(json_of(text), Some(json!(false)), "{text}");
        }
        for text in ["", "~", "Null"] {
            assert_eq!(json_of(text), Some(json!(null)), "{text}");
        }
        assert_eq!(json_of("yES"), Some(json!("yES")));
    }

    #[test]
    fn integers_of_all_radixes_and_sizes_are_resolved() {
        for (text, value) in
            [("0x1F", 31), ("0o17", 15), ("017", 15), ("0b101", 5), ("-0b101", -5), ("1_000", 1000), ("+7", 7)]
        {
            assert_eq!(json_of(text), Some(json!(value)), "{text}");
        }
        assert_eq!(json_of("18446744073709551615"), Some(json!(18_446_744_073_709_551_615_f64)));
        assert_eq!(json_of("+18446744073709551615"), Some(json!(18_446_744_073_709_551_615_f64)));
        assert_eq!(json_of("9223372036854775807"), Some(json!(i64::MAX)));
        assert_eq!(json_of("0b-1"), Some(json!(-1)));
        assert_eq!(json_of("-9223372036854775808"), Some(json!(i64::MIN)));
    }

    #[test]
    fn integral_floats_are_integers() {
        for (text, value) in [("1e+06", 1_000_000), ("1e3", 1000), ("1.0", 1), ("1.", 1), ("-1.", -1), ("089", 89)] {
            assert_eq!(json_of(text), Some(json!(value)), "{text}");
        }
        assert_eq!(json_of("-0.0"), Some(json!(0)));
        assert_eq!(json_of("1e20"), Some(json!(1e20)));
        assert_eq!(json_of("9223372036854775807.0"), Some(json!(9_223_372_036_854_775_807_f64)));
    }

    #[test]
    fn only_decimal_floats_are_resolved() {
        for (text, value) in [("1.5", 1.5), (".5", 0.5), ("1e-3", 0.001), ("-.5", -0.5), ("1__0.5", 10.5)] {
            assert_eq!(json_of(text), Some(json!(value)), "{text}");
        }
        for text in
            ["1.2.3", "2001-01-01", "1e", "0x", "-", "+", ".", "1:30", "100m", "0xZZ", "infinity", "1e400", "_1"]
        {
            assert_eq!(json_of(text), Some(json!(text)), "{text}");
        }
        assert_eq!(json_of(".inf"), None);
        assert_eq!(json_of("-.INF"), None);
        assert_eq!(json_of(".NaN"), None);
    }

    #[test]
    fn keys_are_formatted_as_in_go() {
        for (text, key) in [
            ("1.0", "1"),
            ("1e6", "1e+06"),
            ("100000.0", "100000"),
            ("0.00001", "1e-05"),
            ("0.0001", "0.0001"),
            ("16777217.0", "1.6777216e+07"),
            ("1.1", "1.1"),
            ("-0.0", "-0"),
            ("1e39", ".inf"),
            ("-.inf", "-.inf"),
            (".nan", ".nan"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0b11", "3"),
            ("1_000", "1000"),
            ("on", "true"),
            ("n", "false"),
            ("2001-01-01", "2001-01-01"),
        ] {
            assert_eq!(resolve(text.into()).into_key().as_deref(), Some(key), "{text}");
        }
        for text in ["", "~", "null", "9223372036854775808"] {
            assert_eq!(resolve(text.into()).into_key(), None, "{text}");
        }
    }
}
