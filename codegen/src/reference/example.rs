//! The smallest object that a schema takes.

use kube_structural_schema::cel::validate_rules;
use kube_structural_schema::object::{apply_defaults, validate};
use kube_structural_schema::{Crd, Schema, Scope, Type, Version};
use serde_json::{Map, Value, json};

/// A minimal object as YAML; `None` if the values from types, limits and defaults are not valid.
pub(super) fn of(crd: &Crd, version: &Version) -> Option<String> {
    let mut object = value(&version.schema, 0)?;
    let fields = object.as_object_mut()?;
    fields.remove("status");
    if let Some(spec) = version.schema.properties.get("spec") {
        // An object without a spec is not an example of its kind.
        fields.entry("spec").or_insert(value(spec, 0)?);
    }
    let namespace = (crd.scope == Scope::Namespaced).then_some("default");
    let mut metadata = json!({"name": "example"});
    if let Some(namespace) = namespace {
        metadata["namespace"] = namespace.into();
    }
    fields.insert("apiVersion".to_owned(), format!("{}/{}", crd.group, version.name).into());
    fields.insert("kind".to_owned(), crd.names.kind.clone().into());
    fields.insert("metadata".to_owned(), metadata);
    let mut stored = object.clone();
    apply_defaults(&version.schema, &mut stored);
    let is_valid = validate(&version.schema, &stored).is_empty()
        && validate_rules(&version.schema, &stored, None).errors.is_empty();
    is_valid.then(|| yaml(&object))
}

const DEPTH: usize = 40;

fn value(schema: &Schema, depth: usize) -> Option<Value> {
    if depth > DEPTH {
        return None;
    }
    if let Some(default) = &schema.default {
        return Some(default.clone());
    }
    if let Some(first) = schema.enumeration.first() {
        return Some(first.clone());
    }
    if schema.int_or_string {
        return Some(1.into());
    }
    let limits = &schema.limits;
    Some(match schema.type_ {
        None => json!({}),
        Some(Type::Boolean) => false.into(),
        Some(Type::Integer | Type::Number) => {
            let least = limits.minimum.as_ref().and_then(serde_json::Number::as_f64);
            let most = limits.maximum.as_ref().and_then(serde_json::Number::as_f64);
            #[expect(clippy::cast_possible_truncation, reason = "what does not fit does not validate")]
            let number = match (least, most) {
                (Some(least), _) => least.ceil() as i64 + i64::from(limits.exclusive_minimum),
                (None, Some(most)) if most < 0.0 => most.floor() as i64,
                _ => 0,
            };
            number.into()
        }
        Some(Type::String) => text(schema).into(),
        Some(Type::Array) => {
            let count = usize::try_from(limits.min_items.unwrap_or_default()).ok().filter(|count| *count < 50)?;
            let items = schema.items.as_ref();
            (0..count)
                .map(|_| items.map_or(Some(Value::Null), |items| value(items, depth + 1)))
                .collect::<Option<Vec<_>>>()?
                .into()
        }
        Some(Type::Object) => {
            let of = |name: &String| Some((name.clone(), value(schema.properties.get(name)?, depth + 1)?));
            schema.required.iter().map(of).collect::<Option<Map<_, _>>>()?.into()
        }
    })
}

fn text(schema: &Schema) -> String {
    let of_format = match schema.format.as_deref() {
        Some("date-time" | "datetime") => "2026-01-02T03:04:05Z",
        Some("date") => "2026-01-02",
        Some("duration") => "10s",
        Some("uri") => "https://example.com",
        Some("hostname") => "example.com",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("cidr") => "192.0.2.0/24",
        Some("email") => "someone@example.com",
        Some("uuid") => "01234567-89ab-4cde-8f01-23456789abcd",
        Some("byte") => "ZXhhbXBsZQ==",
        _ => "example",
    };
    let limits = &schema.limits;
    let least = limits.min_length.and_then(|least| usize::try_from(least).ok()).unwrap_or_default().min(1000);
    let most = limits.max_length.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let mut text: String = of_format.chars().take(most).collect();
    while text.chars().count() < least {
        text.push('x');
    }
    text
}

/// A value in YAML's block style.
fn yaml(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

fn block(value: &Value, indent: usize, out: &mut String) {
    let pad = "  ".repeat(indent);
    let inner = |value: &Value, out: &mut String| match value {
        Value::Object(fields) if !fields.is_empty() => {
            out.push('\n');
            block(value, indent + 1, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            block(value, indent, out);
        }
        // JSON is YAML, and quotes where necessary.
        Value::String(text) if is_plain(text) => out.push_str(&format!(" {text}\n")),
        other => out.push_str(&format!(" {other}\n")),
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = if is_plain(name) { name.clone() } else { Value::from(name.as_str()).to_string() };
                out.push_str(&format!("{pad}{name}:"));
                inner(value, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut text = String::new();
                match item {
                    Value::Object(fields) if !fields.is_empty() => block(item, indent + 1, &mut text),
                    other => inner(other, &mut text),
                }
                out.push_str(&format!("{pad}- {}\n", text.trim()));
            }
        }
        other => out.push_str(&format!("{pad}{other}\n")),
    }
}

/// Whether a text is the same text in YAML without quotes.
fn is_plain(text: &str) -> bool {
    let is_word = |word: &str| matches!(word, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | '_'))
        && !is_word(&text.to_lowercase())
}
