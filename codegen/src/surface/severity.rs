//! The severity of API changes.

use std::fmt;

/// The severity of a change for users of a crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Only the documentation changed.
    Docs,
    /// A kind, a type, a method, an optional field or a value was added. Code that creates structs with
    /// `..Default::default()` still compiles.
    Additive,
    /// Something was removed, or has another type.
    Breaking,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Severity::Docs => "docs",
            Severity::Additive => "additive",
            Severity::Breaking => "breaking",
        })
    }
}
