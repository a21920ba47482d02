//! Limits of the estimated costs of rules.
//!
//! Source: `apiextensions-apiserver/pkg/apis/apiextensions/validation/{validation,cel_validation}.go`.

use crate::object::{FieldError, Path};

/// The maximum cost of an expression.
pub(super) const EXPRESSION_LIMIT: u64 = 10_000_000;
/// The maximum cost of all expressions of a schema.
const SCHEMA_LIMIT: u64 = 100_000_000;
/// The number of expressions that are reported if all together are too expensive.
const MAX_REPORTED: usize = 4;

/// The cost of all expressions of a schema.
#[derive(Default)]
pub(super) struct TotalCost {
    /// Whether the cost of each expression is not limited.
    pub(super) is_unlimited: bool,
    total: u64,
    /// The fields of the most expensive expressions, each with at least 1% of the limit.
    most_expensive: Vec<(String, u64)>,
}

impl TotalCost {
    pub(super) fn add(&mut self, field: String, cost: u64) {
        self.total = self.total.saturating_add(cost);
        if cost < SCHEMA_LIMIT / 100 {
            return;
        }
        self.most_expensive.push((field, cost));
        self.most_expensive.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
        self.most_expensive.truncate(MAX_REPORTED);
    }

    /// Returns the errors of a schema whose expressions are together too expensive.
    pub(super) fn errors(&self, schema: &Path<'_>) -> Vec<FieldError> {
        if self.total <= SCHEMA_LIMIT {
            return Vec::new();
        }
        let detail = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
        let mut errors: Vec<FieldError> =
            self.most_expensive.iter().map(|(field, _)| FieldError::forbidden(field, detail)).collect();
        let name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
        errors.push(FieldError::forbidden(schema.text(), exceeded(name, self.total, SCHEMA_LIMIT)));
        errors
    }
}

/// Returns the message for an exceeded limit.
#[allow(clippy::cast_precision_loss)]
pub(super) fn exceeded(name: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let factor = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    let hint = "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared";
    format!("{name} exceeds budget by factor of {factor} ({hint})")
}
