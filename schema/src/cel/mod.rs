//! Rules in the Common Expression Language (CEL): `x-kubernetes-validations`.
//!
//! The evaluator reads objects in place, uses their schema for the types of values, and has the API server's costs and
//! messages.

mod call;
mod eval;
mod expr;
mod format;
mod function;
mod library;
mod lists;
mod names;
mod parse;
mod rule;
mod rules;
mod text;
mod time;
mod token;
mod value;
mod view;

pub use parse::CompileError;
pub(crate) use rule::{Compiled, uses_old_self};
pub use rules::{RuleResults, validate_rules};
