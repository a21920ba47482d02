//! What a plain scalar means, by the rules of `sigs.k8s.io/yaml` (its go-yaml v2, `resolve.go`).

use serde_json::Number;

use super::Content;

/// Resolves a scalar that stands without quotes and without a tag. `None`: no JSON value can hold it (`.inf`, `.nan`).
pub(super) fn resolve(text: &str) -> Option<Content> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Content::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Content::Bool(false),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf"
        | "-.INF" => {
            return None;
        }
        _ => number(text).map_or_else(|| Content::String(text.to_owned()), Content::Number),
    })
}

/// The number that a plain scalar is, if it is one.
fn number(text: &str) -> Option<Number> {
    let first = text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    if *first == b'.' {
        return float(text);
    }
    let plain = text.replace('_', "");
    integer(&plain).or_else(|| float(&plain))
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`: decimal, `0x`, `0o`, `0b`, and a leading `0` for octal.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative { 0_i64.checked_sub_unsigned(magnitude).map(Number::from) } else { Some(Number::from(magnitude)) }
}

/// A float in YAML's decimal form; everything else that looks like one stays text.
fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_is_decimal = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_is_decimal = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !mantissa_is_decimal || !exponent_is_decimal {
        return None;
    }
    Number::from_f64(text.strip_prefix('+').unwrap_or(text).parse().ok()?)
}

/// A key as text, as `sigs.k8s.io/yaml` turns it into one. `None` for what it refuses: null and collections.
pub(super) fn key(content: &Content) -> Option<String> {
    match content {
        Content::String(text) => Some(text.clone()),
        Content::Bool(value) => Some(value.to_string()),
        Content::Number(number) => Some(number.to_string()),
        Content::Null | Content::List(_) | Content::Map(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn json_of(text: &str) -> Option<serde_json::Value> {
        let at = super::super::Position::default();
        resolve(text).map(|content| super::super::Node { at, content }.to_json())
    }

    #[test]
    fn words_of_yaml_1_1_are_booleans_and_null() {
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
    fn integers_come_in_every_radix_and_size() {
        for (text, value) in
            [("0x1F", 31), ("0o17", 15), ("017", 15), ("0b101", 5), ("-0b101", -5), ("1_000", 1000), ("+7", 7)]
        {
            assert_eq!(json_of(text), Some(json!(value)), "{text}");
        }
        assert_eq!(json_of("18446744073709551615"), Some(json!(u64::MAX)));
        assert_eq!(json_of("-9223372036854775808"), Some(json!(i64::MIN)));
    }

    #[test]
    fn floats_are_decimal_and_the_rest_is_text() {
        for (text, value) in [("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("-1.", -1.0), ("089", 89.0)] {
            assert_eq!(json_of(text), Some(json!(value)), "{text}");
        }
        for text in ["1.2.3", "2001-01-01", "1e", "0x", "-", "+", ".", "1:30", "100m", "0xZZ", "infinity"] {
            assert_eq!(json_of(text), Some(json!(text)), "{text}");
        }
        assert_eq!(json_of(".inf"), None);
    }
}
