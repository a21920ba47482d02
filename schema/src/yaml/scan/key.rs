//! Simple keys (keys without `?`), and the block collections that they start.

use super::super::Position;
use super::super::error::Failure;
use super::simple_key::SimpleKey;
use super::{Kind, Scanner};

/// The maximum length of a key in characters.
const MAX_KEY: u32 = 1024;

impl<'t> Scanner<'t> {
    /// Returns whether the first token may still turn out to be a key.
    pub(super) fn may_be_key(&mut self) -> Result<bool, Failure> {
        match self.keys.iter().rposition(|key| key.is_pending && key.token == self.taken) {
            Some(index) => self.is_key(index),
            None => Ok(false),
        }
    }

    /// Starts a block collection before the token of this number, if the indentation increases.
    pub(super) fn roll(&mut self, column: u32, number: Option<usize>, kind: Kind<'t>, at: Position) {
        let column = i64::from(column);
        if self.flow == 0 && self.indent < column {
            self.indents.push(self.indent);
            self.indent = column;
            match number {
                Some(number) => self.insert(number, at, kind),
                None => self.push(at, kind),
            }
        }
    }

    /// Ends the block collections with a greater indentation than a column.
    pub(super) fn unroll(&mut self, column: i64) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            self.push(self.cursor.position(), Kind::BlockEnd);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Returns whether a token may still start a key: a key is a single line of limited length.
    pub(super) fn is_key(&mut self, index: usize) -> Result<bool, Failure> {
        let (line, column) = (self.cursor.line(), self.cursor.column());
        let key = &mut self.keys[index];
        if !key.is_possible {
            return Ok(false);
        }
        if key.line < line || key.column.saturating_add(MAX_KEY) < column {
            key.is_possible = false;
            return key.or_malformed();
        }
        Ok(true)
    }

    /// Registers that the next token may start a key.
    pub(super) fn save_key(&mut self) -> Result<(), Failure> {
        let (line, column) = (self.cursor.line(), self.cursor.column());
        let is_required = self.flow == 0 && self.indent == i64::from(column);
        if self.key_allowed {
            let token = self.taken + self.tokens.len();
            self.remove_key()?;
            if let Some(last) = self.keys.last_mut() {
                *last = SimpleKey { is_possible: true, is_required, is_pending: true, token, line, column };
            }
        }
        Ok(())
    }

    pub(super) fn remove_key(&mut self) -> Result<(), Failure> {
        match self.keys.last_mut() {
            Some(key) if key.is_possible => {
                key.is_possible = false;
                key.is_pending = false;
                key.or_malformed().map(|_| ())
            }
            _ => Ok(()),
        }
    }
}
