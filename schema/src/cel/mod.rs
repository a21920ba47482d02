//! Rules in the Common Expression Language (CEL): `x-kubernetes-validations`.
//!
//! The evaluator reads objects in place, uses their schema for the types of values, and has the API server's costs and
//! messages.

mod ast;
pub(crate) mod check;
mod cost;
mod eval;
mod expr;
mod function;
mod functions;
mod issues;
mod library;
mod lower;
mod names;
mod parse;
mod rule;
mod rules;
mod time;
mod token;
mod value;
mod view;

pub use rules::{RuleResults, check_rules, validate_rules};
