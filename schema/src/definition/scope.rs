//! The context of a schema in a definition.

use std::fmt;

use super::costs::TotalCost;
use super::rule_scope::RuleScope;
use crate::object::{FieldError, Path};

/// The context of a schema.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope<'s> {
    /// What rules depend on, if they are compiled: not below `not`, `allOf`, `anyOf` and `oneOf`.
    pub(super) rules: Option<&'s RuleScope<'s>>,
    pub(super) is_root: bool,
    /// The reason why defaults are forbidden, if they are.
    pub(super) forbids_defaults: Option<NoDefault<'s>>,
    pub(super) in_metadata: bool,
    /// The outermost schema whose values cannot be correlated with old ones.
    pub(super) uncorrelatable: Option<&'s Path<'s>>,
}

#[derive(Clone, Copy)]
pub(super) enum NoDefault<'s> {
    /// Below a top-level field of this name.
    TopLevel(&'s str),
    InMetadataValues,
}

impl fmt::Display for NoDefault<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoDefault::TopLevel(name) => write!(out, "in top-level {name}"),
            NoDefault::InMetadataValues => out.write_str("inside additionalProperties applying to object metadata"),
        }
    }
}

/// The errors of a schema. Those of rules are reported last.
#[derive(Default)]
pub(super) struct Errors {
    pub(super) schema: Vec<FieldError>,
    pub(super) rules: Vec<FieldError>,
    /// The cost of all rules.
    pub(super) cost: TotalCost,
}
