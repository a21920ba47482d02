//! Syntax errors with the messages of Go's `encoding/json`.
//!
//! Source: `encoding/json/scanner.go`.

use super::depth::MAX_LEVELS;

/// The next expected token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// A value or the end of an array.
    ValueOrEnd,
    /// A key or the end of an object.
    KeyOrEnd,
    Key,
    Colon,
    /// A comma or the end of the open array or object.
    Rest,
    End,
}

struct Scanner<'t> {
    rest: std::slice::Iter<'t, u8>,
    /// The open arrays and objects; true for objects.
    open: Vec<bool>,
}

const END: &str = "unexpected end of JSON input";

/// Returns the syntax error of a text; `None` if it is valid.
pub(crate) fn error(text: &[u8]) -> Option<String> {
    let mut scanner = Scanner { rest: text.iter(), open: Vec::new() };
    let mut expect = Expect::Value;
    loop {
        let Some(byte) = scanner.skip_spaces() else {
            return (expect != Expect::End).then(|| END.to_owned());
        };
        match scanner.next_expectation(expect, byte) {
            Ok(next) => expect = next,
            Err(error) => return Some(error),
        }
    }
}

fn unexpected(byte: u8, context: &str) -> String {
    let quoted = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        byte => format!("'{}'", char::from(byte).escape_debug()),
    };
    format!("invalid character {quoted} {context}")
}

impl Scanner<'_> {
    fn skip_spaces(&mut self) -> Option<u8> {
        self.rest.by_ref().copied().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    }

    /// Returns the next byte. At the end, it is a space as in Go's scanner, which never continues a literal.
    fn next(&mut self) -> (u8, bool) {
        self.rest.next().map_or((b' ', true), |byte| (*byte, false))
    }

    /// Returns the expectation after a value.
    fn after(&self) -> Expect {
        if self.open.is_empty() { Expect::End } else { Expect::Rest }
    }

    fn next_expectation(&mut self, expect: Expect, byte: u8) -> Result<Expect, String> {
        match (expect, byte) {
            (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => {
                self.open.pop();
                Ok(self.after())
            }
            (Expect::Value | Expect::ValueOrEnd, byte) => self.value(byte),
            (Expect::Key | Expect::KeyOrEnd, b'"') => self.string().map(|()| Expect::Colon),
            (Expect::Key | Expect::KeyOrEnd, byte) => {
                Err(unexpected(byte, "looking for beginning of object key string"))
            }
            (Expect::Colon, b':') => Ok(Expect::Value),
            (Expect::Colon, byte) => Err(unexpected(byte, "after object key")),
            (Expect::Rest, b',') => Ok(if self.open.last() == Some(&true) { Expect::Key } else { Expect::Value }),
            (Expect::Rest, b'}') if self.open.last() == Some(&true) => {
                self.open.pop();
                Ok(self.after())
            }
            (Expect::Rest, b']') if self.open.last() == Some(&false) => {
                self.open.pop();
                Ok(self.after())
            }
            (Expect::Rest, byte) if self.open.last() == Some(&true) => {
                Err(unexpected(byte, "after object key:value pair"))
            }
            (Expect::Rest, byte) => Err(unexpected(byte, "after array element")),
            (Expect::End, byte) => Err(unexpected(byte, "after top-level value")),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Expect, String> {
        match byte {
            b'{' | b'[' if self.open.len() >= MAX_LEVELS => return Err(unexpected(byte, "exceeded max depth")),
            b'{' => {
                self.open.push(true);
                return Ok(Expect::KeyOrEnd);
            }
            b'[' => {
                self.open.push(false);
                return Ok(Expect::ValueOrEnd);
            }
            b'"' => self.string()?,
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            b'-' | b'0'..=b'9' => self.number(byte)?,
            other => return Err(unexpected(other, "looking for beginning of value")),
        }
        Ok(self.after())
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes().skip(1) {
            let (byte, _) = self.next();
            if byte != expected {
                return Err(unexpected(byte, &format!("in literal {word} (expecting '{}')", char::from(expected))));
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        while let Some(&byte) = self.rest.next() {
            match byte {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                0..=0x1f => return Err(unexpected(byte, "in string literal")),
                _ => {}
            }
        }
        Err(END.to_owned())
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.rest.next() {
            None => Err(END.to_owned()),
            Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => Ok(()),
            Some(b'u') => {
                for _ in 0..4 {
                    match self.rest.next() {
                        None => return Err(END.to_owned()),
                        Some(byte) if byte.is_ascii_hexdigit() => {}
                        Some(&byte) => return Err(unexpected(byte, "in \\u hexadecimal character escape")),
                    }
                }
                Ok(())
            }
            Some(&byte) => Err(unexpected(byte, "in string escape code")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.rest.clone().next().copied()
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.rest.next();
        }
    }

    /// Reads the digit that a part of a number must start with.
    fn first_digit(&mut self, context: &str) -> Result<u8, String> {
        match self.next() {
            (_, true) => Err(END.to_owned()),
            (byte, _) if byte.is_ascii_digit() => Ok(byte),
            (byte, _) => Err(unexpected(byte, context)),
        }
    }

    fn number(&mut self, first: u8) -> Result<(), String> {
        let first = if first == b'-' { self.first_digit("in numeric literal")? } else { first };
        if first != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.rest.next();
            self.first_digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.rest.next();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.rest.next();
            }
            self.first_digit("in exponent of numeric literal")?;
            self.digits();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn syntax_errors_have_messages_of_go() {
        for (text, expected) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("[1,", "unexpected end of JSON input"),
            ("\"a", "unexpected end of JSON input"),
            ("tru", "invalid character ' ' in literal true (expecting 'e')"),
            ("nuxl", "invalid character 'x' in literal null (expecting 'l')"),
            ("{\"a\":}", "invalid character '}' looking for beginning of value"),
            ("{a", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1", "invalid character '1' after object key"),
            ("{\"a\":1 2", "invalid character '2' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{} x", "invalid character 'x' after top-level value"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("01", "invalid character '1' after top-level value"),
        ] {
            assert_eq!(error(text.as_bytes()).as_deref(), Some(expected), "{text}");
        }
        for text in ["null", "-0.5e+3", " {\"a\":[1,{},[]],\"b\":\"\\u00e4\"} "] {
            assert_eq!(error(text.as_bytes()), None, "{text}");
        }
    }
}
