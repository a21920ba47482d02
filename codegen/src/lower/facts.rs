//! Sentences about checks and defaults of the API server.

use kube_structural_schema::{Limits, ListType, Rule, Schema, Type};
use serde_json::Value;

use super::combinations;
use crate::markdown::{code, escape, value};

/// Returns the facts about a value, from type to rules.
pub(crate) fn of(schema: &Schema) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(list(schema));
    facts.extend(map(schema));
    facts.extend(text(&schema.limits));
    facts.extend(range(&schema.limits));
    facts.extend(format(schema));
    facts.extend(one_of_values(schema));
    if schema.atomic_map {
        facts.push("Atomic: server-side apply replaces it as a whole.".to_owned());
    }
    if let Some(items) = &schema.items {
        facts.extend(members("Each item", items));
    }
    if let Some(kube_structural_schema::Additional::Schema(values)) = &schema.additional_properties {
        facts.extend(members("Each value", values));
    }
    facts.extend(combinations::of(schema));
    facts.extend(schema.rules.iter().map(rule));
    facts
}

/// Returns the values of an enum that has a Rust type.
pub(crate) fn values(schema: &Schema) -> Option<String> {
    if schema.enumeration.is_empty() || one_of_values(schema).is_some() {
        return None;
    }
    let shown = |one: &Value| one.as_str().map_or_else(|| code(&one.to_string()), value);
    Some(format!("One of {}.", schema.enumeration.iter().map(shown).collect::<Vec<_>>().join(", ")))
}

/// Returns the default of a value.
pub(crate) fn default(schema: &Schema) -> Option<String> {
    let default = schema.default.as_ref()?;
    Some(match default {
        Value::Null => "Default: null.".to_owned(),
        Value::String(text) if text.is_empty() => "Default: an empty string.".to_owned(),
        Value::String(text) => format!("Default: {}.", value(text)),
        other => format!("Default: {}.", code(&other.to_string())),
    })
}

/// Describes the list type for server-side apply, and the length.
fn list(schema: &Schema) -> Option<String> {
    if schema.type_ != Some(Type::Array) {
        return None;
    }
    let count = between(schema.limits.min_items, schema.limits.max_items, "item");
    let kind = match schema.list_type {
        Some(ListType::Set) => Some("A set: items are unique".to_owned()),
        Some(ListType::Map) => {
            let keys: Vec<String> = schema.list_map_keys.iter().map(|key| code(key)).collect();
            Some(format!("A map keyed by {}", keys.join(" and ")))
        }
        Some(ListType::Atomic) => Some("Atomic: server-side apply replaces it as a whole".to_owned()),
        None => None,
    };
    match (kind, count) {
        (Some(kind), Some(count)) => Some(format!("{kind}; {count}.")),
        (Some(kind), None) => Some(format!("{kind}.")),
        (None, count) => count.map(sentence),
    }
}

fn map(schema: &Schema) -> Option<String> {
    between(schema.limits.min_properties, schema.limits.max_properties, "entry").map(sentence)
}

fn text(limits: &Limits) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(between(limits.min_length, limits.max_length, "character").map(sentence));
    facts.extend(limits.pattern.as_ref().map(|pattern| format!("Matches {}.", code(pattern))));
    facts
}

fn range(limits: &Limits) -> Vec<String> {
    let mut facts = Vec::new();
    let least = limits.minimum.as_ref().map(|number| {
        if limits.exclusive_minimum { format!("more than {number}") } else { format!("at least {number}") }
    });
    let most = limits.maximum.as_ref().map(|number| {
        if limits.exclusive_maximum { format!("less than {number}") } else { format!("at most {number}") }
    });
    facts.extend(match (least, most) {
        (Some(least), Some(most)) => Some(sentence(format!("{least}, {most}"))),
        (one, other) => one.or(other).map(sentence),
    });
    facts.extend(limits.multiple_of.as_ref().map(|number| format!("A multiple of {number}.")));
    facts
}

/// Returns the format, unless the Rust type implies it.
fn format(schema: &Schema) -> Option<String> {
    let format = schema.format.as_deref()?;
    let implied = ["int32", "int64", "float", "double", "date-time", "datetime", "byte"];
    (!implied.contains(&format)).then(|| format!("Format: {}.", code(format)))
}

/// Returns the values of an enum without a Rust type.
fn one_of_values(schema: &Schema) -> Option<String> {
    let as_enum = match schema.type_ {
        Some(Type::String) => schema.enumeration.iter().all(|value| value.is_string() || value.is_null()),
        Some(Type::Integer) => schema.enumeration.iter().all(|value| value.is_i64() || value.is_null()),
        Some(Type::Boolean) => true,
        _ => false,
    };
    if schema.enumeration.is_empty() || (as_enum && !schema.int_or_string) {
        return None;
    }
    let shown = |one: &Value| one.as_str().map_or_else(|| code(&one.to_string()), |text| value(&format!("\"{text}\"")));
    let values: Vec<String> = schema.enumeration.iter().map(shown).collect();
    Some(format!("One of {}.", values.join(", ")))
}

/// Returns the facts about items or values without an emitted type.
fn members(subject: &str, schema: &Schema) -> Vec<String> {
    if !schema.properties.is_empty() {
        return Vec::new();
    }
    of(schema).into_iter().map(|fact| format!("{subject}: {}", lower_first(&fact))).collect()
}

fn rule(rule: &Rule) -> String {
    let otherwise = match (&rule.message, &rule.message_expression) {
        (Some(message), _) => format!(" (message: {})", line(message)),
        (None, Some(expression)) => format!(" (message of {})", code(expression)),
        (None, None) => String::new(),
    };
    if rule.is_immutable() {
        format!("Immutable{otherwise}.")
    } else {
        format!("Rule: {}{otherwise}.", code(&rule.rule))
    }
}

/// Formats a message as one line.
fn line(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    escape(words.join(" ").trim_end_matches('.'))
}

fn between(least: Option<i64>, most: Option<i64>, what: &str) -> Option<String> {
    let things = |count: i64| match (count, what) {
        (1, _) => what.to_owned(),
        (_, "entry") => "entries".to_owned(),
        _ => format!("{what}s"),
    };
    match (least.filter(|least| *least > 0), most) {
        (Some(least), Some(most)) if least == most => Some(format!("exactly {least} {}", things(least))),
        (Some(least), Some(most)) => Some(format!("{least} to {most} {}", things(most))),
        (Some(least), None) => Some(format!("at least {least} {}", things(least))),
        (None, Some(most)) => Some(format!("at most {most} {}", things(most))),
        (None, None) => None,
    }
}

fn sentence(text: String) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()))
}
