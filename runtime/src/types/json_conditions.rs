//! Conditions of objects whose type is not known.

use kube::core::DynamicObject;
use serde_json::{Map, Value, json};

use super::{Condition, ConditionEntry, HasConditions, remove_condition, set_condition};

/// One item of `status.conditions`; fields that conditions do not have are kept.
struct Entry(Value);

impl ConditionEntry for Entry {
    fn from_condition(condition: Condition) -> Self {
        let mut entry = Entry(json!({}));
        entry.assign(condition);
        entry
    }

    fn to_condition(&self) -> Condition {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Condition {
            last_transition_time: text("lastTransitionTime").into(),
            message: text("message"),
            observed_generation: self.0.get("observedGeneration").and_then(Value::as_i64),
            reason: text("reason"),
            status: text("status"),
            type_: text("type"),
        }
    }

    fn assign(&mut self, condition: Condition) {
        let fields = object(&mut self.0);
        fields.remove("observedGeneration");
        fields.extend(
            condition.observed_generation.map(|generation| ("observedGeneration".to_owned(), generation.into())),
        );
        for (name, text) in [
            ("lastTransitionTime", condition.last_transition_time.as_str()),
            ("message", &condition.message),
            ("reason", &condition.reason),
            ("status", &condition.status),
            ("type", &condition.type_),
        ] {
            fields.insert(name.to_owned(), text.into());
        }
    }

    fn is_type(&self, type_: &str) -> bool {
        self.0.get("type").and_then(Value::as_str) == Some(type_)
    }
}

/// Returns the object in the value; another value is replaced.
fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(fields) => fields,
        _ => unreachable!("the value is an object"),
    }
}

fn list(object: &DynamicObject) -> Option<&Vec<Value>> {
    object.data.get("status")?.get("conditions")?.as_array()
}

fn entries(list: &[Value]) -> Vec<Entry> {
    list.iter().cloned().map(Entry).collect()
}

fn store(target: &mut DynamicObject, entries: Vec<Entry>) {
    let status = object(&mut target.data).entry("status").or_insert_with(|| json!({}));
    let entries = entries.into_iter().map(|Entry(value)| value).collect();
    object(status).insert("conditions".to_owned(), Value::Array(entries));
}

impl HasConditions for DynamicObject {
    fn conditions(&self) -> Vec<Condition> {
        let list = list(self).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter(|item| item.is_object()).cloned().map(|item| Entry(item).to_condition()).collect()
    }

    fn set_condition(&mut self, condition: Condition) -> bool {
        let mut conditions = entries(list(self).map(Vec::as_slice).unwrap_or_default());
        let changed = set_condition(&mut conditions, condition);
        if changed {
            store(self, conditions);
        }
        changed
    }

    fn remove_condition(&mut self, type_: &str) -> bool {
        let mut conditions = entries(list(self).map(Vec::as_slice).unwrap_or_default());
        let removed = remove_condition(&mut conditions, type_);
        if removed {
            store(self, conditions);
        }
        removed
    }

    fn observed_generation(&self) -> Option<i64> {
        self.data.get("status")?.get("observedGeneration")?.as_i64()
    }
}
