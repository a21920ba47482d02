//! Costs of expressions in the API server's units.
//!
//! Source: `cel-go/interpreter/runtimecost.go`, `cel-go/common/cost.go`, `apiserver/pkg/cel/library/cost.go`.

use super::value::Val;

/// The cost of a variable, a field, an index or a negation.
pub(super) const STEP: u64 = 1;
/// The cost of a list that is not constant.
pub(super) const LIST: u64 = 10;
/// The cost of a map that is not constant.
pub(super) const MAP: u64 = 30;
/// The cost of naming a type or a format.
pub(super) const NAME: u64 = 1;

/// The costs of macros over lists and maps: those of an iteration and of the result.
pub(super) mod fold {
    /// An iteration of `all` and `exists`.
    pub(in crate::cel) const QUANTIFIER_ITERATION: u64 = 3;
    pub(in crate::cel) const QUANTIFIER_RESULT: u64 = 1;
    /// An iteration of `exists_one` with a match.
    pub(in crate::cel) const EXISTS_ONE_MATCH: u64 = 2;
    pub(in crate::cel) const EXISTS_ONE_MISMATCH: u64 = 1;
    pub(in crate::cel) const EXISTS_ONE_RESULT: u64 = 2;
    /// An iteration of `filter` that adds the item to the result.
    pub(in crate::cel) const FILTER_MATCH: u64 = 13;
    pub(in crate::cel) const FILTER_MISMATCH: u64 = 1;
    pub(in crate::cel) const FILTER_RESULT: u64 = 11;
    /// An iteration of `map`, `transformList` and `sortBy`.
    pub(in crate::cel) const MAP_ITERATION: u64 = 12;
    pub(in crate::cel) const MAP_RESULT: u64 = 1;
    /// An iteration of `transformMap` and `transformMapEntry`.
    pub(in crate::cel) const TRANSFORM_ITERATION: u64 = 32;
    pub(in crate::cel) const TRANSFORM_RESULT: u64 = 1;
}

/// The cost of a call of a function.
pub(super) type Cost = for<'c, 'v> fn(Call<'c, 'v>) -> u64;

/// A successful call.
#[derive(Clone, Copy)]
pub(super) struct Call<'c, 'v> {
    pub(super) arguments: &'c [Val<'v>],
    pub(super) result: &'c Val<'v>,
}

impl Call<'_, '_> {
    /// Returns the size of an argument.
    pub(super) fn size(self, index: usize) -> u64 {
        self.arguments.get(index).map_or(0, Val::size)
    }

    /// Returns whether the argument is a string or bytes.
    pub(super) fn is_sequence(self, index: usize) -> bool {
        matches!(self.arguments.get(index), Some(Val::Text(_) | Val::Bytes(_)))
    }

    /// Returns the cost of parsing an argument, if it is a string.
    pub(super) fn parsing(self, index: usize) -> u64 {
        if let Some(Val::Text(_)) = self.arguments.get(index) { tenth(self.size(index)) } else { 0 }
    }

    /// Returns the cost of comparing both arguments.
    pub(super) fn comparison(self) -> u64 {
        tenth(self.size(0).min(self.size(1)))
    }

    /// Returns the cost of traversing all values in an argument.
    pub(super) fn traversal(self, index: usize) -> u64 {
        self.arguments.get(index).map_or(0, traversal)
    }
}

/// Returns the cost of traversing a string of this size: a tenth, rounded up.
pub(super) fn tenth(size: u64) -> u64 {
    size.div_ceil(10)
}

/// Returns the cost of matching a string with a pattern of `pattern` characters.
pub(super) fn regex(text: u64, pattern: u64) -> u64 {
    tenth(1 + text) * pattern.div_ceil(4)
}

/// Returns the cost of traversing a value.
fn traversal(value: &Val<'_>) -> u64 {
    match value {
        Val::Text(text) => text.len() as u64 / 10,
        Val::Bytes(bytes) => bytes.len() as u64 / 10,
        Val::List(items) => items.all().unwrap_or_default().iter().map(traversal).sum(),
        Val::Map(entries) => entries.keys().iter().map(|key| traversal(key) + 1).sum(),
        _ => 1,
    }
}
