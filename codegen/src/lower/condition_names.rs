//! Types and reasons of conditions that a CRD or the configuration names.

use kube_structural_schema::{Schema, Version};
use serde_json::Value;

use crate::api::ConditionNames;
use crate::config::Config;

/// Returns the names of a kind: those of the configuration, of filters in printer columns, and of enums in the schema.
pub(super) fn condition_names(kind: &str, version: &Version, config: &Config) -> ConditionNames {
    ConditionNames {
        types: names(version, "type", config.conditions.get(kind)),
        reasons: names(version, "reason", config.reasons.get(kind)),
    }
}

fn names(version: &Version, field: &str, configured: Option<&Vec<String>>) -> Vec<String> {
    let columns = version.printer_columns.iter().flat_map(|column| filters(&column.json_path, field));
    let found = columns.chain(enumeration(&version.schema, field)).filter(|name| is_valid(name));
    let mut names: Vec<String> =
        configured.into_iter().flatten().map(String::as_str).chain(found).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// Returns the values with which a JSON path compares a field of conditions: `Ready` in
/// `.status.conditions[?(@.type=="Ready")].status`.
fn filters<'p>(path: &'p str, field: &str) -> Vec<&'p str> {
    let Some((_, rest)) = path.split_once(".status.conditions[") else { return Vec::new() };
    let name = format!("@.{field}");
    let mut filters = Vec::new();
    for after in rest.split(name.as_str()).skip(1) {
        let value = after.trim_start().strip_prefix("==").map(str::trim_start);
        let quoted = value.and_then(|value| {
            let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
            value[1..].split_once(quote)
        });
        filters.extend(quoted.map(|(text, _)| text));
    }
    filters
}

/// Returns the values that the schema permits for a field of conditions.
fn enumeration<'s>(root: &'s Schema, field: &str) -> impl Iterator<Item = &'s str> {
    let conditions = root.properties.get("status").and_then(|status| status.properties.get("conditions"));
    let field = conditions.and_then(|conditions| conditions.items.as_ref()?.properties.get(field));
    field.into_iter().flat_map(|field| &field.enumeration).filter_map(Value::as_str)
}

/// Whether a text has the form of a type or reason of `metav1.Condition`:
/// <https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go>.
pub(crate) fn is_valid(name: &str) -> bool {
    let is_edge = |letter: char| letter.is_ascii_alphanumeric();
    name.len() <= 316
        && name.starts_with(is_edge)
        && name.ends_with(|letter| is_edge(letter) || letter == '_')
        && name.chars().all(|letter| is_edge(letter) || matches!(letter, '-' | '_' | '.' | '/' | ',' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_printer_columns_are_names() {
        let path = r#".status.conditions[?(@.type=="Ready")].status"#;
        assert_eq!(filters(path, "type"), ["Ready"]);
        let path = ".status.conditions[?(@.type == 'Ready' && @.reason=='Done')].message";
        assert_eq!((filters(path, "type"), filters(path, "reason")), (vec!["Ready"], vec!["Done"]));
        for path in [
            ".status.phase",
            ".status.conditions[-1:].type",
            ".status.conditions[?(@.type==",
            ".status.conditions[?(@.type==\"",
        ] {
            assert_eq!(filters(path, "type"), Vec::<&str>::new(), "{path}");
        }
    }

    #[test]
    fn names_have_the_form_of_conditions() {
        for name in ["Ready", "example.com/Ready", "NotReady_1", "A:b,c"] {
            assert!(is_valid(name), "{name}");
        }
        for name in ["", "not ready", "a`b", "-a", "a/", "Ä"] {
            assert!(!is_valid(name), "{name}");
        }
    }
}
