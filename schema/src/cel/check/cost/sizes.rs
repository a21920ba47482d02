//! Estimates of the sizes of values.
//!
//! Source: `cel-go/checker/cost.go`.

use super::Coster;
use super::estimate::{EntrySizes, Range};
use crate::cel::ast::{Kind, Node};
use crate::cel::check::declared::Declared;
use crate::cel::check::types::Type;
use crate::cel::expr::Literal;

impl Coster<'_> {
    pub(super) fn copy_sizes(&mut self, to: &Node, from: &Node) {
        if let Some(size) = self.size(from) {
            self.sizes[to.id] = Some(size);
        }
        if let Some(entries) = self.entry_sizes(from) {
            self.entries[to.id] = Some(entries);
        }
    }

    pub(super) fn entry_sizes(&self, node: &Node) -> Option<EntrySizes> {
        match (&self.entries[node.id], &node.kind) {
            (Some(found), _) => Some(*found),
            (None, Kind::Ident(name)) => self.local(name)?.entries,
            (None, _) => None,
        }
    }

    pub(super) fn size_or_unknown(&mut self, node: &Node) -> Range {
        self.size(node).unwrap_or(Range::UNKNOWN)
    }

    /// Returns the size of a value: its items, entries, bytes or characters; 1 for other values.
    pub(super) fn size(&mut self, node: &Node) -> Option<Range> {
        if let Some(size) = self.sizes[node.id].or_else(|| constant_size(node)) {
            return Some(size);
        }
        if let Some(size) = self.path(node).declared(self.root, false).map(|declared| declared_size(&declared)) {
            self.sizes[node.id] = Some(size);
            return Some(size);
        }
        if is_scalar(self.checked.type_of(node)) {
            return Some(Range::fixed(1));
        }
        match &node.kind {
            Kind::Ident(name) => self.local(name)?.size,
            _ => None,
        }
    }
}

/// Returns the size of declared values. The API server's conversion of a negative maximum gives a huge one.
pub(super) fn declared_size(declared: &Declared) -> Range {
    Range { min: 0, max: declared.max_elements.cast_unsigned() }
}

fn constant_size(node: &Node) -> Option<Range> {
    let size = match &node.kind {
        Kind::Literal(Literal::Text(text)) => text.chars().count(),
        Kind::Literal(Literal::Bytes(bytes)) => bytes.len(),
        Kind::Literal(_) => 1,
        Kind::List(items) => items.len(),
        Kind::Map(entries) => entries.len(),
        _ => return None,
    };
    Some(Range::fixed(size as u64))
}

fn is_scalar(type_: &Type) -> bool {
    match type_ {
        Type::Bool | Type::Double | Type::Duration | Type::Int | Type::Timestamp | Type::Uint => true,
        Type::Optional(of) => is_scalar(of),
        _ => false,
    }
}
