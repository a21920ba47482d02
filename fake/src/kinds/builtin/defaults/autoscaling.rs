//! Defaults of autoscalers.

use serde_json::{Value, json};

use super::{default, has, set, within};

/// The default target of the CPU utilization.
const CPU_PERCENT: i64 = 80;

pub(super) fn autoscaler(version: &str, object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "minReplicas", 1);
        if version == "v1" {
            return;
        }
        if spec["metrics"].as_array().is_none_or(Vec::is_empty) {
            let target = json!({"type": "Utilization", "averageUtilization": CPU_PERCENT});
            set(spec, "metrics", json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
        }
        within(spec, "behavior", |behavior| {
            let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
            let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
            let up = json!({
                "stabilizationWindowSeconds": 0,
                "selectPolicy": "Max",
                "policies": [pods, percent.clone()],
            });
            rules(behavior, "scaleUp", up);
            rules(behavior, "scaleDown", json!({"selectPolicy": "Max", "policies": [percent]}));
        });
    });
}

/// Sets the fields of rules that are absent.
fn rules(behavior: &mut Value, name: &str, defaults: Value) {
    if !has(behavior, name) {
        set(behavior, name, defaults);
        return;
    }
    within(behavior, name, |rules| {
        for (name, value) in defaults.as_object().cloned().unwrap_or_default() {
            default(rules, &name, value);
        }
    });
}
