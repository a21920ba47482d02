//! Label selectors as text.

use serde_json::Value;

/// Returns the selector of a built-in kind as text.
///
/// Source: `LabelSelectorAsSelector` of `apimachinery/pkg/apis/meta/v1/helpers.go`, `Requirement.String` of `pkg/labels`.
pub(crate) fn selector_text(selector: &Value) -> String {
    let is_selector = selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some();
    let labels = if is_selector { selector.get("matchLabels") } else { Some(selector) };
    let labels = labels.and_then(Value::as_object).into_iter().flatten();
    let mut terms: Vec<(&str, String)> =
        labels.map(|(key, value)| (key.as_str(), format!("{key}={}", value.as_str().unwrap_or_default()))).collect();
    for expression in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| expression[name].as_str().unwrap_or_default();
        let mut values: Vec<&str> =
            expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let (key, values) = (text("key"), values.join(","));
        let term = match text("operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        };
        terms.push((key, term));
    }
    terms.sort_by_key(|(key, _)| *key);
    terms.into_iter().map(|(_, term)| term).collect::<Vec<_>>().join(",")
}
