//! Fields of objects with their paths, and errors about them.

use std::fmt;

use kube_structural_schema::object::{ErrorKind, FieldError, go};
use serde_json::Value;

/// The errors of an object.
pub(super) type Errors = Vec<FieldError>;

/// What validates a text: returns a message for each rule that the text breaks.
pub(super) type Rule = fn(&str) -> Vec<String>;

const NEGATIVE: &str = "must be greater than or equal to 0";
const NOT_POSITIVE: &str = "must be greater than zero";

/// A value in an object with its path, which is only composed for errors.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) value: &'a Value,
    parent: Option<&'a Field<'a>>,
    step: Step<'a>,
}

/// How a field is reached from its parent.
#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    /// One or more names, separated by dots.
    Name(&'a str),
    /// An item of a list.
    Item(&'a str, usize),
    /// An entry of a map.
    Key(&'a str, &'a str),
}

static NULL: Value = Value::Null;

impl fmt::Display for Field<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(out)?;
            if !matches!(parent.step, Step::Root) {
                out.write_str(".")?;
            }
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Name(name) => out.write_str(name),
            Step::Item(name, index) => write!(out, "{name}[{index}]"),
            Step::Key(name, key) => write!(out, "{name}[{key}]"),
        }
    }
}

impl<'a> Field<'a> {
    /// Returns the object as a whole.
    pub(super) fn root(value: &'a Value) -> Self {
        Field { value, parent: None, step: Step::Root }
    }

    /// Returns a field by its name, or by several names that are separated by dots.
    pub(super) fn at<'b>(&'b self, path: &'b str) -> Field<'b> {
        let value = path.split('.').try_fold(self.value, |value, name| value.get(name)).unwrap_or(&NULL);
        Field { value, parent: Some(self), step: Step::Name(path) }
    }

    /// Returns another value at the path of a field.
    pub(super) fn with<'b>(&'b self, path: &'b str, value: &'b Value) -> Field<'b> {
        Field { value, parent: Some(self), step: Step::Name(path) }
    }

    /// Returns another value at the path of this field.
    pub(super) fn replaced<'b>(&'b self, value: &'b Value) -> Field<'b> {
        Field { value, ..*self }
    }

    /// Returns the items of a list.
    pub(super) fn items<'b>(&'b self, name: &'b str) -> impl ExactSizeIterator<Item = Field<'b>> + use<'b> {
        let items = self.value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let item = move |(index, value)| Field { value, parent: Some(self), step: Step::Item(name, index) };
        items.iter().enumerate().map(item)
    }

    /// Returns the entries of a map with their keys.
    pub(super) fn entries<'b>(&'b self, name: &'b str) -> impl Iterator<Item = (&'b str, Field<'b>)> + use<'b> {
        let entries = self.value.get(name).and_then(Value::as_object).into_iter().flatten();
        entries.map(move |(key, value)| (key.as_str(), Field { value, parent: Some(self), step: Step::Key(name, key) }))
    }

    /// Returns the entry of a map.
    pub(super) fn entry<'b>(&'b self, name: &'b str, key: &'b str) -> Field<'b> {
        let value = self.value.get(name).and_then(|map| map.get(key)).unwrap_or(&NULL);
        Field { value, parent: Some(self), step: Step::Key(name, key) }
    }

    /// Returns the text; empty if it is absent.
    pub(super) fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    /// Returns the number; 0 if it is absent.
    pub(super) fn number(&self) -> i64 {
        self.value.as_i64().unwrap_or_default()
    }

    /// Whether the field exists and is not null.
    pub(super) fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    pub(super) fn is_true(&self) -> bool {
        *self.value == Value::Bool(true)
    }

    /// Whether the field is absent, or an empty text, list or map.
    pub(super) fn is_empty(&self) -> bool {
        match self.value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self.value {
            Value::Array(items) => items.len(),
            Value::Object(fields) => fields.len(),
            _ => 0,
        }
    }

    /// Returns the texts of a list.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.value.as_array().into_iter().flatten().map(|item| item.as_str().unwrap_or_default())
    }

    pub(super) fn required(&self, errors: &mut Errors, detail: impl Into<String>) {
        errors.push(FieldError::required(self.to_string(), detail));
    }

    /// Reports the field if it is empty.
    pub(super) fn require(&self, errors: &mut Errors) {
        if self.is_empty() {
            self.required(errors, "");
        }
    }

    pub(super) fn forbidden(&self, errors: &mut Errors, detail: impl Into<String>) {
        errors.push(FieldError::forbidden(self.to_string(), detail));
    }

    /// Reports the value of the field.
    pub(super) fn invalid(&self, errors: &mut Errors, detail: impl Into<String>) {
        self.invalid_as(errors, self.value.clone(), detail);
    }

    /// Reports the text of the field, which is shown even if it is absent.
    pub(super) fn invalid_text(&self, errors: &mut Errors, detail: impl Into<String>) {
        self.invalid_as(errors, self.text(), detail);
    }

    /// Reports another value for the field.
    pub(super) fn invalid_as(&self, errors: &mut Errors, value: impl Into<Value>, detail: impl Into<String>) {
        errors.push(FieldError::invalid(self.to_string(), value, detail));
    }

    /// Reports a Go struct, whose fields are shown in their order.
    pub(super) fn invalid_struct(&self, errors: &mut Errors, fields: &[(&str, &Value)], detail: &str) {
        let detail = format!("{}: {detail}", go_struct(fields));
        errors.push(FieldError::new(ErrorKind::Invalid, self.to_string(), detail));
    }

    /// Reports a duplicate Go struct.
    pub(super) fn duplicate_struct(&self, errors: &mut Errors, fields: &[(&str, &Value)]) {
        errors.push(FieldError::new(ErrorKind::Duplicate, self.to_string(), go_struct(fields)));
    }

    /// Reports the field without its value.
    pub(super) fn invalid_without_value(&self, errors: &mut Errors, detail: impl Into<String>) {
        errors.push(FieldError::new(ErrorKind::Invalid, self.to_string(), detail));
    }

    pub(super) fn not_supported<'t>(&self, errors: &mut Errors, allowed: impl IntoIterator<Item = &'t str>) {
        let value = if self.is_set() { self.value.clone() } else { "".into() };
        errors.push(FieldError::not_supported(self.to_string(), value, allowed));
    }

    pub(super) fn duplicate(&self, errors: &mut Errors) {
        errors.push(FieldError::duplicate(self.to_string(), self.value.clone()));
    }

    pub(super) fn not_found(&self, errors: &mut Errors) {
        errors.push(FieldError {
            value: Some(self.text().into()),
            ..FieldError::new(ErrorKind::NotFound, self.to_string(), "")
        });
    }

    pub(super) fn too_long(&self, errors: &mut Errors, max: i64) {
        errors.push(FieldError::too_long(self.to_string(), max));
    }

    pub(super) fn too_many(&self, errors: &mut Errors, max: i64) {
        let count = i64::try_from(self.len()).unwrap_or(i64::MAX);
        errors.push(FieldError::too_many(self.to_string(), count, max));
    }

    /// Validates the text by a rule.
    pub(super) fn check(&self, errors: &mut Errors, rule: Rule) {
        for detail in rule(self.text()) {
            self.invalid_text(errors, detail);
        }
    }

    /// Validates the text by a rule if it is not empty.
    pub(super) fn check_set(&self, errors: &mut Errors, rule: Rule) {
        if !self.text().is_empty() {
            self.check(errors, rule);
        }
    }

    /// Requires a text that follows a rule.
    pub(super) fn require_valid(&self, errors: &mut Errors, rule: Rule) {
        if self.text().is_empty() {
            self.required(errors, "");
        } else {
            self.check(errors, rule);
        }
    }

    /// Requires that a text is one of several.
    pub(super) fn one_of(&self, errors: &mut Errors, allowed: &[&str]) {
        if !allowed.contains(&self.text()) {
            self.not_supported(errors, allowed.iter().copied());
        }
    }

    /// Requires that a text, if there is one, is one of several.
    pub(super) fn one_of_if_set(&self, errors: &mut Errors, allowed: &[&str]) {
        if self.is_set() {
            self.one_of(errors, allowed);
        }
    }

    /// Requires a text that is one of several.
    pub(super) fn require_one_of(&self, errors: &mut Errors, allowed: &[&str]) {
        if self.text().is_empty() {
            self.required(errors, "");
        } else {
            self.one_of(errors, allowed);
        }
    }

    pub(super) fn non_negative(&self, errors: &mut Errors) {
        if self.number() < 0 {
            self.invalid(errors, NEGATIVE);
        }
    }

    pub(super) fn positive(&self, errors: &mut Errors) {
        if self.number() <= 0 {
            self.invalid_as(errors, self.number(), NOT_POSITIVE);
        }
    }

    /// Requires that a number, if there is one, is within a range.
    pub(super) fn in_range(&self, errors: &mut Errors, min: i64, max: i64) {
        if self.is_set() && !(min..=max).contains(&self.number()) {
            self.invalid(errors, format!("must be between {min} and {max}, inclusive"));
        }
    }

    /// Requires a port number; 0 if it is absent.
    pub(super) fn port(&self, errors: &mut Errors) {
        if !(1..=65535).contains(&self.number()) {
            self.invalid_as(errors, self.number(), "must be between 1 and 65535, inclusive");
        }
    }

    /// Requires a port number or name.
    pub(super) fn port_or_name(&self, errors: &mut Errors) {
        if self.value.is_string() {
            self.check(errors, super::names::port_name);
        } else {
            self.port(errors);
        }
    }

    /// Requires that the value equals the old one.
    pub(super) fn immutable(&self, errors: &mut Errors, old: &Value) {
        if self.value != old {
            self.invalid(errors, super::IMMUTABLE);
        }
    }
}

/// Writes a Go struct as JSON, with its fields in their order.
pub(super) fn go_struct(fields: &[(&str, &Value)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{}", go::json(value))).collect();
    format!("{{{}}}", fields.join(","))
}
