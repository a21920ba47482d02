//! Names of fields in expressions.
//!
//! Source: `apiserver/pkg/cel/escaping.go`.

const KEYWORDS: [&str; 22] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
    "__proto__",
];

/// Returns whether a name cannot be a variable: the reserved words except for literals.
pub(super) fn is_reserved(name: &str) -> bool {
    KEYWORDS[3..21].contains(&name)
}

/// Returns whether a name is a reserved word, which is escaped as the name of a field.
pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS[..21].contains(&name)
}

/// Escapes the name of a field; returns `None` if an expression cannot name the field.
pub(super) fn escape(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if KEYWORDS[..21].contains(&name) {
        return Some(format!("__{name}__"));
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(name.to_owned());
    }
    let mut out = String::with_capacity(name.len() + 8);
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let (text, length) = match c {
            '_' if rest.starts_with("__") => ("__underscores__", 2),
            '.' => ("__dot__", 1),
            '-' => ("__dash__", 1),
            '/' => ("__slash__", 1),
            c if c.is_ascii_alphanumeric() || c == '_' => (&rest[..1], 1),
            _ => return None,
        };
        out.push_str(text);
        rest = &rest[length..];
    }
    Some(out)
}

/// Unescapes the name of a field; returns `None` if no field can have this name.
pub(super) fn unescape(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(index) = rest.find("__") {
        out.push_str(&rest[..index]);
        let after = &rest[index + 2..];
        let end = after.find("__")?;
        match &after[..end] {
            "underscores" => out.push_str("__"),
            "dot" => out.push('.'),
            "dash" => out.push('-'),
            "slash" => out.push('/'),
            word if KEYWORDS.contains(&word) => out.push_str(word),
            _ => return None,
        }
        rest = &after[end + 2..];
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_names_match_the_api_server() {
        for (name, escaped) in [
            ("a_b", Some("a_b")),
            ("a__b", Some("a__underscores__b")),
            ("x-y", Some("x__dash__y")),
            ("a.b/c", Some("a__dot__b__slash__c")),
            ("namespace", Some("__namespace__")),
            ("1st", None),
            ("", None),
            ("$ref", None),
        ] {
            assert_eq!(escape(name).as_deref(), escaped, "{name}");
            if let Some(escaped) = escaped {
                assert_eq!(unescape(escaped).as_deref(), Some(name));
            }
        }
        assert_eq!(unescape("a__b"), None);
    }
}
