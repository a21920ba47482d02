//! Candidates for keys without `?`.

use super::super::Position;
use super::super::error::{Failure, malformed};

/// A token that may start a key.
pub(super) struct SimpleKey {
    pub(super) is_possible: bool,
    /// Whether the document is malformed if this is not a key.
    pub(super) is_required: bool,
    /// Whether the token stays in the queue until this is decided.
    pub(super) is_pending: bool,
    /// The number of the token.
    pub(super) token: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl SimpleKey {
    /// Returns an error if the token has to be a key.
    pub(super) fn or_malformed(&self) -> Result<bool, Failure> {
        let at = Position { line: self.line, column: self.column.saturating_add(1) };
        if self.is_required { Err(malformed(at, "could not find expected ':'")) } else { Ok(false) }
    }
}
