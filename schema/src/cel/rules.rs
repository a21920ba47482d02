//! Validation of an object with the rules of its schema.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::eval::Evaluation;
use super::expr::Expr;
use super::rule::normalize;
use super::value::{Error, Val};
use super::view::view;
use crate::object::{Correlated, ErrorKind, FieldError, Keyed, Path};
use crate::schema::{Additional, Rule, Schema, Type};

/// The cost limit of an evaluation. Source: `apiserver/pkg/apis/cel/config.go`.
const CALL_LIMIT: u64 = 1_000_000;
/// The cost limit of all rules of an object.
const OBJECT_LIMIT: i64 = 10_000_000;
/// The maximum length of a message from an expression, in bytes.
const MAX_MESSAGE_BYTES: usize = 5 * 1024;

/// The result of validating rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleResults {
    /// Violations of rules.
    pub errors: Vec<FieldError>,
    /// Violations that ratcheting ignores, because the value has not changed.
    pub warnings: Vec<String>,
    /// The cost of the evaluation in the API server's units, at most 10,000,000.
    pub cost: u64,
}

/// Validates an object with all rules of its schema; `old` is the object before an update.
pub fn validate_rules(schema: &Schema, object: &Value, old: Option<&Value>) -> RuleResults {
    let mut walk = Walk { results: RuleResults::default(), budget: OBJECT_LIMIT };
    let root = old.map(|old| Correlated::new(schema, object, old));
    let place = Place {
        rules: schema,
        schema,
        is_object: true,
        path: &Path::ROOT,
        new: object,
        old,
        ratchet: Ratchet { current: root.as_ref(), parent: None },
    };
    walk.value(&place);
    RuleResults { cost: u64::try_from(OBJECT_LIMIT - walk.budget.max(0)).unwrap_or_default(), ..walk.results }
}

/// Validates an object with all rules of its schema after its other validations, and adds the violations to their errors.
/// Returns the warnings. After errors that make rules unreliable, no rule is evaluated, which is an error as well.
pub fn check_rules(schema: &Schema, object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) -> Vec<String> {
    if errors.iter().any(|error| error.kind.skips_rules()) {
        if has_rules(schema) {
            let detail = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
            errors.push(FieldError { field: "<nil>".to_owned(), ..FieldError::invalid("", Value::Null, detail) });
        }
        return Vec::new();
    }
    let checked = validate_rules(schema, object, old);
    errors.extend(checked.errors);
    checked.warnings
}

fn has_rules(schema: &Schema) -> bool {
    !schema.rules.is_empty() || schema.children().any(|(_, child)| has_rules(child))
}

/// The correlated values for ratcheting.
#[derive(Clone, Copy)]
struct Ratchet<'c, 'v> {
    current: Option<&'c Correlated<'v>>,
    parent: Option<&'c Correlated<'v>>,
}

impl Ratchet<'_, '_> {
    fn is_unchanged(&self) -> bool {
        self.current.or(self.parent).is_some_and(Correlated::is_unchanged)
    }
}

/// A value of the object.
struct Place<'p, 'c, 'v> {
    /// The schema with the rules.
    rules: &'v Schema,
    /// The schema with the type of the value.
    schema: &'v Schema,
    is_object: bool,
    path: &'p Path<'p>,
    new: &'v Value,
    old: Option<&'v Value>,
    ratchet: Ratchet<'c, 'v>,
}

impl Place<'_, '_, '_> {
    fn invalid(&self, detail: String) -> FieldError {
        FieldError::invalid(self.path.text(), self.schema.type_.map_or("", Type::as_str), detail)
    }
}

struct Walk {
    results: RuleResults,
    /// The remaining budget; negative after it is exceeded, which stops the validation.
    budget: i64,
}

impl Walk {
    fn value(&mut self, place: &Place<'_, '_, '_>) {
        if place.new.is_null() || self.budget < 0 {
            return;
        }
        self.rules(place);
        for rules in &place.rules.all_of {
            if self.budget < 0 {
                return;
            }
            let ratchet = Ratchet { current: None, parent: place.ratchet.parent };
            self.value(&Place { rules, ratchet, ..*place });
        }
        match place.new {
            Value::Array(items) => self.items(place, items),
            Value::Object(fields) => self.fields(place, fields),
            _ => {}
        }
    }

    fn items<'v>(&mut self, place: &Place<'_, '_, 'v>, items: &'v [Value]) {
        let (Some(rules), Some(schema)) = (&place.rules.items, &place.schema.items) else { return };
        let olds = place.old.and_then(|old| Keyed::of(place.schema, old));
        for (index, new) in items.iter().enumerate() {
            let current = place.ratchet.current.and_then(|current| current.item(index));
            let ratchet = match place.ratchet.current {
                None => place.ratchet,
                Some(parent) => Ratchet { current: current.as_ref(), parent: Some(parent) },
            };
            let old = olds.as_ref().and_then(|olds| olds.get(new));
            let path = place.path.item(index);
            self.value(&Place { rules, schema, is_object: false, path: &path, new, old, ratchet });
            if self.budget < 0 {
                return;
            }
        }
    }

    fn fields<'v>(&mut self, place: &Place<'_, '_, 'v>, fields: &'v Map<String, Value>) {
        for (name, new) in fields {
            let old = place.old.and_then(|old| old.get(name));
            let is_type = place.ratchet.parent.is_none() && matches!(name.as_str(), "apiVersion" | "kind");
            let current = place.ratchet.current.filter(|_| !is_type).and_then(|current| current.field(name));
            let ratchet = match place.ratchet.current {
                None => place.ratchet,
                Some(_) if is_type => Ratchet { current: None, parent: None },
                Some(parent) => Ratchet { current: current.as_ref(), parent: Some(parent) },
            };
            let field = Place { is_object: false, new, old, ratchet, ..*place };
            if let (Some(Additional::Schema(rules)), Some(Additional::Schema(schema))) =
                (&place.rules.additional_properties, &place.schema.additional_properties)
            {
                self.value(&Place { rules, schema, path: &place.path.key(name), ..field });
            }
            if let (Some(rules), Some(schema)) = (place.rules.properties.get(name), place.schema.properties.get(name)) {
                self.value(&Place { rules, schema, path: &place.path.field(name), ..field });
            }
            if self.budget < 0 {
                return;
            }
        }
    }

    fn rules(&mut self, place: &Place<'_, '_, '_>) {
        if place.rules.rules.is_empty() {
            return;
        }
        if self.budget <= 0 {
            return self.exceed_budget(place);
        }
        for rule in &place.rules.rules {
            let Some(expressions) = rule.expressions() else { continue };
            match expressions.rule() {
                Ok((expr, uses_old)) => self.rule(place, rule, expr, uses_old),
                Err(error) => self.results.errors.push(place.invalid(format!("rule compile error: {error}"))),
            }
            if self.budget < 0 {
                return;
            }
        }
    }

    fn rule(&mut self, place: &Place<'_, '_, '_>, rule: &Rule, expr: &Expr, uses_old: bool) {
        // A transition rule requires an old value, unless `optionalOldSelf` is set.
        if uses_old && place.old.is_none() && !rule.optional_old_self {
            return;
        }
        let mut evaluation = evaluation(place, rule.optional_old_self);
        let result = evaluation.eval(expr);
        if matches!(result, Err(Error::TooCostly)) {
            self.budget = -1;
            let message = "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule";
            return self.results.errors.push(place.invalid(format!("{message}: {}", rule.display_name())));
        }
        let cost = i64::try_from(evaluation.cost).unwrap_or(i64::MAX);
        if cost > self.budget {
            return self.exceed_budget(place);
        }
        self.budget -= cost;
        match result {
            Ok(Val::Bool(true)) => {}
            Err(Error::Failed(message)) => {
                let detail = if message.starts_with("no such overload") {
                    let explanation = "call arguments did not match a supported operator, function or macro signature";
                    format!("'{message}': {explanation} for rule: {}", rule.display_name())
                } else {
                    format!("{message} evaluating rule: {}", rule.display_name())
                };
                self.results.errors.push(place.invalid(detail));
            }
            _ => self.report_violation(place, rule, uses_old),
        }
    }

    /// Reports the exceeded budget and stops the validation.
    fn exceed_budget(&mut self, place: &Place<'_, '_, '_>) {
        self.budget = -1;
        let message = "validation failed due to running out of cost budget, no further validation rules will be run";
        self.results.errors.push(place.invalid(message.to_owned()));
    }

    /// Reports a violation of a rule.
    fn report_violation(&mut self, place: &Place<'_, '_, '_>, rule: &Rule, uses_old: bool) {
        let detail = self.message(place, rule).unwrap_or_else(|| rule.static_message());
        let mut field = place.path.text();
        if let Some(path) = rule.field_path.as_deref().and_then(|path| normalize(path, place.rules)) {
            field = match (field.as_str(), path.strip_prefix('.')) {
                ("<nil>", path_without) => path_without.unwrap_or(&path).to_owned(),
                _ => format!("{field}{path}"),
            };
        }
        let value = match place.new {
            Value::Object(_) | Value::Array(_) => None,
            value => Some(value.clone()),
        };
        let error = match rule.reason.as_deref() {
            Some("FieldValueForbidden") => FieldError::forbidden(field, detail),
            Some("FieldValueRequired") => FieldError::required(field, detail),
            Some("FieldValueDuplicate") => FieldError { value, ..FieldError::new(ErrorKind::Duplicate, field, "") },
            _ => FieldError { value, ..FieldError::new(ErrorKind::Invalid, field, detail) },
        };
        if !uses_old && place.ratchet.is_unchanged() {
            self.results.warnings.push(error.to_string());
        } else {
            self.results.errors.push(error);
        }
    }

    /// Returns the result of the message expression, if it is a valid message.
    fn message(&mut self, place: &Place<'_, '_, '_>, rule: &Rule) -> Option<String> {
        let mut evaluation = evaluation(place, false);
        let expr = rule.expressions()?.message()?;
        let result = evaluation.eval(expr);
        self.budget -= i64::try_from(evaluation.cost).unwrap_or(i64::MAX);
        match result {
            Ok(Val::Text(text)) => {
                let text = text.trim();
                (!text.is_empty() && text.len() <= MAX_MESSAGE_BYTES && !text.contains('\n')).then(|| text.to_owned())
            }
            _ => None,
        }
    }
}

/// Creates an evaluation; `oldSelf` is an optional value if the rule requires it.
fn evaluation<'v>(place: &Place<'_, '_, 'v>, optional_old: bool) -> Evaluation<'v> {
    let value = |value: &'v Value| view(value, place.schema, place.is_object);
    let mut stack = vec![value(place.new)];
    match (optional_old, place.old) {
        (false, Some(old)) => stack.push(value(old)),
        (false, None) => stack.push(Err(Error::Failed("no such attribute(s): oldSelf".into()))),
        (true, old) => stack.push(match old.map(value) {
            Some(Ok(old)) => Ok(Val::Optional(Some(Rc::new(old)))),
            Some(Err(error)) => Err(error),
            None => Ok(Val::Optional(None)),
        }),
    }
    Evaluation { stack, cost: 0, limit: CALL_LIMIT }
}
