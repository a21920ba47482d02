//! Scanning of scalars: plain, quoted, and block scalars.

use std::borrow::Cow;
use std::ops::Range;

use super::super::Position;
use super::super::error::{Failure, malformed};
use super::Scanner;
use super::text::{Breaks, Text};

impl<'t> Scanner<'t> {
    /// Scans a plain scalar, which may continue on lines with a greater indentation.
    pub(super) fn plain(&mut self) -> Result<Cow<'t, str>, Failure> {
        let indent = self.indent + 1;
        let start = self.cursor.position();
        let (mut text, mut breaks, mut blanks) = (Text::new(self.cursor.text()), Breaks::default(), 0..0);
        let mut is_new_line = false;
        while !self.cursor.is_indicator() && self.cursor.byte() != b'#' {
            let line = self.plain_line();
            if !line.is_empty() {
                if is_new_line {
                    breaks.fold_into(&mut text);
                    is_new_line = false;
                } else {
                    text.push(blanks.clone());
                }
                text.push(line);
            }
            if !self.cursor.is_blank() && !self.cursor.is_break() {
                break;
            }
            blanks = self.blanks(&mut breaks, &mut is_new_line, |scanner| i64::from(scanner.cursor.column()) < indent);
            if is_new_line && self.cursor.byte() == b'\t' {
                return Err(malformed(start, "tab in the indentation of a plain scalar"));
            }
            if self.flow == 0 && i64::from(self.cursor.column()) < indent {
                break;
            }
        }
        if is_new_line {
            self.key_allowed = true;
        }
        Ok(text.finish())
    }

    /// Returns the part of a plain scalar up to a blank, a break or an indicator.
    fn plain_line(&mut self) -> Range<usize> {
        let start = self.cursor.offset();
        loop {
            self.cursor.skip_plain();
            if self.cursor.is_blankz_at(0) {
                break;
            }
            let ends = match self.cursor.byte() {
                b':' => self.cursor.is_blankz_at(1),
                b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow > 0,
                _ => false,
            };
            if ends {
                break;
            }
            self.cursor.skip();
        }
        start..self.cursor.offset()
    }

    /// Skips blanks and breaks, but not a tab of a new line for which `is_tab_disallowed` returns true. Returns the
    /// blanks of a line without break.
    fn blanks(
        &mut self,
        breaks: &mut Breaks<'t>,
        is_new_line: &mut bool,
        is_tab_disallowed: impl Fn(&Self) -> bool,
    ) -> Range<usize> {
        let start = self.cursor.offset();
        loop {
            if self.cursor.is_break() {
                let found = self.cursor.skip_break();
                if *is_new_line {
                    breaks.trailing.push_str(found);
                } else {
                    breaks.leading = found;
                    *is_new_line = true;
                }
            } else if self.cursor.byte() == b' ' {
                self.cursor.skip_ascii_while(|byte| byte == b' ');
            } else if self.cursor.is_blank() && !(*is_new_line && is_tab_disallowed(self)) {
                self.cursor.skip();
            } else {
                break;
            }
        }
        if *is_new_line { 0..0 } else { start..self.cursor.offset() }
    }

    /// Scans a quoted scalar.
    pub(super) fn quoted(&mut self, quote: u8) -> Result<Cow<'t, str>, Failure> {
        let start = self.cursor.position();
        self.cursor.skip();
        let (mut text, mut breaks) = (Text::new(self.cursor.text()), Breaks::default());
        loop {
            if self.cursor.is_indicator() {
                return Err(malformed(start, "document separator within quotes"));
            }
            if self.cursor.is_end() {
                return Err(malformed(start, "missing closing quote"));
            }
            let mut is_new_line = self.quoted_line(quote, start, &mut text)?;
            if self.cursor.byte() == quote {
                break;
            }
            let blanks = self.blanks(&mut breaks, &mut is_new_line, |_| false);
            if is_new_line {
                breaks.fold_into(&mut text);
            } else {
                text.push(blanks);
            }
        }
        self.cursor.skip();
        Ok(text.finish())
    }

    /// Scans to the next blank, break or quote. Returns whether a break was escaped.
    fn quoted_line(&mut self, quote: u8, start: Position, text: &mut Text<'t>) -> Result<bool, Failure> {
        let mut part_start = self.cursor.offset();
        loop {
            self.cursor.skip_plain();
            match self.cursor.byte() {
                b'\'' if quote == b'\'' && self.cursor.ahead(1) == b'\'' => {
                    self.cursor.skip();
                    text.push(part_start..self.cursor.offset());
                    self.cursor.skip();
                    part_start = self.cursor.offset();
                }
                found if found == quote => break,
                b'\\' if quote == b'"' => {
                    text.push(part_start..self.cursor.offset());
                    if self.cursor.is_break_next() {
                        self.cursor.skip();
                        self.cursor.skip_break();
                        return Ok(true);
                    }
                    let character = self.escape(start)?;
                    text.push_char(character);
                    part_start = self.cursor.offset();
                }
                _ if self.cursor.is_blankz_at(0) => break,
                _ => self.cursor.skip(),
            }
        }
        text.push(part_start..self.cursor.offset());
        Ok(false)
    }

    /// Scans an escape sequence in double quotes.
    fn escape(&mut self, start: Position) -> Result<char, Failure> {
        let (character, digits) = match self.cursor.ahead(1) {
            b'0' => ('\0', 0),
            b'a' => ('\x07', 0),
            b'b' => ('\x08', 0),
            b't' | b'\t' => ('\t', 0),
            b'n' => ('\n', 0),
            b'v' => ('\x0B', 0),
            b'f' => ('\x0C', 0),
            b'r' => ('\r', 0),
            b'e' => ('\x1B', 0),
            byte @ (b' ' | b'"' | b'\'' | b'\\') => (char::from(byte), 0),
            b'N' => ('\u{85}', 0),
            b'_' => ('\u{A0}', 0),
            b'L' => ('\u{2028}', 0),
            b'P' => ('\u{2029}', 0),
            b'x' => ('x', 2),
            b'u' => ('u', 4),
            b'U' => ('U', 8),
            _ => return Err(malformed(self.cursor.position(), "unknown escape sequence")),
        };
        self.cursor.skip_ascii(2);
        if digits == 0 {
            return Ok(character);
        }
        let mut value = 0_u32;
        for _ in 0..digits {
            let digit = char::from(self.cursor.byte()).to_digit(16);
            let digit = digit.ok_or_else(|| malformed(start, "escape sequence without its hexadecimal digits"))?;
            value = (value << 4) | digit;
            self.cursor.skip();
        }
        char::from_u32(value).ok_or_else(|| malformed(start, "escape sequence is not a Unicode character"))
    }

    /// Scans a block scalar.
    pub(super) fn block(&mut self, is_literal: bool) -> Result<Cow<'t, str>, Failure> {
        let start = self.cursor.position();
        self.cursor.skip();
        let (chomping, increment) = self.block_header(start)?;
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let (mut text, mut breaks, mut starts_blank) = (Text::new(self.cursor.text()), Breaks::default(), false);
        self.block_breaks(&mut indent, &mut breaks.trailing, start)?;
        while i64::from(self.cursor.column()) == indent && !self.cursor.is_end() {
            let is_blank = self.cursor.is_blank();
            if !is_literal && !starts_blank && !is_blank && breaks.leading == "\n" {
                if breaks.trailing.is_empty() {
                    text.push_str(" ");
                }
            } else {
                text.push_str(breaks.leading);
            }
            breaks.move_trailing_into(&mut text);
            starts_blank = is_blank;
            let line_start = self.cursor.offset();
            self.cursor.skip_line();
            text.push(line_start..self.cursor.offset());
            breaks.leading = if self.cursor.is_end() { "" } else { self.cursor.skip_break() };
            self.block_breaks(&mut indent, &mut breaks.trailing, start)?;
        }
        if chomping != b'-' {
            text.push_str(breaks.leading);
        }
        if chomping == b'+' {
            breaks.move_trailing_into(&mut text);
        }
        Ok(text.finish())
    }

    /// Scans the chomping indicator (or 0) and the indentation indicator (or 0).
    fn block_header(&mut self, start: Position) -> Result<(u8, i64), Failure> {
        let (mut chomping, mut increment) = (0, 0);
        for _ in 0..2 {
            match self.cursor.byte() {
                sign @ (b'+' | b'-') if chomping == 0 => chomping = sign,
                b'0' if increment == 0 => return Err(malformed(start, "indentation indicator of 0")),
                digit @ b'1'..=b'9' if increment == 0 => increment = i64::from(digit - b'0'),
                _ => break,
            }
            self.cursor.skip();
        }
        self.rest_of_line(start)?;
        Ok((chomping, increment))
    }

    /// Skips blanks, a comment and the break of a line without other content.
    pub(super) fn rest_of_line(&mut self, start: Position) -> Result<(), Failure> {
        self.cursor.skip_ascii_while(|byte| matches!(byte, b' ' | b'\t'));
        if self.cursor.byte() == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.is_breakz() {
            return Err(malformed(start, "did not find expected comment or line break"));
        }
        if self.cursor.is_break() {
            self.cursor.skip_break();
        }
        Ok(())
    }

    /// Skips the indentation and the empty lines before a line; detects the indentation if it is not known.
    fn block_breaks(&mut self, indent: &mut i64, breaks: &mut String, start: Position) -> Result<(), Failure> {
        let mut deepest = 0;
        loop {
            let column = |scanner: &Self| i64::from(scanner.cursor.column());
            while (*indent == 0 || column(self) < *indent) && self.cursor.byte() == b' ' {
                self.cursor.skip();
            }
            deepest = deepest.max(column(self));
            if (*indent == 0 || column(self) < *indent) && self.cursor.byte() == b'\t' {
                return Err(malformed(start, "tab in the indentation of a block scalar"));
            }
            if !self.cursor.is_break() {
                break;
            }
            breaks.push_str(self.cursor.skip_break());
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
