//! Text in quotes.

/// Returns the text between the quotes with its escape sequences replaced; `None` if one is not valid.
///
/// Source: `UnquoteExtend`, and `UnquoteChar` of Go's `strconv`.
pub(super) fn unquoted(text: &str) -> Option<String> {
    let quote = text.chars().next()?;
    let mut rest = text.get(1..text.len().checked_sub(1)?)?;
    let mut out = String::new();
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        let (escaped, after) = escape(rest, quote)?;
        out.push(escaped);
        rest = after;
    }
    Some(out)
}

/// Returns the character of an escape sequence after its backslash, and the rest.
fn escape(text: &str, quote: char) -> Option<(char, &str)> {
    let letter = text.chars().next()?;
    let rest = &text[letter.len_utf8()..];
    let code = |digits: usize| {
        let code = u32::from_str_radix(rest.get(..digits)?, 16).ok().and_then(char::from_u32)?;
        Some((code, &rest[digits..]))
    };
    let escaped = match letter {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        letter if letter == quote => quote,
        'x' => return code(2),
        'u' => return code(4),
        'U' => return code(8),
        '0'..='7' => {
            let code = u32::from_str_radix(text.get(..3)?, 8).ok().filter(|code| *code <= 255)?;
            return Some((char::from_u32(code)?, &text[3..]));
        }
        _ => return None,
    };
    Some((escaped, rest))
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn escape_sequences_are_those_of_go() {
        for (text, expected) in [
            (r#""Rea\"dy""#, Some("Rea\"dy")),
            (r"'it\'s'", Some("it's")),
            (r"'\x41\u00e9\U0001f980\101\n'", Some("Aé🦀A\n")),
            (r#"'\"'"#, None),
            (r"'\x'", None),
            (r"'\q'", None),
            ("''", Some("")),
        ] {
            assert_eq!(unquoted(text).as_deref(), expected, "{text}");
        }
    }
}
