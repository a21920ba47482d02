//! Types and costs of rules, which the API server checks when a definition is written.

mod checker;
mod constants;
mod cost;
mod declarations;
mod declared;
mod format_text;
mod literals;
mod macros;
mod mapping;
mod types;

use std::sync::Arc;

use self::checker::Variable;
pub(crate) use self::declared::Declared;
use self::types::Type;
use super::issues::Issues;
use super::parse::{Parsed, parse};

/// The type of `self`: the API server changes this name with each write.
const SELF_TYPE: &str = "selfType0";

/// The variables of the rules of a schema, and which functions they may call.
#[derive(Clone, Debug)]
pub(crate) struct Environment<'d> {
    /// The type of `self`.
    pub(crate) declared: &'d Arc<Declared>,
    /// Whether `oldSelf` is an optional value.
    pub(crate) optional_old_self: bool,
    /// Whether the expression was stored before.
    pub(crate) stored: bool,
}

/// An expression with valid types.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Compiled {
    /// The maximum cost in the API server's units.
    pub(crate) max_cost: u64,
    /// The maximum number of values that a rule is evaluated for, if limits of the schema do not define it.
    pub(crate) max_cardinality: u64,
    pub(crate) uses_old_self: bool,
}

/// The type that an expression must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A rule.
    Bool,
    /// The expression of a message.
    Text,
}

impl Environment<'_> {
    /// Checks an expression; `Ok(None)` if it exceeds a limit of this checker.
    pub(crate) fn compile(&self, text: &str, expected: Expected) -> Result<Option<Compiled>, String> {
        let failed = |issues: Issues| Err(format!("compilation failed: {}", issues.text(text)));
        let Parsed { node, mut builder, mut issues } = match parse(text) {
            Ok(parsed) => parsed,
            Err(issues) => return failed(issues),
        };
        let mut node = macros::expand(node, &mut builder, &mut issues);
        if !issues.is_empty() {
            return failed(issues);
        }
        if builder.is_exhausted() {
            return Ok(None);
        }
        let count = builder.count();
        let type_ = self.declared.type_named(SELF_TYPE);
        let old = if self.optional_old_self { Type::optional(type_.clone()) } else { type_.clone() };
        let variables: [Variable; 2] = [("self", type_), ("oldSelf", old)];
        let checked = match checker::check(&mut node, count, &variables, self.stored) {
            Err(mapping::Exhausted) => return Ok(None),
            Ok(Err(issues)) => return failed(issues),
            Ok(Ok(checked)) => checked,
        };
        literals::check(&node, &checked, &mut issues);
        if !issues.is_empty() {
            return failed(issues);
        }
        match (expected, checked.type_of(&node)) {
            (Expected::Bool, Type::Bool) | (Expected::Text, Type::Text) => {}
            (Expected::Bool, _) => return Err("cel expression must evaluate to a bool".to_owned()),
            (Expected::Text, _) => return Err("must evaluate to a string".to_owned()),
        }
        if let Some(error) = constants::error(&node, &checked) {
            let what = if expected == Expected::Bool { "program instantiation" } else { "instantiation" };
            return Err(format!("{what} failed: {error}"));
        }
        Ok(Some(Compiled {
            max_cost: cost::max_cost(&node, count, &checked, self.declared),
            max_cardinality: self.declared.max_cardinality(),
            uses_old_self: checked.used.contains(&"oldSelf"),
        }))
    }
}
