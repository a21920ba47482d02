//! Whether an object fits its schema, CEL aside, in the API server's words.
//!
//! The API server checks values with kube-openapi's validators; how they count matches to choose which alternative of an
//! `anyOf` to blame, and where they look away, is behaviour that clients see.
//! Source: `kube-openapi/pkg/validation/validate`, `apiextensions-apiserver/pkg/apiserver/validation`.

use serde_json::{Number, Value};

use super::correlation::Correlated;
use super::error::{ErrorKind, FieldError};
use super::format::Format;
use super::go;
use super::outcome::{Failure, Outcome};
use super::path::Path;
use crate::schema::{Additional, Limits, Schema, Type};

/// What is wrong with an object.
pub fn validate(schema: &Schema, object: &Value) -> Vec<FieldError> {
    check(schema, object, &Path::ROOT, None).into_errors(&Path::ROOT)
}

/// What is wrong with an object that takes the place of another; what was wrong before and has not changed is let pass.
///
/// Source: KEP-4008, CRD validation ratcheting.
pub fn validate_update(schema: &Schema, object: &Value, old: &Value) -> Vec<FieldError> {
    validate_part_update(schema, object, Some(old), &Path::ROOT)
}

/// Validates a value that stands alone, such as a default; errors name it by the given field.
#[cfg(feature = "cel")]
pub(crate) fn validate_part(schema: &Schema, value: &Value, field: &str) -> Vec<FieldError> {
    let path = Path::part(field);
    check(schema, value, &path, None).into_errors(&path)
}

/// What is wrong with a part of an object, such as its status, which stands below the root under the given name.
pub fn validate_status_update(schema: &Schema, status: &Value, old: Option<&Value>) -> Vec<FieldError> {
    // What is not there counts as null, and null that was null before is not looked at.
    if status.is_null() && old.is_none_or(Value::is_null) {
        return Vec::new();
    }
    validate_part_update(schema, status, old, &Path::part("status"))
}

fn validate_part_update(schema: &Schema, new: &Value, old: Option<&Value>, path: &Path<'_>) -> Vec<FieldError> {
    let outcome = check(schema, new, path, None);
    let Some(old) = old.filter(|_| !outcome.is_valid()) else { return outcome.into_errors(path) };
    // Only now it matters what has not changed.
    let correlated = Correlated::new(schema, new, old);
    ratcheted(schema, new, path, Some(&correlated)).into_errors(path)
}

/// A value against its schema; what is wrong is forgotten if the value is what it was.
fn ratcheted(schema: &Schema, value: &Value, path: &Path<'_>, old: Option<&Correlated<'_>>) -> Outcome {
    let mut outcome = check(schema, value, path, old);
    if !outcome.is_valid() && old.is_some_and(Correlated::is_unchanged) {
        outcome.forgive();
    }
    outcome
}

/// A value against its schema.
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
    checker.junctors(value, &mut outcome);
    match value {
        Value::String(text) => {
            checker.text(text, &mut outcome);
            outcome.matched += 1;
            if let Some(format) = format.filter(|format| format.is_of_text()) {
                if !format.takes(text) {
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

/// The checks of one value.
#[derive(Clone, Copy)]
struct Checker<'c, 'v> {
    schema: &'c Schema,
    path: &'c Path<'c>,
    old: Option<&'c Correlated<'v>>,
}

impl Checker<'_, '_> {
    fn fail(&self, kind: ErrorKind, value: impl Into<Value>, what: &str, outcome: &mut Outcome) {
        outcome.fail(Failure::of_value(kind, self.path, value.into(), what));
    }

    fn type_of(&self, value: &Value, outcome: &mut Outcome) {
        match mismatch(self.schema, value) {
            None => outcome.matched += 1,
            Some((wanted, found)) => {
                let message = format!("must be of type {wanted}: {}", go::quoted(found));
                self.fail(ErrorKind::TypeInvalid, found, &message, outcome);
            }
        }
    }

    fn enumeration(&self, value: &Value, outcome: &mut Outcome) {
        let allowed = &self.schema.enumeration;
        if allowed.is_empty() || allowed.iter().any(|allowed| is_one(value, allowed)) {
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
        outcome.fail(Failure::of_value(error.kind, self.path, value.clone(), &message).saying(error.detail));
    }

    fn text(&self, text: &str, outcome: &mut Outcome) {
        let Limits { min_length, max_length, pattern, .. } = &self.schema.limits;
        // Bytes are never fewer than characters.
        if max_length.is_some_and(|most| signed(text.len()) > most && characters(text) > most) {
            let most = max_length.unwrap_or_default();
            let message = format!("should be at most {most} chars long");
            let failure = Failure::of_value(ErrorKind::TooLong, self.path, Value::Null, &message);
            outcome.fail(failure.saying(FieldError::too_long("", most).detail));
        } else if min_length.is_some_and(|least| characters(text) < least) {
            let message = format!("should be at least {} chars long", min_length.unwrap_or_default());
            self.fail(ErrorKind::Invalid, text, &message, outcome);
        } else if let Some(pattern) = pattern
            && let Err(why) = pattern.check(text)
        {
            self.fail(ErrorKind::Invalid, text, &format!("should match '{why}'"), outcome);
        }
    }

    fn list(&self, items: &[Value], outcome: &mut Outcome) {
        let limits = &self.schema.limits;
        if let Some(schema) = &self.schema.items {
            for (index, item) in items.iter().enumerate() {
                let path = self.path.item(index);
                let old = self.old.and_then(|old| old.item(index));
                outcome.merge(ratcheted(schema, item, &path, old.as_ref()));
            }
        }
        let count = signed(items.len());
        if let Some(least) = limits.min_items.filter(|least| count < *least) {
            self.fail(ErrorKind::Invalid, count, &format!("should have at least {least} items"), outcome);
        }
        if let Some(most) = limits.max_items.filter(|most| count > *most) {
            self.too_many(count, most, "items", outcome);
        }
        if limits.unique_items {
            let mut seen = std::collections::HashSet::new();
            if !items.iter().all(|item| seen.insert(item.to_string())) {
                self.fail(ErrorKind::Invalid, "", "shouldn't contain duplicates", outcome);
            }
        }
        outcome.matched += 1;
    }

    fn too_many(&self, count: i64, most: i64, of_what: &str, outcome: &mut Outcome) {
        let message = format!("should have at most {most} {of_what}");
        let failure = Failure::of_value(ErrorKind::TooMany, self.path, count.into(), &message);
        outcome.fail(failure.saying(FieldError::too_many("", count, most).detail));
    }

    fn object(&self, fields: &serde_json::Map<String, Value>, outcome: &mut Outcome) {
        let Schema { properties, required, additional_properties, limits, .. } = self.schema;
        let count = signed(fields.len());
        if let Some(least) = limits.min_properties.filter(|least| count < *least) {
            self.fail(ErrorKind::Invalid, count, &format!("should have at least {least} properties"), outcome);
        }
        if let Some(most) = limits.max_properties.filter(|most| count > *most) {
            self.too_many(count, most, "properties", outcome);
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
                    outcome.fail(Failure::of_name(ErrorKind::Invalid, self.path, name, "is a forbidden property"));
                    continue;
                }
                (None, Some(Additional::Any) | None) => continue,
            };
            let old = self.old.and_then(|old| old.field(name));
            // The version of an object is never what it was.
            let old = old.filter(|_| !(self.path.is_root() && matches!(name.as_str(), "kind" | "apiVersion")));
            outcome.merge(ratcheted(schema, value, &path, old.as_ref()));
        }
        for name in required.iter().filter(|name| !fields.contains_key(*name)) {
            outcome.fail(Failure::of_name(ErrorKind::Required, self.path, name, "is required"));
        }
    }

    /// The value against another schema, in which nothing that was wrong before is let pass.
    fn again(&self, schema: &Schema, value: &Value) -> Outcome {
        check(schema, value, self.path, None)
    }

    fn junctors(&self, value: &Value, outcome: &mut Outcome) {
        self.any_of(value, outcome);
        self.one_of(value, outcome);
        self.all_of(value, outcome);
        if let Some(schema) = &self.schema.not
            && self.again(schema, value).is_valid()
        {
            self.fail_as_a_whole("must not validate the schema (not)", outcome);
        }
        // Once for itself, once for having been asked.
        outcome.matched += 2;
    }

    fn fail_as_a_whole(&self, what: &str, outcome: &mut Outcome) {
        outcome.fail(Failure::of_whole(format!("{} {what}", go::quoted(&self.path.dotted()))));
    }

    fn any_of(&self, value: &Value, outcome: &mut Outcome) {
        let mut best: Option<Outcome> = None;
        for schema in &self.schema.any_of {
            let found = self.again(schema, value);
            if found.is_valid() {
                return outcome.merge(found);
            }
            if best.as_ref().is_none_or(|best| found.matched > best.matched) {
                best = Some(found);
            }
        }
        if let Some(best) = best {
            self.fail_as_a_whole("must validate at least one schema (anyOf)", outcome);
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
            let found = self.again(schema, value);
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
        self.fail_as_a_whole(&format!("must validate one and only one schema (oneOf). {found}"), outcome);
        if let Some(best) = best {
            outcome.merge(best);
        }
    }

    fn all_of(&self, value: &Value, outcome: &mut Outcome) {
        let mut valid = 0;
        for schema in &self.schema.all_of {
            let found = self.again(schema, value);
            valid += usize::from(found.is_valid());
            outcome.merge(found);
        }
        if valid != self.schema.all_of.len() {
            let none = if valid == 0 { ". None validated" } else { "" };
            self.fail_as_a_whole(&format!("must validate all the schemas (allOf){none}"), outcome);
        }
    }
}

fn characters(text: &str) -> i64 {
    signed(text.chars().count())
}

/// A count as limits have it, which may be negative.
fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The types that a schema takes, as messages name them.
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

/// The type that was wanted and the one that was found, where they differ.
fn mismatch(schema: &Schema, value: &Value) -> Option<(String, &'static str)> {
    let types = types(schema);
    let wanted = || types.iter().map(|wanted| wanted.as_str()).collect::<Vec<_>>().join(",");
    let (found, format_of_value) = match value {
        Value::Null if schema.nullable || types.is_empty() => return None,
        Value::Null => return Some((wanted(), "null")),
        Value::Bool(_) => (Type::Boolean, ""),
        Value::String(_) => (Type::String, ""),
        Value::Number(number) if number.is_f64() => (Type::Number, "float64"),
        Value::Number(_) => (Type::Integer, "int64"),
        Value::Array(_) => (Type::Array, ""),
        Value::Object(_) => (Type::Object, ""),
    };
    let fits = types.contains(&found)
        || (found == Type::Integer && types.contains(&Type::Number))
        || (types.contains(&Type::Integer)
            && value.as_f64().is_some_and(|float| value.is_f64() && super::number::is_integer(float)));
    let is_numeric = types.contains(&Type::Number) || types.contains(&Type::Integer);
    if let Some(format) = Format::of(schema) {
        if matches!(value, Value::String(_) | Value::Array(_)) {
            // With a format, whether text is text is left to the format, and nobody asks for lists.
            if !is_numeric {
                return None;
            }
        } else if !fits && format.name() != format_of_value {
            return Some((format.name().to_owned(), format_of_value));
        }
    }
    (!fits).then(|| (wanted(), found.as_str()))
}

/// Whether a value is the one that an enum names: numbers are converted to the other's type, as Go converts them.
fn is_one(value: &Value, allowed: &Value) -> bool {
    match (value, allowed) {
        (Value::Null, _) => false,
        (Value::Number(value), Value::Number(allowed)) => match (value.as_i64(), allowed.as_i64()) {
            (Some(value), Some(allowed)) => value == allowed,
            (None, Some(allowed)) => truncated(value) == Some(allowed),
            _ => value.as_f64() == allowed.as_f64(),
        },
        // An integer becomes the character of that number.
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
