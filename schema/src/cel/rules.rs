//! An object against the rules of its schema.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::eval::Evaluation;
use super::expr::Expr;
use super::rule::normalised;
use super::value::{Error, Val};
use super::view::view;
use crate::object::{Correlated, ErrorKind, FieldError, Keyed, Path};
use crate::schema::{Additional, Rule, Schema, Type};

/// What one evaluation may cost. Source: `apiserver/pkg/apis/cel/config.go`.
const PER_CALL: u64 = 1_000_000;
/// What the rules of one object may cost together.
const PER_OBJECT: i64 = 10_000_000;
/// The longest message that an expression may make, in bytes.
const LONGEST_MESSAGE: usize = 5 * 1024;

/// What the rules say of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// What breaks a rule.
    pub errors: Vec<FieldError>,
    /// What broke a rule before, and has not changed.
    pub warnings: Vec<String>,
    /// What looking cost, in the API server's units; it stops at 10,000,000.
    pub cost: u64,
}

/// Checks an object, which takes the place of another or of none, against all rules of its schema.
pub fn validate_rules(schema: &Schema, object: &Value, old: Option<&Value>) -> Checked {
    let mut walk = Walk { checked: Checked::default(), budget: PER_OBJECT };
    let root = old.map(|old| Correlated::new(schema, object, old));
    let place = Place {
        rules: schema,
        schema,
        is_object: true,
        path: &Path::ROOT,
        new: object,
        old,
        ratchet: Ratchet { current: root.as_ref(), above: None },
    };
    walk.value(&place);
    Checked { cost: u64::try_from(PER_OBJECT - walk.budget.max(0)).unwrap_or_default(), ..walk.checked }
}

/// Whether what is wrong was wrong before.
#[derive(Clone, Copy)]
struct Ratchet<'c, 'v> {
    current: Option<&'c Correlated<'v>>,
    above: Option<&'c Correlated<'v>>,
}

impl Ratchet<'_, '_> {
    fn forgives(&self) -> bool {
        self.current.or(self.above).is_some_and(Correlated::is_unchanged)
    }
}

/// A value on the way through an object.
struct Place<'p, 'c, 'v> {
    /// The schema whose rules are looked at.
    rules: &'v Schema,
    /// The schema that describes the value.
    schema: &'v Schema,
    is_object: bool,
    path: &'p Path<'p>,
    new: &'v Value,
    old: Option<&'v Value>,
    ratchet: Ratchet<'c, 'v>,
}

impl Place<'_, '_, '_> {
    fn invalid(&self, what: String) -> FieldError {
        FieldError::invalid(self.path.text(), self.schema.type_.map_or("", Type::as_str), what)
    }
}

struct Walk {
    checked: Checked,
    /// What may still be spent; less than zero: nothing more is looked at.
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
            let ratchet = Ratchet { current: None, above: place.ratchet.above };
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
                Some(above) => Ratchet { current: current.as_ref(), above: Some(above) },
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
            let is_type = place.ratchet.above.is_none() && matches!(name.as_str(), "apiVersion" | "kind");
            let current = place.ratchet.current.filter(|_| !is_type).and_then(|current| current.field(name));
            let ratchet = match place.ratchet.current {
                None => place.ratchet,
                Some(_) if is_type => Ratchet { current: None, above: None },
                Some(above) => Ratchet { current: current.as_ref(), above: Some(above) },
            };
            let below = Place { is_object: false, new, old, ratchet, ..*place };
            if let (Some(Additional::Schema(rules)), Some(Additional::Schema(schema))) =
                (&place.rules.additional_properties, &place.schema.additional_properties)
            {
                self.value(&Place { rules, schema, path: &place.path.key(name), ..below });
            }
            if let (Some(rules), Some(schema)) = (place.rules.properties.get(name), place.schema.properties.get(name)) {
                self.value(&Place { rules, schema, path: &place.path.field(name), ..below });
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
            return self.spent(place);
        }
        for rule in &place.rules.rules {
            match rule.expressions().rule() {
                Ok((expr, uses_old)) => self.rule(place, rule, expr, uses_old),
                Err(why) => self.checked.errors.push(place.invalid(format!("rule compile error: {why}"))),
            }
            if self.budget < 0 {
                return;
            }
        }
    }

    fn rule(&mut self, place: &Place<'_, '_, '_>, rule: &Rule, expr: &Expr, uses_old: bool) {
        // A transition needs something to begin with, unless the rule says otherwise.
        if uses_old && place.old.is_none() && !rule.optional_old_self {
            return;
        }
        let mut evaluation = evaluation(place, rule.optional_old_self);
        let result = evaluation.eval(expr);
        if matches!(result, Err(Error::TooCostly)) {
            self.budget = -1;
            let why = "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule";
            return self.checked.errors.push(place.invalid(format!("{why}: {}", rule.called())));
        }
        let cost = i64::try_from(evaluation.cost).unwrap_or(i64::MAX);
        if cost > self.budget {
            return self.spent(place);
        }
        self.budget -= cost;
        match result {
            Ok(Val::Bool(true)) => {}
            Err(Error::Failed(why)) => {
                let what = if why.starts_with("no such overload") {
                    let kinds = "call arguments did not match a supported operator, function or macro signature";
                    format!("'{why}': {kinds} for rule: {}", rule.called())
                } else {
                    format!("{why} evaluating rule: {}", rule.called())
                };
                self.checked.errors.push(place.invalid(what));
            }
            _ => self.broken(place, rule, uses_old),
        }
    }

    /// Nothing more is looked at.
    fn spent(&mut self, place: &Place<'_, '_, '_>) {
        self.budget = -1;
        let what = "validation failed due to running out of cost budget, no further validation rules will be run";
        self.checked.errors.push(place.invalid(what.to_owned()));
    }

    /// A rule does not hold.
    fn broken(&mut self, place: &Place<'_, '_, '_>, rule: &Rule, uses_old: bool) {
        let detail = self.message(place, rule).unwrap_or_else(|| rule.words());
        let mut field = place.path.text();
        if let Some(path) = rule.field_path.as_deref().and_then(|path| normalised(path, place.rules)) {
            field = match (field.as_str(), path.strip_prefix('.')) {
                ("<nil>", path_without) => path_without.unwrap_or(&path).to_owned(),
                _ => format!("{field}{path}"),
            };
        }
        let shown = match place.new {
            Value::Object(_) | Value::Array(_) => None,
            value => Some(value.clone()),
        };
        let error = match rule.reason.as_deref() {
            Some("FieldValueForbidden") => FieldError::forbidden(field, detail),
            Some("FieldValueRequired") => FieldError::required(field, detail),
            Some("FieldValueDuplicate") => {
                FieldError { value: shown, ..FieldError::new(ErrorKind::Duplicate, field, "") }
            }
            _ => FieldError { value: shown, ..FieldError::new(ErrorKind::Invalid, field, detail) },
        };
        if !uses_old && place.ratchet.forgives() {
            self.checked.warnings.push(error.to_string());
        } else {
            self.checked.errors.push(error);
        }
    }

    /// The message that the rule's expression makes, if it makes a good one.
    fn message(&mut self, place: &Place<'_, '_, '_>, rule: &Rule) -> Option<String> {
        let mut evaluation = evaluation(place, false);
        let expr = rule.expressions().message()?;
        let result = evaluation.eval(expr);
        self.budget -= i64::try_from(evaluation.cost).unwrap_or(i64::MAX);
        match result {
            Ok(Val::Text(text)) => {
                let text = text.trim();
                (!text.is_empty() && text.len() <= LONGEST_MESSAGE && !text.contains('\n')).then(|| text.to_owned())
            }
            _ => None,
        }
    }
}

/// `oldSelf` is an optional value where the rule says so.
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
    Evaluation { stack, cost: 0, limit: PER_CALL }
}
