//! Validation of `x-kubernetes-validations`.

use serde_json::Value;

use super::props::Props;
use super::scope::{Errors, Scope};
use super::{display, field_path, structural};
use crate::cel;
use crate::object::{ErrorKind, FieldError, Path};

const REASONS: [&str; 4] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// Validates the rules of a schema. Expressions are only checked if there are no errors beyond the first
/// `previous_errors`, that is in this schema and the schemas in it.
pub(super) fn validate(
    errors: &mut Errors,
    schema: Props<'_>,
    path: &Path<'_>,
    scope: &Scope<'_>,
    previous_errors: usize,
) {
    let path = path.field("x-kubernetes-validations");
    let rules = || schema.list("x-kubernetes-validations").iter().map(Props).enumerate();
    for (index, rule) in rules() {
        errors.schema.extend(text(rule, schema, &path.item(index)));
    }
    if errors.schema.len() > previous_errors || !scope.checks_rules {
        return;
    }
    for (index, rule) in rules() {
        errors.rules.extend(expressions(rule, scope, &path.item(index)));
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

/// Validates that the expressions can be parsed, and may use `oldSelf`.
fn expressions(rule: Props<'_>, scope: &Scope<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut invalid = |name: &str, error: String| {
        let detail = format!("{}: {error}", display::rule(rule));
        errors.push(FieldError::new(ErrorKind::Invalid, path.field(name).text(), detail));
    };
    let uses_old = match cel::uses_old_self(rule.text("rule")) {
        Ok(uses_old) => uses_old,
        Err(error) if error.is_limit() => return errors,
        Err(error) => {
            invalid("rule", error.to_string());
            return errors;
        }
    };
    let message = rule.text("messageExpression");
    if !message.is_empty()
        && let Err(error) = cel::uses_old_self(message)
        && !error.is_limit()
    {
        invalid("messageExpression", format!("messageExpression {error}"));
    }
    let optional = rule.get("optionalOldSelf").and_then(Value::as_bool);
    if uses_old {
        if let Some(within) = scope.uncorrelatable {
            let within = within.text();
            let detail = format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {within}");
            errors.push(FieldError::invalid(path.field("rule").text(), rule.text("rule"), detail));
        }
    } else if let Some(optional) = optional {
        let detail = "may not be set if oldSelf is not used in rule";
        errors.push(FieldError::invalid(path.field("optionalOldSelf").text(), optional, detail));
    }
    errors
}
