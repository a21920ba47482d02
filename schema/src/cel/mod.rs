//! Rules in the Common Expression Language: `x-kubernetes-validations`.
//!
//! The evaluator is our own: it looks at an object where it lies, knows what the schema says of each value, counts what the
//! API server counts, and speaks in its words.

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
pub use rules::{Checked, validate_rules};
