//! Validation of an object against its schema, except for CEL rules, with the messages of the API server.
//!
//! The API server validates with kube-openapi. Clients can observe how that counts matches to choose the reported
//! alternative of an `anyOf`, and which checks it skips.
//! Source: `kube-openapi/pkg/validation/validate`, `apiextensions-apiserver/pkg/apiserver/validation`.

use serde_json::{Number, Value};

use super::correlation::Correlated;
use super::error::{ErrorKind, FieldError};
use super::format::Format;
use super::go;
use super::outcome::{Failure, Outcome};
use super::path::Path;
use crate::schema::{Additional, Limits, Schema, Type};

/// Validates an object.
pub fn validate(schema: &Schema, object: &Value) -> Vec<FieldError> {
    check(schema, object, &Path::ROOT, None).into_errors(&Path::ROOT)
}

/// Validates an update of an object. Failures of unchanged values are ignored.
///
/// Source: KEP-4008, CRD validation ratcheting.
pub fn validate_update(schema: &Schema, object: &Value, old: &Value) -> Vec<FieldError> {
    validate_part_update(schema, object, Some(old), &Path::ROOT)
}

/// Validates a separate value, such as a default, named `field` in errors.
#[cfg(feature = "cel")]
pub(crate) fn validate_part(schema: &Schema, value: &Value, field: &str) -> Vec<FieldError> {
    let path = Path::part(field);
    check(schema, value, &path, None).into_errors(&path)
}

/// Validates an update of the status of an object.
pub fn validate_status_update(schema: &Schema, status: &Value, old: Option<&Value>) -> Vec<FieldError> {
    // An absent status is null, and an unchanged null is not validated.
    if status.is_null() && old.is_none_or(Value::is_null) {
        return Vec::new();
    }
    validate_part_update(schema, status, old, &Path::part("status"))
}

fn validate_part_update(schema: &Schema, new: &Value, old: Option<&Value>, path: &Path<'_>) -> Vec<FieldError> {
    let outcome = check(schema, new, path, None);
    let Some(old) = old.filter(|_| !outcome.is_valid()) else { return outcome.into_errors(path) };
    // Correlation with the old object is only needed if there are failures.
    let correlated = Correlated::new(schema, new, old);
    check_ratcheting(schema, new, path, Some(&correlated)).into_errors(path)
}

/// Checks a value, ignoring failures if it is unchanged.
fn check_ratcheting(schema: &Schema, value: &Value, path: &Path<'_>, old: Option<&Correlated<'_>>) -> Outcome {
    let mut outcome = check(schema, value, path, old);
    if !outcome.is_valid() && old.is_some_and(Correlated::is_unchanged) {
        outcome.clear();
    }
    outcome
}

/// Checks a value.
fn check(schema: &Schema, value: &Value, path: &Path<'_>, old: Option<&Correlated<'_>>) -> Outcome {
    let mut outcome = Outcome::default();
    let checker = Checker { schema, path, old };
    if value.is_null() {
        checker.type_of(value, &mut outcome);
        checker.enumeration(value, &mut outcome);
        return outcome;
    }
    let format = Format::of(schema);
    if schema.type_.is_some() || schema.int_or_string || format.is_some() {
        checker.type_of(value, &mut outcome);
        outcome.matched += 1;
    }
    checker.logical_keywords(value, &mut outcome);
    match value {
        Value::String(text) => {
            checker.text(text, &mut outcome);
            outcome.matched += 1;
            if let Some(format) = format.filter(|format| format.is_string_format()) {
                if !format.accepts(text) {
                    let message = format!("must be of type {}: {}", format.name(), go::quoted(text));
                    checker.fail(ErrorKind::TypeInvalid, value.clone(), &message, &mut outcome);
                }
                outcome.matched += 1;
            }
        }
        Value::Number(number) => {
            super::number::check(schema, number, path, &mut outcome);
            outcome.matched += 1;
        }
        Value::Array(items) => {
            checker.list(items, &mut outcome);
            outcome.matched += 1;
        }
        _ => {}
    }
    checker.enumeration(value, &mut outcome);
    outcome.matched += 1;
    if let Value::Object(fields) = value {
        checker.object(fields, &mut outcome);
        outcome.matched += 1;
    }
    outcome.matched += 1;
    outcome
}

/// The checks of a value.
#[derive(Clone, Copy)]
struct Checker<'c, 'v> {
    schema: &'c Schema,
    path: &'c Path<'c>,
    old: Option<&'c Correlated<'v>>,
}

impl Checker<'_, '_> {
    fn fail(&self, kind: ErrorKind, value: impl Into<Value>, problem: &str, outcome: &mut Outcome) {
        outcome.fail(Failure::for_value(kind, self.path, value.into(), problem));
    }

    fn type_of(&self, value: &Value, outcome: &mut Outcome) {
        match mismatch(self.schema, value) {
            None => outcome.matched += 1,
            Some((expected, found)) => {
                let message = format!("must be of type {expected}: {}", go::quoted(found));
                self.fail(ErrorKind::TypeInvalid, found, &message, outcome);
            }
        }
    }

    fn enumeration(&self, value: &Value, outcome: &mut Outcome) {
        let allowed = &self.schema.enumeration;
        if allowed.is_empty() || allowed.iter().any(|allowed| equals(value, allowed)) {
            return;
        }
        let names: Vec<String> = allowed
            .iter()
            .map(|allowed| match allowed {
                Value::String(text) => text.clone(),
                other => go::json(other),
            })
            .collect();
        let error = FieldError::not_supported("", value.clone(), names.iter().map(String::as_str));
        let message = format!("should be one of {}", names.join(" "));
        outcome.fail(Failure::for_value(error.kind, self.path, value.clone(), &message).with_detail(error.detail));
    }

    fn text(&self, text: &str, outcome: &mut Outcome) {
        let Limits { min_length, max_length, pattern, .. } = &self.schema.limits;
        // The byte length is an upper bound of the number of characters.
        if max_length.is_some_and(|max| signed(text.len()) > max && characters(text) > max) {
            let max = max_length.unwrap_or_default();
            let message = format!("should be at most {max} chars long");
            let failure = Failure::for_value(ErrorKind::TooLong, self.path, Value::Null, &message);
            outcome.fail(failure.with_detail(FieldError::too_long("", max).detail));
        } else if min_length.is_some_and(|min| characters(text) < min) {
            let message = format!("should be at least {} chars long", min_length.unwrap_or_default());
            self.fail(ErrorKind::Invalid, text, &message, outcome);
        } else if let Some(pattern) = pattern
            && let Err(problem) = pattern.check(text)
        {
            self.fail(ErrorKind::Invalid, text, &format!("should match '{problem}'"), outcome);
        }
    }

    fn list(&self, items: &[Value], outcome: &mut Outcome) {
        let limits = &self.schema.limits;
        if let Some(schema) = &self.schema.items {
            for (index, item) in items.iter().enumerate() {
                let path = self.path.item(index);
                let old = self.old.and_then(|old| old.item(index));
                outcome.merge(check_ratcheting(schema, item, &path, old.as_ref()));
            }
        }
        let count = signed(items.len());
        if let Some(min) = limits.min_items.filter(|min| count < *min) {
            self.fail(ErrorKind::Invalid, count, &format!("should have at least {min} items"), outcome);
        }
        if let Some(max) = limits.max_items.filter(|max| count > *max) {
            self.too_many(count, max, "items", outcome);
        }
        if limits.unique_items {
            let mut seen = std::collections::HashSet::new();
            if !items.iter().all(|item| seen.insert(item.to_string())) {
                self.fail(ErrorKind::Invalid, "", "shouldn't contain duplicates", outcome);
            }
        }
        outcome.matched += 1;
    }

    fn too_many(&self, count: i64, max: i64, noun: &str, outcome: &mut Outcome) {
        let message = format!("should have at most {max} {noun}");
        let failure = Failure::for_value(ErrorKind::TooMany, self.path, count.into(), &message);
        outcome.fail(failure.with_detail(FieldError::too_many("", count, max).detail));
    }

    fn object(&self, fields: &serde_json::Map<String, Value>, outcome: &mut Outcome) {
        let Schema { properties, required, additional_properties, limits, .. } = self.schema;
        let count = signed(fields.len());
        if let Some(min) = limits.min_properties.filter(|min| count < *min) {
            self.fail(ErrorKind::Invalid, count, &format!("should have at least {min} properties"), outcome);
        }
        if let Some(max) = limits.max_properties.filter(|max| count > *max) {
            self.too_many(count, max, "properties", outcome);
        }
        for (name, value) in fields {
            let path;
            let schema = match (properties.get(name), additional_properties) {
                (Some(schema), _) => {
                    path = self.path.field(name);
                    schema
                }
                (None, Some(Additional::Schema(schema))) => {
                    path = self.path.key(name);
                    schema
                }
                (None, Some(Additional::None)) => {
                    outcome.fail(Failure::for_name(ErrorKind::Invalid, self.path, name, "is a forbidden property"));
                    continue;
                }
                (None, Some(Additional::Any) | None) => continue,
            };
            let old = self.old.and_then(|old| old.field(name));
            // `apiVersion` and `kind` never count as unchanged.
            let old = old.filter(|_| !(self.path.is_root() && matches!(name.as_str(), "kind" | "apiVersion")));
            outcome.merge(check_ratcheting(schema, value, &path, old.as_ref()));
        }
        for name in required.iter().filter(|name| !fields.contains_key(*name)) {
            outcome.fail(Failure::for_name(ErrorKind::Required, self.path, name, "is required"));
        }
    }

    /// Checks the value against a subschema, without ratcheting.
    fn check_subschema(&self, schema: &Schema, value: &Value) -> Outcome {
        check(schema, value, self.path, None)
    }

    fn logical_keywords(&self, value: &Value, outcome: &mut Outcome) {
        self.any_of(value, outcome);
        self.one_of(value, outcome);
        self.all_of(value, outcome);
        if let Some(schema) = &self.schema.not
            && self.check_subschema(schema, value).is_valid()
        {
            self.fail_object("must not validate the schema (not)", outcome);
        }
        // kube-openapi counts these keywords as two matches.
        outcome.matched += 2;
    }

    fn fail_object(&self, problem: &str, outcome: &mut Outcome) {
        outcome.fail(Failure::for_object(format!("{} {problem}", go::quoted(&self.path.dotted()))));
    }

    fn any_of(&self, value: &Value, outcome: &mut Outcome) {
        let mut best: Option<Outcome> = None;
        for schema in &self.schema.any_of {
            let found = self.check_subschema(schema, value);
            if found.is_valid() {
                return outcome.merge(found);
            }
            if best.as_ref().is_none_or(|best| found.matched > best.matched) {
                best = Some(found);
            }
        }
        if let Some(best) = best {
            self.fail_object("must validate at least one schema (anyOf)", outcome);
            outcome.merge(best);
        }
    }

    fn one_of(&self, value: &Value, outcome: &mut Outcome) {
        if self.schema.one_of.is_empty() {
            return;
        }
        let mut best: Option<Outcome> = None;
        let mut first_valid = None;
        let mut valid = 0;
        for schema in &self.schema.one_of {
            let found = self.check_subschema(schema, value);
            if found.is_valid() {
                valid += 1;
                best = None;
                first_valid.get_or_insert(found);
            } else if valid == 0 && best.as_ref().is_none_or(|best| found.matched > best.matched) {
                best = Some(found);
            }
        }
        if let (1, Some(found)) = (valid, first_valid) {
            return outcome.merge(found);
        }
        let found =
            if valid == 0 { "Found none valid".to_owned() } else { format!("Found {valid} valid alternatives") };
        self.fail_object(&format!("must validate one and only one schema (oneOf). {found}"), outcome);
        if let Some(best) = best {
            outcome.merge(best);
        }
    }

    fn all_of(&self, value: &Value, outcome: &mut Outcome) {
        let mut valid = 0;
        for schema in &self.schema.all_of {
            let found = self.check_subschema(schema, value);
            valid += usize::from(found.is_valid());
            outcome.merge(found);
        }
        if valid != self.schema.all_of.len() {
            let none = if valid == 0 { ". None validated" } else { "" };
            self.fail_object(&format!("must validate all the schemas (allOf){none}"), outcome);
        }
    }
}

fn characters(text: &str) -> i64 {
    signed(text.chars().count())
}

/// Converts a count to the type of limits, which may be negative.
fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns the types that a schema allows, as in messages.
fn types(schema: &Schema) -> &'static [Type] {
    const INT_OR_STRING: &[Type] = &[Type::Integer, Type::String];
    if schema.int_or_string {
        return INT_OR_STRING;
    }
    match schema.type_ {
        None => &[],
        Some(Type::Array) => &[Type::Array],
        Some(Type::Boolean) => &[Type::Boolean],
        Some(Type::Integer) => &[Type::Integer],
        Some(Type::Number) => &[Type::Number],
        Some(Type::Object) => &[Type::Object],
        Some(Type::String) => &[Type::String],
    }
}

/// Returns the expected and the actual type if they differ.
fn mismatch(schema: &Schema, value: &Value) -> Option<(String, &'static str)> {
    let types = types(schema);
    let expected = || types.iter().map(|type_| type_.as_str()).collect::<Vec<_>>().join(",");
    let Some(found) = Type::of(value) else {
        let is_allowed = schema.nullable || types.is_empty();
        return (!is_allowed).then(|| (expected(), "null"));
    };
    let format_of_value = if value.is_number() { go::type_name(value) } else { "" };
    let matches = types.contains(&found)
        || (found == Type::Integer && types.contains(&Type::Number))
        || (types.contains(&Type::Integer)
            && value.as_f64().is_some_and(|float| value.is_f64() && super::number::is_integer(float)));
    let is_numeric = types.contains(&Type::Number) || types.contains(&Type::Integer);
    if let Some(format) = Format::of(schema) {
        if matches!(value, Value::String(_) | Value::Array(_)) {
            // With a format, the format checks whether a value is a string, and lists are not checked.
            if !is_numeric {
                return None;
            }
        } else if !matches && format.name() != format_of_value {
            return Some((format.name().to_owned(), format_of_value));
        }
    }
    (!matches).then(|| (expected(), found.as_str()))
}

/// Returns whether a value equals an enum value; numbers are converted to the type of the other as in Go.
fn equals(value: &Value, allowed: &Value) -> bool {
    match (value, allowed) {
        (Value::Null, _) => false,
        (Value::Number(value), Value::Number(allowed)) => match (value.as_i64(), allowed.as_i64()) {
            (Some(value), Some(allowed)) => value == allowed,
            (None, Some(allowed)) => truncated(value) == Some(allowed),
            _ => value.as_f64() == allowed.as_f64(),
        },
        // Go converts an integer to the character with that code.
        (Value::Number(value), Value::String(allowed)) => value
            .as_i64()
            .map(|value| u32::try_from(value).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'))
            .is_some_and(|value| allowed.chars().eq([value])),
        _ => value == allowed,
    }
}

#[allow(clippy::cast_possible_truncation)]
fn truncated(number: &Number) -> Option<i64> {
    number.as_f64().map(|float| float as i64)
}
