//! JSON with positions, read like Go's `encoding/json`.

use super::entries::{Duplicates, Entries};
use super::error::{Failure, failure, malformed};
use super::scalar::float_number;
use super::tag::decode_lossy;
use super::{Content, Key, MAX_DEPTH, Node, Position, YamlError};

/// A text of consecutive JSON values.
pub(super) struct Json<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
    column: u32,
    /// The byte offset up to which `column` is counted.
    counted: usize,
    depth: usize,
    /// The first number that is out of range, which Go reports after the syntax of the whole value.
    too_large: Option<Failure>,
}

impl<'t> Json<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Json { text, at: 0, line: 1, column: 1, counted: 0, depth: 0, too_large: None }
    }

    /// Reads the next value, if any.
    pub(super) fn document(&mut self, duplicates: &mut Duplicates) -> Result<Option<Node>, Failure> {
        self.skip_blanks();
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let value = self.value(duplicates)?;
        self.too_large.take().map_or(Ok(Some(value)), Err)
    }

    /// Returns the number of bytes read.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    fn byte(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn position(&mut self) -> Position {
        let part = self.text.get(self.counted..self.at).unwrap_or_default();
        let characters = part.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.column = self.column.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.counted = self.at;
        Position { line: self.line, column: self.column }
    }

    fn error<T>(&mut self, message: &str) -> Result<T, Failure> {
        Err(malformed(self.position(), message))
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.byte() {
                b'\n' => {
                    self.at += 1;
                    self.line = self.line.saturating_add(1);
                    self.column = 1;
                    self.counted = self.at;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                _ => break,
            }
        }
    }

    /// Skips blanks and the byte, if that is next.
    fn consume(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let found = self.byte() == byte;
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, duplicates: &mut Duplicates) -> Result<Node, Failure> {
        let at = self.position();
        let content = match self.byte() {
            b'{' | b'[' if self.depth >= MAX_DEPTH => return Err(failure(at, YamlError::TooDeep)),
            b'{' => self.object(duplicates)?,
            b'[' => self.array(duplicates)?,
            b'"' => Content::String(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        };
        Ok(Node { at, content })
    }

    fn word(&mut self) -> Result<Content, Failure> {
        let rest = &self.text[self.at.min(self.text.len())..];
        let words = [("null", Content::Null), ("true", Content::Bool(true)), ("false", Content::Bool(false))];
        for (word, content) in words {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(content);
            }
        }
        self.error("did not find a JSON value")
    }

    fn object(&mut self, duplicates: &mut Duplicates) -> Result<Content, Failure> {
        self.at += 1;
        self.depth += 1;
        let mut entries = Entries::default();
        if !self.consume(b'}') {
            loop {
                self.skip_blanks();
                let at = self.position();
                if self.byte() != b'"' {
                    return self.error("did not find a quoted key");
                }
                let name = self.string()?;
                if !self.consume(b':') {
                    return self.error("did not find ':' after a key");
                }
                self.skip_blanks();
                let value = self.value(duplicates)?;
                entries.set(Key { at, name }, value, duplicates)?;
                if self.consume(b'}') {
                    break;
                }
                if !self.consume(b',') {
                    return self.error("did not find ',' or '}' after a value");
                }
            }
        }
        self.depth -= 1;
        Ok(Content::Map(entries.finish()))
    }

    fn array(&mut self, duplicates: &mut Duplicates) -> Result<Content, Failure> {
        self.at += 1;
        self.depth += 1;
        let mut items = Vec::new();
        if !self.consume(b']') {
            loop {
                self.skip_blanks();
                items.push(self.value(duplicates)?);
                if self.consume(b']') {
                    break;
                }
                if !self.consume(b',') {
                    return self.error("did not find ',' or ']' after a value");
                }
            }
        }
        self.depth -= 1;
        Ok(Content::List(items))
    }

    fn number(&mut self) -> Result<Content, Failure> {
        let start = self.at;
        let digits = |json: &mut Self| {
            let start = json.at;
            while json.byte().is_ascii_digit() {
                json.at += 1;
            }
            json.at > start
        };
        self.at += usize::from(self.byte() == b'-');
        let mut is_integer = true;
        let mut is_valid = if self.byte() == b'0' {
            self.at += 1;
            true
        } else {
            digits(self)
        };
        if is_valid && self.byte() == b'.' {
            self.at += 1;
            is_integer = false;
            is_valid = digits(self);
        }
        if is_valid && matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            is_integer = false;
            self.at += usize::from(matches!(self.byte(), b'+' | b'-'));
            is_valid = digits(self);
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        let integer = || text.parse().map(i64::into).ok();
        let float = || text.parse().ok().and_then(float_number);
        match is_integer.then(integer).flatten().or_else(float) {
            Some(number) if is_valid => Ok(Content::Number(number)),
            None if is_valid => {
                let at = self.position();
                self.too_large.get_or_insert_with(|| failure(at, YamlError::NotJson(text.to_owned())));
                Ok(Content::Null)
            }
            _ => self.error("not a JSON number"),
        }
    }

    fn string(&mut self) -> Result<String, Failure> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.byte(), b'"' | b'\\' | 0..0x20) {
                self.at += 1;
            }
            text.push_str(&decode_lossy(&self.text[start..self.at]));
            match self.byte() {
                b'"' => break,
                b'\\' => text.push(self.escape()?),
                _ => return self.error("control character in a string, or missing closing quote"),
            }
        }
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<char, Failure> {
        self.at += 2;
        Ok(match self.text.get(self.at - 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0C',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let Some(high) = self.unit(self.at) else { return self.error("not a JSON escape sequence") };
                self.at += 4;
                let low = if self.text[self.at..].starts_with(b"\\u") { self.unit(self.at + 2) } else { None };
                match (char::from_u32(high), low) {
                    (Some(character), _) => character,
                    (None, Some(low @ 0xDC00..0xE000)) if high < 0xDC00 => {
                        self.at += 6;
                        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).unwrap_or_default()
                    }
                    _ => char::REPLACEMENT_CHARACTER,
                }
            }
            _ => return self.error("not a JSON escape sequence"),
        })
    }

    /// Returns the value of four hexadecimal digits at an offset.
    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().try_fold(0, |value, digit| Some((value << 4) | char::from(*digit).to_digit(16)?))
    }
}
