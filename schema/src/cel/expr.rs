//! Expressions as they are evaluated: names resolved, macros taken apart.

use std::fmt;

use regex::Regex;

use super::function::Function;

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    Literal(Literal),
    /// A variable, by its place on the stack.
    Variable(usize),
    Select(Box<Expr>, Field, Optional),
    Has(Box<Expr>, Field),
    Index(Box<Expr>, Box<Expr>, Optional),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(Function, Vec<Expr>),
    /// A pattern that is known beforehand.
    Matches(Box<Expr>, Pattern),
    List(Vec<(Expr, bool)>),
    Map(Vec<(Expr, Expr, bool)>),
    Fold(Box<Fold>),
    /// `optMap` and `optFlatMap`: the body is evaluated where there is a value.
    OptionalMap(Box<Expr>, Box<Expr>, bool),
}

/// Whether what is absent is an error or an empty optional.
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

/// The name of a field, as the expression has it and as objects have it.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// `None`: no field can be meant.
    pub(super) unescaped: Option<String>,
}

/// What is done with each item of a list, or each entry of a map.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: Expr,
    /// Whether the body sees index and item, or key and value.
    pub(super) two: bool,
    /// Which items count; for `map` with three arguments and for transformations.
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
