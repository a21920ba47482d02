//! Random objects of a schema, with a bias to edge cases.
//!
//! They have the form in which the API server returns objects: required properties exist, null occurs only in nullable
//! values, integers are integers. [`Instances::strategy`] returns a proptest strategy, so that a failing object
//! shrinks.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use serde_json::{Map, Number, Value};

use crate::schema::{Additional, Limits, Schema, Type};

/// Configuration of random objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instances {
    /// Whether objects may have values outside of the schema's enums and patterns, as a newer version of the CRD may
    /// have stored.
    pub from_newer_schema: bool,
}

/// Below this depth optional properties are rare, so that large schemas produce objects of a readable size.
const DEPTH: usize = 4;

impl Instances {
    /// Returns a strategy for objects of a schema.
    pub fn strategy(self, schema: &Schema) -> BoxedStrategy<Value> {
        self.value(schema, 0)
    }

    fn value(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        let value = self.non_null(schema, depth);
        if schema.nullable { prop_oneof![1 => Just(Value::Null), 4 => value].boxed() } else { value }
    }

    fn non_null(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        // The API server rejects an enum value of another type.
        let fits = |value: &&Value| schema.int_or_string || schema.type_.is_none_or(|type_| is_of(type_, value));
        let allowed: Vec<Value> =
            schema.enumeration.iter().filter(|value| !value.is_null()).filter(fits).cloned().collect();
        let any = self.any_value(schema, depth);
        match (allowed.is_empty(), self.from_newer_schema) {
            (true, _) => any,
            (false, true) => prop_oneof![4 => select(allowed), 1 => any].boxed(),
            (false, false) => select(allowed).boxed(),
        }
    }

    fn any_value(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        if schema.int_or_string {
            return prop_oneof![integers(&schema.limits), self.strings(schema)].boxed();
        }
        match schema.type_ {
            None => any_json().boxed(),
            Some(Type::Boolean) => any::<bool>().prop_map(Value::from).boxed(),
            Some(Type::Integer) => integers(&schema.limits),
            Some(Type::Number) => numbers(&schema.limits),
            Some(Type::String) => self.strings(schema),
            Some(Type::Array) => self.list(schema, depth),
            Some(Type::Object) => self.object(schema, depth),
        }
    }

    fn strings(self, schema: &Schema) -> BoxedStrategy<Value> {
        let limits = &schema.limits;
        let text = match schema.format.as_deref() {
            Some("date-time" | "datetime") => date_times(),
            Some("byte") => select(vec!["", "QQ==", "QR==", "aGVsbG8=", "////"]).prop_map(str::to_owned).boxed(),
            _ => match limits.pattern.as_deref().and_then(pattern_strategy) {
                Some(matching) if self.from_newer_schema => prop_oneof![4 => matching, 1 => texts(limits)].boxed(),
                Some(matching) => matching,
                None => texts(limits),
            },
        };
        let (min, max) = lengths(limits);
        text.prop_map(move |text| Value::from(fitted(&text, min, max))).boxed()
    }

    fn list(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        let items = schema.kept_items().map_or_else(|| any_json().boxed(), |items| self.value(&items, depth + 1));
        let (min, max) = counts(schema.limits.min_items, schema.limits.max_items);
        prop::collection::vec(items, min..=max).prop_map(Value::from).boxed()
    }

    fn object(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        let probability = if depth < DEPTH { 0.5 } else { 0.15 };
        let mut names = Vec::new();
        let mut values: Vec<BoxedStrategy<Option<Value>>> = Vec::new();
        for (name, property) in &schema.properties {
            let value = self.value(property, depth + 1);
            names.push(name.clone());
            values.push(if schema.required.contains(name) {
                value.prop_map(Some).boxed()
            } else {
                prop::option::weighted(probability, value).boxed()
            });
        }
        let others = self.others(schema, depth);
        (values, others)
            .prop_map(move |(values, others)| {
                let named = names.iter().cloned().zip(values).filter_map(|(name, value)| Some((name, value?)));
                // Additional properties do not replace named ones.
                let free = others.into_iter().filter(|(name, _)| !names.contains(name));
                Value::Object(free.chain(named).collect::<Map<String, Value>>())
            })
            .boxed()
    }

    /// Returns a strategy for fields that the schema does not name but allows.
    fn others(self, schema: &Schema, depth: usize) -> BoxedStrategy<Vec<(String, Value)>> {
        let value = match &schema.additional_properties {
            Some(Additional::Schema(values)) => self.value(values, depth + 1),
            _ if schema.keeps_unknown() => any_json().boxed(),
            _ => return Just(Vec::new()).boxed(),
        };
        let (min, max) = counts(schema.limits.min_properties, schema.limits.max_properties);
        prop::collection::btree_map(names(), value, min..=max).prop_map(|entries| entries.into_iter().collect()).boxed()
    }
}

fn names() -> BoxedStrategy<String> {
    prop_oneof![4 => "[a-z][a-zA-Z0-9-]{0,8}", 1 => select(vec!["", "$ref", "a/b", "ä", "type", "with space", "\u{1f980}"]).prop_map(str::to_owned)].boxed()
}

/// Returns a strategy for JSON of a value without schema.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integers(&Limits::default()),
        numbers(&Limits::default()),
        texts(&Limits::default()).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names(), inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn is_of(type_: Type, value: &Value) -> bool {
    Type::of(value) == Some(type_) || (type_ == Type::Number && value.is_number())
}

/// Returns a limit as an integer, rounding floats.
fn bound(limit: Option<&Number>, round: fn(f64) -> f64, otherwise: i64) -> i64 {
    let Some(limit) = limit else { return otherwise };
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let rounded = || limit.as_f64().map(|limit| round(limit) as i64);
    limit.as_i64().or_else(rounded).unwrap_or(otherwise)
}

fn integers(limits: &Limits) -> BoxedStrategy<Value> {
    let min = bound(limits.minimum.as_ref(), f64::ceil, i64::MIN) + i64::from(limits.exclusive_minimum);
    let max = bound(limits.maximum.as_ref(), f64::floor, i64::MAX) - i64::from(limits.exclusive_maximum);
    let edges = [
        min,
        max,
        0,
        1,
        -1,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        i64::from(i32::MAX) + 1,
        (1 << 53) + 1,
        -(1 << 53) - 1,
    ];
    let edges: Vec<i64> = edges.into_iter().filter(|edge| (min..=max).contains(edge)).collect();
    if edges.is_empty() {
        return Just(Value::from(min)).boxed();
    }
    prop_oneof![select(edges), min..=max].prop_map(Value::from).boxed()
}

fn numbers(limits: &Limits) -> BoxedStrategy<Value> {
    let bound = |number: &Option<Number>, otherwise| number.as_ref().and_then(Number::as_f64).unwrap_or(otherwise);
    let (min, max) = (bound(&limits.minimum, f64::MIN), bound(&limits.maximum, f64::MAX));
    let edges = [min, max, 0.1, 0.5, 1.5, -1e-7, 1e21, 123_456.789, 5e-324, 1.0 / 3.0];
    let edges: Vec<f64> = edges.into_iter().filter(|edge| (min..=max).contains(edge)).collect();
    let floats = select(edges).prop_map(Value::from);
    prop_oneof![floats, integers(limits)].boxed()
}

fn texts(limits: &Limits) -> BoxedStrategy<String> {
    let edges = [
        "",
        " ",
        "on",
        "null",
        "1",
        "1.0",
        "2024-01-01",
        "ä\u{301}\u{1f980}",
        "a\nb",
        "\"quoted\\\"",
        "<b>&amp;",
        "{{ .Values }}",
        "\u{0}",
    ];
    let (min, _) = lengths(limits);
    let edges = edges.into_iter().filter(|edge| edge.chars().count() >= min).map(str::to_owned).collect::<Vec<_>>();
    let plain = string_regex("[a-z][a-z0-9-]{0,12}").map_or_else(|_| Just("text".to_owned()).boxed(), Strategy::boxed);
    if edges.is_empty() { plain } else { prop_oneof![2 => plain, 1 => select(edges)].boxed() }
}

/// Returns a strategy for matching text; `None` for patterns that it cannot invert.
fn pattern_strategy(pattern: &str) -> Option<BoxedStrategy<String>> {
    let inner = pattern.strip_prefix('^')?.strip_suffix('$')?;
    // Inner anchors, as in `^$\|^a$`, are not supported.
    if inner.contains('^') || inner.contains('$') {
        return None;
    }
    string_regex(inner).ok().map(Strategy::boxed)
}

fn date_times() -> BoxedStrategy<String> {
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{1,9}"];
    let zone = select(vec!["Z", "z", "+00:00", "-07:30", "+14:00"]);
    let mark = select(vec!["T", "t"]);
    (1970..2100_u32, 1..=12_u32, 1..=28_u32, 0..24_u32, 0..60_u32, mark, fraction, zone)
        .prop_map(|(year, month, day, hour, minute, mark, fraction, zone)| {
            format!("{year:04}-{month:02}-{day:02}{mark}{hour:02}:{minute:02}:07{fraction}{zone}")
        })
        .boxed()
}

fn lengths(limits: &Limits) -> (usize, usize) {
    let size = |limit: Option<i64>| limit.and_then(|limit| usize::try_from(limit).ok());
    (size(limits.min_length).unwrap_or(0), size(limits.max_length).unwrap_or(usize::MAX))
}

/// Returns a range of at most three more than the minimum.
fn counts(min: Option<i64>, max: Option<i64>) -> (usize, usize) {
    let size = |limit: Option<i64>| limit.and_then(|limit| usize::try_from(limit).ok());
    let min = size(min).unwrap_or(0);
    (min, size(max).unwrap_or(usize::MAX).min(min + 3).max(min))
}

/// Truncates or extends text to the length limits.
fn fitted(text: &str, min: usize, max: usize) -> String {
    let mut text: String = text.chars().take(max).collect();
    while text.chars().count() < min {
        text.push('a');
    }
    text
}
