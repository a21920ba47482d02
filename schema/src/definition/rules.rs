//! Validation of `x-kubernetes-validations`.

use std::sync::Arc;

use serde_json::Value;

use super::costs::{EXPRESSION_LIMIT, exceeded};
use super::options::Options;
use super::props::Props;
use super::scope::{Errors, Scope};
use super::{display, field_path, structural};
use crate::cel::check::{Declared, Environment, Expected};
use crate::object::{ErrorKind, FieldError, Path};

const REASONS: [&str; 4] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// Whether and how expressions are checked.
pub(super) struct Checks<'o> {
    pub(super) options: &'o Options,
    /// The number of errors before this schema. Expressions are only checked if there are no others.
    pub(super) previous_errors: usize,
}

/// Validates the rules of a schema.
pub(super) fn validate(
    errors: &mut Errors,
    schema: Props<'_>,
    path: &Path<'_>,
    scope: &Scope<'_>,
    checks: &Checks<'_>,
) {
    let path = path.field("x-kubernetes-validations");
    let rules = schema.list("x-kubernetes-validations");
    for (index, rule) in rules.iter().enumerate() {
        errors.schema.extend(text(Props(rule), schema, &path.item(index)));
    }
    let Some(rule_scope) = scope.rules.filter(|_| !rules.is_empty() && errors.schema.len() == checks.previous_errors)
    else {
        return;
    };
    let Some(declared) = rule_scope.declared() else {
        let detail = "internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations";
        return errors.rules.push(FieldError::new(ErrorKind::Internal, path.text(), detail));
    };
    for (index, rule) in rules.iter().enumerate() {
        let mut expressions = Expressions {
            rule: Props(rule),
            path: &path.item(index),
            scope,
            max_cardinality: rule_scope.max_cardinality,
            options: checks.options,
            errors,
        };
        expressions.validate(declared);
    }
}

/// Validates everything except the expressions.
fn text(rule: Props<'_>, schema: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (expression, message) = (rule.text("rule").trim(), rule.text("message"));
    let message_path = path.field("message");
    if expression.is_empty() {
        errors.push(FieldError::required(path.field("rule").text(), "rule is not specified"));
    } else if !message.is_empty() && message.trim().is_empty() {
        errors.push(FieldError::invalid(message_path.text(), message, "must be non-empty if specified"));
    } else if has_line_breaks(message.trim()) {
        errors.push(FieldError::invalid(message_path.text(), message, "must not contain line breaks"));
    } else if has_line_breaks(expression) && message.trim().is_empty() {
        let detail = "message must be specified if rule contains line breaks";
        errors.push(FieldError::required(message_path.text(), detail));
    }
    let message_expression = rule.text("messageExpression");
    if !message_expression.is_empty() && message_expression.trim().is_empty() {
        let detail = "messageExpression must be non-empty if specified";
        errors.push(FieldError::required(path.field("messageExpression").text(), detail));
    }
    if let Some(reason) = rule.pointer("reason").filter(|reason| !REASONS.contains(reason)) {
        errors.push(FieldError::not_supported(path.field("reason").text(), reason, REASONS));
    }
    let field_path = rule.text("fieldPath");
    let mut invalid =
        |detail: &str| errors.push(FieldError::invalid(path.field("fieldPath").text(), field_path, detail));
    if field_path.is_empty() {
        return errors;
    }
    if field_path.trim().is_empty() {
        invalid("must be non-empty if specified");
    }
    if has_line_breaks(field_path) {
        invalid("must not contain line breaks");
    }
    if structural::unsupported(schema).is_none() && field_path::resolve(field_path, Some(schema), true).is_err() {
        invalid("must be a valid path");
    }
    errors
}

fn has_line_breaks(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

/// The expressions of a rule.
struct Expressions<'e, 'd> {
    rule: Props<'d>,
    path: &'e Path<'e>,
    scope: &'e Scope<'e>,
    max_cardinality: Option<u64>,
    options: &'e Options,
    errors: &'e mut Errors,
}

impl Expressions<'_, '_> {
    /// Validates types and costs of the expressions, and whether they may use `oldSelf`.
    fn validate(&mut self, declared: &Arc<Declared>) {
        let (rule, message) = (self.rule.text("rule"), self.rule.text("messageExpression"));
        let optional = self.rule.get("optionalOldSelf").and_then(Value::as_bool);
        let environment = |stored: &[String], text: &str| Environment {
            declared,
            optional_old_self: optional == Some(true),
            stored: stored.iter().any(|known| known == text),
        };
        let uses_old = match environment(&self.options.stored_rules, rule).compile(rule, Expected::Bool) {
            Err(error) => {
                self.invalid("rule", &error);
                false
            }
            // The rule exceeds a limit: it may be valid.
            Ok(None) => return,
            Ok(Some(compiled)) => {
                let cardinality = self.max_cardinality.unwrap_or(compiled.max_cardinality);
                self.cost("rule", "estimated rule cost", compiled.max_cost.saturating_mul(cardinality));
                if !message.is_empty() {
                    self.message(message, &environment(&self.options.stored_message_expressions, message));
                }
                compiled.uses_old_self
            }
        };
        if uses_old {
            if let Some(within) = self.scope.uncorrelatable {
                let within = within.text();
                let detail =
                    format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {within}");
                self.errors.rules.push(FieldError::invalid(self.path.field("rule").text(), rule, detail));
            }
        } else if let Some(optional) = optional {
            let detail = "may not be set if oldSelf is not used in rule";
            let field = self.path.field("optionalOldSelf").text();
            self.errors.rules.push(FieldError::invalid(field, optional, detail));
        }
    }

    fn message(&mut self, text: &str, environment: &Environment<'_>) {
        match environment.compile(text, Expected::Text) {
            Ok(Some(compiled)) => {
                self.cost("messageExpression", "estimated messageExpression cost", compiled.max_cost);
            }
            Ok(None) => {}
            Err(error) => self.invalid("messageExpression", &format!("messageExpression {error}")),
        }
    }

    fn cost(&mut self, name: &str, description: &str, cost: u64) {
        let field = self.path.field(name).text();
        if cost > EXPRESSION_LIMIT && !self.errors.cost.is_unlimited {
            let detail = exceeded(description, cost, EXPRESSION_LIMIT);
            self.errors.rules.push(FieldError::forbidden(field.clone(), detail));
        }
        self.errors.cost.add(field, cost);
    }

    fn invalid(&mut self, name: &str, error: &str) {
        let detail = format!("{}: {error}", display::rule(self.rule));
        self.errors.rules.push(FieldError::new(ErrorKind::Invalid, self.path.field(name).text(), detail));
    }
}
