//! Access to the characters of a text.

use super::super::Position;

/// A position in a text. Reads zeros at the end, which the text cannot contain.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    /// The column in characters, starting at 0.
    column: u32,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, line: u32) -> Self {
        Cursor { text, at: 0, line, column: 0 }
    }

    pub(super) fn position(&self) -> Position {
        Position { line: self.line, column: self.column.saturating_add(1) }
    }

    pub(super) fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn column(&self) -> u32 {
        self.column
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Returns the text from `start` to here.
    pub(super) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.ahead(0)
    }

    #[inline]
    pub(super) fn ahead(&self, bytes: usize) -> u8 {
        self.text.as_bytes().get(self.at + bytes).copied().unwrap_or(0)
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Skips a character that is not a line break.
    #[inline]
    pub(super) fn skip(&mut self) {
        if self.at < self.text.len() {
            self.at += width(self.byte());
            self.column += 1;
        }
    }

    /// Skips ASCII characters that are not line breaks.
    pub(super) fn skip_ascii(&mut self, characters: u32) {
        self.at += characters as usize;
        self.column += characters;
    }

    /// Skips characters while `accept` returns true for the first byte of each.
    pub(super) fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        while !self.is_end() && accept(self.byte()) {
            self.skip();
        }
    }

    /// Skips the rest of the line, except for its break.
    pub(super) fn skip_line(&mut self) {
        loop {
            self.skip_ascii_while(|byte| matches!(byte, b' '..=b'~' | b'\t'));
            if self.is_breakz() {
                break;
            }
            self.skip();
        }
    }

    /// Skips ASCII characters that are not line breaks while `accept` returns true.
    #[inline]
    pub(super) fn skip_ascii_while(&mut self, accept: impl Fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| !accept(*byte)).unwrap_or(rest.len());
        self.at += length;
        self.column = self.column.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
    }

    /// Skips a line break, and returns its content in a scalar.
    pub(super) fn skip_break(&mut self) -> &'t str {
        let (bytes, content) = match self.byte() {
            b'\r' if self.ahead(1) == b'\n' => (2, "\n"),
            b'\r' | b'\n' => (1, "\n"),
            0xC2 => (2, "\n"),
            _ => (3, self.text.get(self.at..self.at + 3).unwrap_or_default()),
        };
        self.at += bytes;
        self.line = self.line.saturating_add(1);
        self.column = 0;
        content
    }

    /// Starts a new line at the end of the text.
    pub(super) fn end_line(&mut self) {
        if self.column > 0 {
            self.line = self.line.saturating_add(1);
            self.column = 0;
        }
    }

    /// Returns whether a line break of YAML 1.1 is next, including NEL, LS and PS.
    #[inline]
    pub(super) fn is_break(&self) -> bool {
        self.is_break_at(0)
    }

    #[inline]
    fn is_break_at(&self, bytes: usize) -> bool {
        match self.ahead(bytes) {
            b'\n' | b'\r' => true,
            0xC2 => self.ahead(bytes + 1) == 0x85,
            0xE2 => self.ahead(bytes + 1) == 0x80 && matches!(self.ahead(bytes + 2), 0xA8 | 0xA9),
            _ => false,
        }
    }

    pub(super) fn is_break_next(&self) -> bool {
        self.is_break_at(1)
    }

    #[inline]
    pub(super) fn is_breakz(&self) -> bool {
        self.byte() == 0 || self.is_break()
    }

    #[inline]
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.byte(), b' ' | b'\t')
    }

    /// Returns whether a blank, a break or the end is at an offset.
    #[inline]
    pub(super) fn is_blankz_at(&self, bytes: usize) -> bool {
        match self.ahead(bytes) {
            b' ' | b'\t' | 0 => true,
            _ => self.is_break_at(bytes),
        }
    }

    /// Returns whether `---` or `...` is next, at the start of a line.
    pub(super) fn is_indicator(&self) -> bool {
        self.column == 0 && (self.is_mark(b'-') || self.is_mark(b'.'))
    }

    pub(super) fn is_mark(&self, mark: u8) -> bool {
        self.byte() == mark && self.ahead(1) == mark && self.ahead(2) == mark && self.is_blankz_at(3)
    }

    /// Skips to the next byte that is special in a plain scalar or ends it.
    #[inline]
    pub(super) fn skip_plain(&mut self) {
        self.skip_ascii_while(|byte| IS_ORDINARY[usize::from(byte)]);
    }
}

/// The ASCII characters without special meaning in any scalar.
static IS_ORDINARY: [bool; 256] = {
    let mut ordinary = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        ordinary[byte as usize] =
            !matches!(byte, b':' | b',' | b'?' | b'[' | b']' | b'{' | b'}' | b'\'' | b'"' | b'\\');
        byte += 1;
    }
    ordinary
};

/// Returns the number of bytes of a character from its first byte.
pub(super) fn width(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}
