//! Columns of autoscalers.

use serde_json::Value;

use super::cells::{AGE, Definition, UNSET, int_at, items, number, str_at};

pub(super) const AUTOSCALER: &[Definition] = &[
    ("Reference", "string", 0, |object, _| {
        format!("{}/{}", str_at(object, "/spec/scaleTargetRef/kind"), str_at(object, "/spec/scaleTargetRef/name"))
            .into()
    }),
    ("Targets", "string", 0, |object, _| targets(object).into()),
    ("MinPods", "string", 0, |object, _| match object.pointer("/spec/minReplicas").and_then(Value::as_i64) {
        Some(min) => min.to_string().into(),
        None => UNSET.into(),
    }),
    ("MaxPods", "string", 0, |object, _| number(object, "/spec/maxReplicas")),
    ("Replicas", "string", 0, |object, _| number(object, "/status/currentReplicas")),
    AGE,
];

const UNKNOWN: &str = "<unknown>";

fn targets(object: &Value) -> String {
    let statuses = items(object, "/status/currentMetrics");
    let metrics = items(object, "/spec/metrics").iter().enumerate();
    let texts: Vec<String> = metrics.map(|(index, metric)| target(metric, statuses.get(index))).collect();
    match texts.len() {
        0 => super::cells::NONE.to_owned(),
        1 | 2 => texts.join(", "),
        count => format!("{} + {} more...", texts[..2].join(", "), count - 2),
    }
}

fn target(metric: &Value, status: Option<&Value>) -> String {
    let type_ = str_at(metric, "/type");
    let source = match type_ {
        "External" => "external",
        "Pods" => "pods",
        "Object" => "object",
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        _ => return "<unknown type>".to_owned(),
    };
    let (target, current) = (&metric[source]["target"], status.map(|status| &status[source]["current"]));
    let current = current.filter(|current| current.is_object());
    let quantity = |value: &Value, field: &str| value[field].as_str().unwrap_or("0").to_owned();
    let average = |or: &str| match current.filter(|current| current["averageValue"].is_string()) {
        Some(current) => quantity(current, "averageValue"),
        None => or.to_owned(),
    };
    let has_average = target["averageValue"].is_string();
    match type_ {
        "Pods" => {
            format!("{}/{}", average(if current.is_some() { "0" } else { UNKNOWN }), quantity(target, "averageValue"))
        }
        "External" | "Object" if has_average => {
            format!("{}/{} (avg)", average(UNKNOWN), quantity(target, "averageValue"))
        }
        "External" | "Object" => {
            let current = current.map_or_else(|| UNKNOWN.to_owned(), |current| quantity(current, "value"));
            format!("{current}/{}", quantity(target, "value"))
        }
        _ => {
            let name = str_at(&metric[source], "/name");
            if has_average {
                let current = average(if current.is_some() { "0" } else { UNKNOWN });
                return format!("{name}: {current}/{}", quantity(target, "averageValue"));
            }
            let share = |value: Option<&Value>, or: &str| match value.map(|value| int_at(value, "/averageUtilization"))
            {
                Some(share) if value.is_some_and(|value| value["averageUtilization"].is_i64()) => format!("{share}%"),
                _ => or.to_owned(),
            };
            format!("{name}: {}/{}", share(current, UNKNOWN), share(Some(target), "<auto>"))
        }
    }
}
