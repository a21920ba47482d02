//! Expressions in the form for evaluation: with resolved names and expanded macros.

use std::fmt;

use regex::Regex;

use super::function::Function;
use super::library::named_format::NamedFormat;

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    Literal(Literal),
    /// A variable, by its index in the stack.
    Variable(usize),
    Select(Box<Expr>, Field, Optional),
    Has(Box<Expr>, Field),
    Index(Box<Expr>, Box<Expr>, Optional),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(&'static Function, Vec<Expr>),
    /// The name of a type.
    Type(&'static str),
    /// A named format, such as `format.dns1123Label()`.
    Format(&'static NamedFormat),
    /// `matches` with a constant pattern.
    Matches(Box<Expr>, Pattern),
    List(Vec<(Expr, bool)>),
    Map(Vec<(Expr, Expr, bool)>),
    Fold(Box<Fold>),
    /// `optMap` and `optFlatMap`: the body is evaluated if there is a value.
    OptionalMap(Box<Expr>, Box<Expr>, bool),
}

/// Whether an absent value is an empty optional instead of an error.
pub(super) type Optional = bool;

#[derive(Clone, Debug)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The name of a field, in the expression and in objects.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// The unescaped name; `None` if no field can have it.
    pub(super) unescaped: Option<String>,
}

/// A macro over a list or a map.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: Expr,
    /// Whether the body has two variables: index and item, or key and value.
    pub(super) two: bool,
    /// The condition of `map` with three arguments and of transformations.
    pub(super) filter: Option<Expr>,
    pub(super) body: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    TransformList,
    TransformMap,
    TransformMapEntry,
    SortBy,
}

pub(super) struct Pattern {
    pub(super) text: String,
    pub(super) compiled: Result<Regex, String>,
}

impl fmt::Debug for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(out)
    }
}
