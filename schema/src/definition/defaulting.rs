//! Defaulting of a definition.
//!
//! Source: `apiextensions/v1/defaults.go`.

use serde_json::{Value, json};

/// Sets the defaults of a definition: names, conversion, the port of a conversion webhook, and `status.storedVersions`.
pub fn set_defaults(definition: &mut Value) {
    let Some(fields) = definition.as_object_mut() else { return };
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if let Some(Value::Object(names)) = spec.get_mut("names") {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        if is_unset(names.get("singular")) {
            names.insert("singular".to_owned(), kind.to_lowercase().into());
        }
        if is_unset(names.get("listKind")) && !kind.is_empty() {
            names.insert("listKind".to_owned(), format!("{kind}List").into());
        }
    }
    match spec.get_mut("conversion") {
        None | Some(Value::Null) => drop(spec.insert("conversion".to_owned(), json!({"strategy": "None"}))),
        Some(conversion) => {
            if let Some(Value::Object(service)) = conversion.pointer_mut("/webhook/clientConfig/service")
                && service.get("port").is_none_or(Value::is_null)
            {
                service.insert("port".to_owned(), 443.into());
            }
        }
    }
    let versions = spec.get("versions").and_then(Value::as_array).into_iter().flatten();
    let stored = versions.into_iter().find(|version| version["storage"] == true).map(|version| version["name"].clone());
    let Some(stored) = stored else { return };
    let status = fields.entry("status").or_insert(Value::Null);
    if status.is_null() {
        *status = json!({});
    }
    if let Some(status) = status.as_object_mut()
        && status.get("storedVersions").and_then(Value::as_array).is_none_or(Vec::is_empty)
    {
        status.insert("storedVersions".to_owned(), json!([stored]));
    }
}

fn is_unset(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value == "")
}
