//! Scanning of tokens, by the rules of YAML 1.1 as in go-yaml v2.
//!
//! The structure follows libyaml's scanner: only a later `:` decides whether a token starts a key, so tokens stay in a
//! queue as long as the first of them may be a key.

mod cursor;
mod directive;
mod key;
mod scalar;
mod simple_key;
mod text;

use std::borrow::Cow;
use std::collections::VecDeque;

use super::Position;
use super::error::{Failure, malformed};
use cursor::Cursor;
use simple_key::SimpleKey;

/// A token with its position.
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub(super) at: Position,
    pub(super) kind: Kind<'t>,
}

/// The kind of a token.
#[derive(Debug, PartialEq)]
pub(super) enum Kind<'t> {
    StreamEnd,
    Version { is_1_1: bool },
    TagDirective { handle: &'t str, prefix: Vec<u8> },
    DocumentStart,
    DocumentEnd,
    BlockSequence,
    BlockMapping,
    BlockEnd,
    FlowSequence,
    FlowSequenceEnd,
    FlowMapping,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'t str),
    Anchor(&'t str),
    Tag { handle: &'t str, suffix: Vec<u8> },
    Scalar { text: Cow<'t, str>, is_plain: bool },
}

/// The scanner of a text.
pub(super) struct Scanner<'t> {
    cursor: Cursor<'t>,
    tokens: VecDeque<Token<'t>>,
    /// The number of tokens that the parser has consumed.
    taken: usize,
    is_ready: bool,
    indent: i64,
    indents: Vec<i64>,
    flow: usize,
    key_allowed: bool,
    /// One for each open flow collection, and one for the surrounding block.
    keys: Vec<SimpleKey>,
}

impl<'t> Scanner<'t> {
    /// Creates a scanner for a text that starts at this line.
    pub(super) fn new(text: &'t str, line: u32) -> Self {
        let none =
            SimpleKey { is_possible: false, is_required: false, is_pending: false, token: 0, line: 0, column: 0 };
        Scanner {
            cursor: Cursor::new(text, line),
            tokens: VecDeque::new(),
            taken: 0,
            is_ready: false,
            indent: -1,
            indents: Vec::new(),
            flow: 0,
            key_allowed: true,
            keys: vec![none],
        }
    }

    /// Returns the next token. After the end of the stream, it is always the end.
    pub(super) fn peek(&mut self) -> Result<&Token<'t>, Failure> {
        if !self.is_ready {
            while self.tokens.is_empty() || self.may_be_key()? {
                self.fetch()?;
            }
            self.is_ready = true;
        }
        Ok(&self.tokens[0])
    }

    /// Consumes the token that [`Scanner::peek`] has returned.
    pub(super) fn take(&mut self) -> Option<Token<'t>> {
        self.is_ready = false;
        self.taken += 1;
        self.tokens.pop_front()
    }

    fn push(&mut self, at: Position, kind: Kind<'t>) {
        self.tokens.push_back(Token { at, kind });
    }

    /// Inserts a token before the token of this number, or at the end if that is consumed.
    fn insert(&mut self, number: usize, at: Position, kind: Kind<'t>) {
        match number.checked_sub(self.taken) {
            Some(index) if index < self.tokens.len() => self.tokens.insert(index, Token { at, kind }),
            _ => self.push(at, kind),
        }
    }

    fn fetch(&mut self) -> Result<(), Failure> {
        self.skip_to_token();
        self.unroll(i64::from(self.cursor.column()));
        let at = self.cursor.position();
        if self.cursor.is_end() {
            return self.stream_end();
        }
        if self.cursor.column() == 0 {
            match self.cursor.byte() {
                b'%' => return self.directive(),
                b'-' if self.cursor.is_mark(b'-') => return self.indicator(Kind::DocumentStart),
                b'.' if self.cursor.is_mark(b'.') => return self.indicator(Kind::DocumentEnd),
                _ => {}
            }
        }
        let is_flow = self.flow > 0;
        let is_last = self.cursor.is_blankz_at(1);
        match self.cursor.byte() {
            b'[' => self.flow_start(Kind::FlowSequence),
            b'{' => self.flow_start(Kind::FlowMapping),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => self.flow_entry(),
            b'-' if is_last => self.block_entry(),
            b'?' if is_flow || is_last => self.key(),
            b':' if is_flow || is_last => self.value(),
            b'*' | b'&' => self.anchor(),
            b'!' => self.tag(),
            b'|' | b'>' if !is_flow => self.block_scalar(),
            b'\'' | b'"' => self.flow_scalar(true),
            b' ' | b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(malformed(at, "found character that cannot start any token"))
            }
            _ => self.flow_scalar(false),
        }
    }

    fn block_scalar(&mut self) -> Result<(), Failure> {
        let (at, is_literal) = (self.cursor.position(), self.cursor.byte() == b'|');
        self.remove_key()?;
        self.key_allowed = true;
        let text = self.block(is_literal)?;
        self.push(at, Kind::Scalar { text, is_plain: false });
        Ok(())
    }

    /// Scans a scalar that may be a key.
    fn flow_scalar(&mut self, is_quoted: bool) -> Result<(), Failure> {
        let at = self.cursor.position();
        self.save_key()?;
        self.key_allowed = false;
        let text = if is_quoted { self.quoted(self.cursor.byte())? } else { self.plain()? };
        self.push(at, Kind::Scalar { text, is_plain: !is_quoted });
        Ok(())
    }

    /// Skips blanks, comments and breaks. Tabs are blanks only where no key may start.
    fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow > 0 || !self.key_allowed;
            self.cursor.skip_ascii_while(|byte| byte == b' ' || (tabs && byte == b'\t'));
            if self.cursor.byte() == b'#' {
                self.cursor.skip_line();
            }
            if !self.cursor.is_break() {
                break;
            }
            self.cursor.skip_break();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// Emits a token of one character.
    fn one(&mut self, kind: Kind<'t>) {
        let at = self.cursor.position();
        self.cursor.skip();
        self.push(at, kind);
    }

    fn stream_end(&mut self) -> Result<(), Failure> {
        // A key cannot extend beyond the end.
        self.cursor.end_line();
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.push(self.cursor.position(), Kind::StreamEnd);
        Ok(())
    }

    fn indicator(&mut self, kind: Kind<'t>) -> Result<(), Failure> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let at = self.cursor.position();
        self.cursor.skip_ascii(3);
        self.push(at, kind);
        Ok(())
    }

    fn flow_start(&mut self, kind: Kind<'t>) -> Result<(), Failure> {
        self.save_key()?;
        let token = self.taken + self.tokens.len();
        self.keys.push(SimpleKey {
            is_possible: false,
            is_required: false,
            is_pending: false,
            token,
            line: self.cursor.line(),
            column: self.cursor.column(),
        });
        self.flow += 1;
        self.key_allowed = true;
        self.one(kind);
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind<'t>) -> Result<(), Failure> {
        self.remove_key()?;
        if self.flow > 0 {
            self.flow -= 1;
            // go-yaml looks up tokens by number, so a flow collection without a key removes the pending key that it
            // starts itself from the queue: `{}: 1` is `{}`.
            let inner = self.keys.pop().map(|key| key.token);
            if let Some(outer) = self.keys.last_mut()
                && Some(outer.token) == inner
            {
                outer.is_pending = false;
            }
        }
        self.key_allowed = false;
        self.one(kind);
        Ok(())
    }

    fn flow_entry(&mut self) -> Result<(), Failure> {
        self.remove_key()?;
        self.key_allowed = true;
        self.one(Kind::FlowEntry);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Failure> {
        if self.flow == 0 {
            let at = self.cursor.position();
            if !self.key_allowed {
                return Err(malformed(at, "block sequence entries are not allowed in this context"));
            }
            self.roll(self.cursor.column(), None, Kind::BlockSequence, at);
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.one(Kind::BlockEntry);
        Ok(())
    }

    fn key(&mut self) -> Result<(), Failure> {
        if self.flow == 0 {
            let at = self.cursor.position();
            if !self.key_allowed {
                return Err(malformed(at, "mapping keys are not allowed in this context"));
            }
            self.roll(self.cursor.column(), None, Kind::BlockMapping, at);
        }
        self.remove_key()?;
        self.key_allowed = self.flow == 0;
        self.one(Kind::Key);
        Ok(())
    }

    fn value(&mut self) -> Result<(), Failure> {
        let last = self.keys.len() - 1;
        if self.is_key(last)? {
            let key = &mut self.keys[last];
            key.is_possible = false;
            key.is_pending = false;
            let (token, column) = (key.token, key.column);
            let at = Position { line: key.line, column: column.saturating_add(1) };
            self.insert(token, at, Kind::Key);
            self.roll(column, Some(token), Kind::BlockMapping, at);
            self.key_allowed = false;
        } else {
            if self.flow == 0 {
                let at = self.cursor.position();
                if !self.key_allowed {
                    return Err(malformed(at, "mapping values are not allowed in this context"));
                }
                self.roll(self.cursor.column(), None, Kind::BlockMapping, at);
            }
            self.key_allowed = self.flow == 0;
        }
        self.one(Kind::Value);
        Ok(())
    }
}
