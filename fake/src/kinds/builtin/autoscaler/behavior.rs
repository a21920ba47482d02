//! The annotation with the behavior, which contains the API server's internal structs: their fields have no names for JSON.

use serde_json::{Map, Value};

use super::text::{list, object, value};

const RULES: [&str; 4] = ["StabilizationWindowSeconds", "SelectPolicy", "Policies", "Tolerance"];
const POLICY: [&str; 3] = ["Type", "Value", "PeriodSeconds"];

/// Encodes a behavior.
pub(super) fn text(behavior: &Value) -> String {
    object(&["ScaleUp", "ScaleDown"].map(|name| (name, rules(&behavior[camel_case(name)]))).to_vec())
}

fn rules(rules: &Value) -> String {
    if !rules.is_object() {
        return "null".to_owned();
    }
    let field = |name: &'static str| {
        let of = &rules[camel_case(name)];
        let text = match of.as_array() {
            Some(policies) => list(policies.iter().map(policy)),
            None => value(of),
        };
        (name, text)
    };
    object(&RULES.map(field).to_vec())
}

fn policy(policy: &Value) -> String {
    object(&POLICY.map(|name| (name, value(&policy[camel_case(name)]))).to_vec())
}

/// Returns a behavior with the names of fields in v2. Go matches names without regard to case.
pub(super) fn decode(behavior: Value) -> Value {
    match behavior {
        Value::Object(fields) => {
            let renamed = fields.into_iter().map(|(name, value)| (renamed(&name), decode(value)));
            Value::Object(renamed.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(decode).collect(),
        other => other,
    }
}

fn renamed(name: &str) -> String {
    let known = ["ScaleUp", "ScaleDown"].into_iter().chain(RULES).chain(POLICY);
    let mut known = known.filter(|known| known.eq_ignore_ascii_case(name));
    known.next().map_or_else(|| name.to_owned(), camel_case)
}

fn camel_case(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_lowercase())
}
