//! How Go writes values into messages: what the API server says is to be said in the same letters.

use std::fmt::Write;

use serde_json::{Number, Value};

/// Text in double quotes, as `%q` and `strconv.Quote` write it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            ' '..='~' => out.push(c),
            '\0'..='\u{7f}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            _ if is_printable(c) => out.push(c),
            _ if u32::from(c) < 0x1_0000 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// Whether a character is a letter, mark, number, punctuation, symbol, or a blank of ASCII: what Go calls printable.
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // Rust leaves the same characters as they are, marks where they do not come first.
    let after_another = format!("a{c}").escape_debug().count();
    after_another == 2 && !c.is_whitespace()
}

/// A number as `%v` writes it.
pub fn number(number: &Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => integer.to_string(),
        (None, Some(float)) => general(float),
        (None, None) => number.to_string(),
    }
}

/// A float as `%v` and `%g` write it: the fewest digits, with an exponent below 0.0001 and from a million on.
pub fn general(float: f64) -> String {
    if float.is_infinite() {
        return if float > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    scientific(float, -4, 6)
}

/// What Go calls the type of a value.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A float as Go's `encoding/json` writes it.
fn json_float(float: f64) -> String {
    let text = scientific(float, -6, 21);
    // e-09 becomes e-9.
    match text.split_once("e-0") {
        Some((mantissa, exponent)) => format!("{mantissa}e-{exponent}"),
        None => text,
    }
}

/// The fewest digits that tell the float; with an exponent of two digits or more where it is out of the range given.
fn scientific(float: f64, least: i32, beyond: i32) -> String {
    if float == 0.0 {
        return if float.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let text = format!("{float:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (least..beyond).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// A value as `json.Marshal` writes it: without spaces, keys in order, `<`, `>` and `&` escaped.
pub fn json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (None, Some(float)) => out.push_str(&json_float(float)),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => write_json_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            // They are in order already, unless another crate has asked serde_json to keep theirs.
            fields.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json_text(name, out);
                out.push(':');
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..'\u{20}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// A value as `%v` writes it, such as `map[a:[1 true]]`.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => number(value),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}:{}", plain(value))).collect();
            format!("map[{}]", fields.join(" "))
        }
    }
}

/// A value as `%#v` writes it, such as `map[string]interface {}{"a":1}`.
pub fn syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => number(value),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", items.iter().map(syntax).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}:{}", quoted(name), syntax(value));
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("map[string]interface {{}}{{{}}}", fields.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_quoted_as_go_quotes_it() {
        assert_eq!(quoted("plain"), r#""plain""#);
        assert_eq!(quoted("\"\\\n\t\u{0}\u{7f}"), r#""\"\\\n\t\x00\x7f""#);
        assert_eq!(quoted("ä\u{301}\u{1f980}"), "\"ä\u{301}\u{1f980}\"");
        assert_eq!(quoted("\u{a0}\u{200b}\u{e000}\u{10ffff}"), r#""\u00a0\u200b\ue000\U0010ffff""#);
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        let cases =
            [(1.0, "1", "1"), (0.1, "0.1", "0.1"), (1e6, "1e+06", "1000000"), (1e20, "1e+20", "100000000000000000000")];
        for (float, general_text, json_text) in cases {
            assert_eq!((general(float).as_str(), json(&json!(float)).as_str()), (general_text, json_text));
        }
        assert_eq!(json(&json!(1e21)), "1e+21");
        assert_eq!(json(&json!(1e-7)), "1e-7");
        assert_eq!(json(&json!(1.5e-9)), "1.5e-9");
        assert_eq!(general(1e21), "1e+21");
        assert_eq!(general(0.00001), "1e-05");
        assert_eq!(number(&Number::from(9_007_199_254_740_993_i64)), "9007199254740993");
    }

    #[test]
    fn json_is_written_as_go_writes_it() {
        let value = json!({"b": ["<&>", null, true], "a": {"\u{2028}": "\u{1}"}});
        assert_eq!(json(&value), r#"{"a":{"\u2028":"\u0001"},"b":["\u003c\u0026\u003e",null,true]}"#);
    }
}
