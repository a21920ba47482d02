//! Tokens of the Common Expression Language.
//!
//! Source: <https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax>

/// A token with its start in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) word: Word,
    pub(super) at: usize,
    /// The end in bytes.
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Name(String),
    /// A name in backquotes, which may be a keyword.
    Escaped(String),
    Int(i64),
    /// The minimum integer without its sign.
    MinInt,
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    Sign(&'static str),
}

const SIGNS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

/// Splits a text into tokens; also returns the positions and messages of errors, after which the next token is read.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Vec<(usize, String)>) {
    let (mut tokens, mut errors) = (Vec::new(), Vec::new());
    let mut lexer = Lexer { text, at: 0 };
    loop {
        match lexer.next() {
            Ok(Some(token)) => tokens.push(token),
            Ok(None) => return (tokens, errors),
            Err((at, error)) => {
                // Each error consumes at least one character.
                let skipped = lexer.text[lexer.at..].chars().next().map_or(0, char::len_utf8);
                let end = if lexer.at > at { lexer.at } else { at + skipped };
                lexer.at = end;
                errors.push((at, error));
            }
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, length: usize) -> &'t str {
        let taken = &self.rest()[..length];
        self.at += length;
        taken
    }

    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn next(&mut self) -> Result<Option<Token>, (usize, String)> {
        self.skip();
        let at = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let word = if let Some(word) = self.quoted()? {
            word
        } else if first == '`' {
            let end = rest[1..].find('`').ok_or_else(|| (at, "missing closing backquote".to_owned()))?;
            let name = rest[1..=end].to_owned();
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ' ');
            if name.is_empty() || !name.chars().all(is_part) {
                return Err(self.unknown(at));
            }
            self.take(end + 2);
            Word::Escaped(name)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            Word::Name(self.take(end).to_owned())
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            self.number().map_err(|message| (at, message))?
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign)).ok_or_else(|| self.unknown(at))?;
            self.take(sign.len());
            Word::Sign(sign)
        };
        Ok(Some(Token { word, at, end: self.at }))
    }

    /// Consumes a character that does not start a token; returns the error.
    fn unknown(&mut self, at: usize) -> (usize, String) {
        let mut characters = self.rest().chars();
        let mut length = characters.next().map_or(0, char::len_utf8);
        // The first of two characters of an operator is consumed with the character after it.
        if self.rest().starts_with(['=', '&', '|']) {
            length += characters.next().map_or(0, char::len_utf8);
        }
        (at, unrecognized(self.take(length)))
    }

    fn number(&mut self) -> Result<Word, String> {
        let rest = self.rest();
        let is_hexadecimal = |c: char| c.is_ascii_hexdigit();
        if let Some(digits) = rest.strip_prefix("0x").filter(|digits| digits.starts_with(is_hexadecimal)) {
            let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
            let value = u64::from_str_radix(&digits[..end], 16).ok();
            self.take(2 + end);
            return self.integer(value);
        }
        let bytes = rest.as_bytes();
        let mut end = 0;
        let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        end = digits(end);
        let mut float = false;
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            float = true;
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                float = true;
                end = digits(end + 1 + sign);
            }
        }
        let text = self.take(end);
        if float {
            return text.parse().map(Word::Double).map_err(|_| "invalid double literal".to_owned());
        }
        self.integer(text.parse().ok())
    }

    /// Returns a literal; `None` is a value of more than 64 bits.
    fn integer(&mut self, value: Option<u64>) -> Result<Word, String> {
        if self.rest().starts_with(['u', 'U']) {
            self.take(1);
            return value.map(Word::Uint).ok_or_else(|| "invalid uint literal".to_owned());
        }
        match value.map(i64::try_from) {
            Some(Ok(value)) => Ok(Word::Int(value)),
            Some(Err(_)) if value == Some(i64::MIN.unsigned_abs()) => Ok(Word::MinInt),
            _ => Err("invalid int literal".to_owned()),
        }
    }

    /// Parses a string or bytes literal, if one starts here.
    fn quoted(&mut self) -> Result<Option<Word>, (usize, String)> {
        let at = self.at;
        let rest = self.rest();
        let prefix = rest.bytes().take(3).position(|byte| matches!(byte, b'\'' | b'"')).map(|end| &rest[..end]);
        let Some(prefix) = prefix.filter(|prefix| {
            prefix.chars().all(|c| "rRbB".contains(c)) && !matches!(prefix.to_lowercase().as_str(), "rr" | "bb")
        }) else {
            return Ok(None);
        };
        let (raw, bytes) = (prefix.contains(['r', 'R']), prefix.contains(['b', 'B']));
        let body = &rest[prefix.len()..];
        let quote = &body[..1];
        let triple = body.starts_with(&quote.repeat(3));
        let delimiter = if triple { quote.repeat(3) } else { quote.to_owned() };
        let inner = &body[delimiter.len()..];
        let end = end_of_quoted(inner, &delimiter, raw);
        let Some(end) = end else {
            // The prefix is a name of its own, and the line is not a token.
            let at = at + prefix.len();
            let line = body.find(['\n', '\r']).filter(|_| !triple).unwrap_or(body.len());
            self.take(prefix.len() + line);
            return Err((at, unrecognized(&body[..line])));
        };
        let content = inner[..end].to_owned();
        self.take(prefix.len() + delimiter.len() + end + delimiter.len());
        if raw {
            return Ok(Some(if bytes { Word::Bytes(content.into_bytes()) } else { Word::Text(content) }));
        }
        let unescaped = unescape(&content, bytes).map_err(|message| (at, message))?;
        if bytes {
            return Ok(Some(Word::Bytes(unescaped)));
        }
        String::from_utf8(unescaped)
            .map(|text| Some(Word::Text(text)))
            .map_err(|_| (at, "string literal is not valid UTF-8".to_owned()))
    }
}

/// Returns the length of a quoted text, up to its delimiter.
fn end_of_quoted(inner: &str, delimiter: &str, raw: bool) -> Option<usize> {
    let mut escaped = false;
    for (index, c) in inner.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && !raw {
            escaped = true;
        } else if inner[index..].starts_with(delimiter) {
            return Some(index);
        } else if delimiter.len() == 1 && (c == '\n' || c == '\r') {
            return None;
        }
    }
    None
}

fn unrecognized(text: &str) -> String {
    format!("token recognition error at: '{text}'")
}

fn unescape(text: &str, bytes: bool) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..index]);
        let mut chars = rest[index + 1..].chars();
        let Some(c) = chars.next() else { return Err("incomplete escape sequence".to_owned()) };
        rest = chars.as_str();
        let simple = match c {
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0c,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 0x0b,
            '\\' | '\'' | '"' | '`' | '?' => c as u8,
            'x' | 'X' => {
                push(&mut out, number(&mut rest, 2, 16)?, bytes)?;
                continue;
            }
            'u' | 'U' if !bytes => {
                push(&mut out, number(&mut rest, if c == 'u' { 4 } else { 8 }, 16)?, false)?;
                continue;
            }
            '0'..='3' => {
                rest = &text[text.len() - rest.len() - 1..];
                push(&mut out, number(&mut rest, 3, 8)?, bytes)?;
                continue;
            }
            _ => return Err(format!("unable to unescape string: \\{c}")),
        };
        out.push(simple);
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

fn number(rest: &mut &str, digits: usize, radix: u32) -> Result<u32, String> {
    let invalid = || "too few digits in escape sequence".to_owned();
    let text = rest.get(..digits).ok_or_else(invalid)?;
    *rest = &rest[digits..];
    u32::from_str_radix(text, radix).map_err(|_| invalid())
}

fn push(out: &mut Vec<u8>, code: u32, bytes: bool) -> Result<(), String> {
    if bytes {
        out.push(u8::try_from(code).map_err(|_| "escape sequence is not a byte".to_owned())?);
        return Ok(());
    }
    let c = char::from_u32(code).ok_or_else(|| "escape sequence is not a character".to_owned())?;
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}
