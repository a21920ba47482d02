//! Random objects of a schema, biased to edges.
//!
//! They have the form in which the API server returns objects: required properties are there, null stands only where the
//! schema is nullable, integers are integers. [`Instances::of`] gives a proptest strategy, so that a failing object shrinks.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use serde_json::{Map, Number, Value};

use crate::schema::{Additional, Limits, Schema, Type};

/// What objects may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instances {
    /// Also values that the schema's enums do not name and text that breaks its patterns, as a newer version of the CRD
    /// may have stored them.
    pub from_a_newer_schema: bool,
}

/// Below this depth optional properties become rare, so that large schemas give objects of a readable size.
const DEPTH: usize = 4;

impl Instances {
    /// Objects of a schema.
    pub fn of(self, schema: &Schema) -> BoxedStrategy<Value> {
        self.value(schema, 0)
    }

    fn value(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        let value = self.not_null(schema, depth);
        if schema.nullable { prop_oneof![1 => Just(Value::Null), 4 => value].boxed() } else { value }
    }

    fn not_null(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        // A value that is named and of another type is refused all the same.
        let fits = |value: &&Value| schema.int_or_string || schema.type_.is_none_or(|type_| is_of(type_, value));
        let named: Vec<Value> =
            schema.enumeration.iter().filter(|value| !value.is_null()).filter(fits).cloned().collect();
        let any = self.unnamed(schema, depth);
        match (named.is_empty(), self.from_a_newer_schema) {
            (true, _) => any,
            (false, true) => prop_oneof![4 => select(named), 1 => any].boxed(),
            (false, false) => select(named).boxed(),
        }
    }

    fn unnamed(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
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
            _ => match limits.pattern.as_deref().and_then(of_pattern) {
                Some(matching) if self.from_a_newer_schema => prop_oneof![4 => matching, 1 => texts(limits)].boxed(),
                Some(matching) => matching,
                None => texts(limits),
            },
        };
        let (least, most) = lengths(limits);
        text.prop_map(move |text| Value::from(fitted(&text, least, most))).boxed()
    }

    fn list(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        let items = schema.kept_items().map_or_else(|| any_json().boxed(), |items| self.value(&items, depth + 1));
        let (least, most) = counts(schema.limits.min_items, schema.limits.max_items);
        prop::collection::vec(items, least..=most).prop_map(Value::from).boxed()
    }

    fn object(self, schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
        let often = if depth < DEPTH { 0.5 } else { 0.15 };
        let mut names = Vec::new();
        let mut values: Vec<BoxedStrategy<Option<Value>>> = Vec::new();
        for (name, property) in &schema.properties {
            let value = self.value(property, depth + 1);
            names.push(name.clone());
            values.push(if schema.required.contains(name) {
                value.prop_map(Some).boxed()
            } else {
                prop::option::weighted(often, value).boxed()
            });
        }
        let others = self.others(schema, depth);
        (values, others)
            .prop_map(move |(values, others)| {
                let named = names.iter().cloned().zip(values).filter_map(|(name, value)| Some((name, value?)));
                // What the schema names is never overwritten by what it does not name.
                let free = others.into_iter().filter(|(name, _)| !names.contains(name));
                Value::Object(free.chain(named).collect::<Map<String, Value>>())
            })
            .boxed()
    }

    /// What the schema does not name but keeps.
    fn others(self, schema: &Schema, depth: usize) -> BoxedStrategy<Vec<(String, Value)>> {
        let value = match &schema.additional_properties {
            Some(Additional::Schema(values)) => self.value(values, depth + 1),
            _ if schema.keeps_unknown() => any_json().boxed(),
            _ => return Just(Vec::new()).boxed(),
        };
        let (least, most) = counts(schema.limits.min_properties, schema.limits.max_properties);
        prop::collection::btree_map(names(), value, least..=most)
            .prop_map(|entries| entries.into_iter().collect())
            .boxed()
    }
}

fn names() -> BoxedStrategy<String> {
    prop_oneof![4 => "[a-z][a-zA-Z0-9-]{0,8}", 1 => select(vec!["", "$ref", "a/b", "ä", "type", "with space", "\u{1f980}"]).prop_map(str::to_owned)].boxed()
}

/// Any JSON that the API server would keep in a place without schema.
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
    match type_ {
        Type::Boolean => value.is_boolean(),
        Type::Integer => value.is_i64() || value.is_u64(),
        Type::Number => value.is_number(),
        Type::String => value.is_string(),
        Type::Array => value.is_array(),
        Type::Object => value.is_object(),
    }
}

/// A limit as an integer, also where it is written as a float.
fn bound(limit: Option<&Number>, round: fn(f64) -> f64, otherwise: i64) -> i64 {
    let Some(limit) = limit else { return otherwise };
    #[expect(clippy::cast_possible_truncation, reason = "what is beyond an integer ends at the largest one")]
    let rounded = || limit.as_f64().map(|limit| round(limit) as i64);
    limit.as_i64().or_else(rounded).unwrap_or(otherwise)
}

fn integers(limits: &Limits) -> BoxedStrategy<Value> {
    let least = bound(limits.minimum.as_ref(), f64::ceil, i64::MIN) + i64::from(limits.exclusive_minimum);
    let most = bound(limits.maximum.as_ref(), f64::floor, i64::MAX) - i64::from(limits.exclusive_maximum);
    let edges = [
        least,
        most,
        0,
        1,
        -1,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        i64::from(i32::MAX) + 1,
        (1 << 53) + 1,
        -(1 << 53) - 1,
    ];
    let edges: Vec<i64> = edges.into_iter().filter(|edge| (least..=most).contains(edge)).collect();
    if edges.is_empty() {
        return Just(Value::from(least)).boxed();
    }
    prop_oneof![select(edges), least..=most].prop_map(Value::from).boxed()
}

fn numbers(limits: &Limits) -> BoxedStrategy<Value> {
    let bound = |number: &Option<Number>, otherwise| number.as_ref().and_then(Number::as_f64).unwrap_or(otherwise);
    let (least, most) = (bound(&limits.minimum, f64::MIN), bound(&limits.maximum, f64::MAX));
    let edges = [least, most, 0.1, 0.5, 1.5, -1e-7, 1e21, 123_456.789, 5e-324, 1.0 / 3.0];
    let edges: Vec<f64> = edges.into_iter().filter(|edge| (least..=most).contains(edge)).collect();
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
    let (least, _) = lengths(limits);
    let edges = edges.into_iter().filter(|edge| edge.chars().count() >= least).map(str::to_owned).collect::<Vec<_>>();
    let plain = string_regex("[a-z][a-z0-9-]{0,12}").map_or_else(|_| Just("text".to_owned()).boxed(), Strategy::boxed);
    if edges.is_empty() { plain } else { prop_oneof![2 => plain, 1 => select(edges)].boxed() }
}

/// Text that a pattern matches; `None` for patterns beyond what can be turned around.
fn of_pattern(pattern: &str) -> Option<BoxedStrategy<String>> {
    let whole = pattern.strip_prefix('^')?.strip_suffix('$')?;
    // Anchors inside, as in `^$|^a$`, have no strategy.
    if whole.contains('^') || whole.contains('$') {
        return None;
    }
    string_regex(whole).ok().map(Strategy::boxed)
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

/// At most three more than there must be.
fn counts(least: Option<i64>, most: Option<i64>) -> (usize, usize) {
    let size = |limit: Option<i64>| limit.and_then(|limit| usize::try_from(limit).ok());
    let least = size(least).unwrap_or(0);
    (least, size(most).unwrap_or(usize::MAX).min(least + 3).max(least))
}

/// The text, cut or filled up to the length it must have.
fn fitted(text: &str, least: usize, most: usize) -> String {
    let mut text: String = text.chars().take(most).collect();
    while text.chars().count() < least {
        text.push('a');
    }
    text
}
