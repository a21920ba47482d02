//! Metrics and their current values, in the form of v1 and in that of v2.

use serde_json::{Map, Value, json};

use super::text::{Fields, list, object, present, value};

/// A field of a source in v1.
struct Part {
    name: &'static str,
    /// The path in v2.
    path: &'static [&'static str],
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A text that Go always encodes.
    Text,
    /// A quantity that Go always encodes.
    Quantity,
    Optional,
    Reference,
    Selector,
}

/// The fields of a source in v1, in the order of its struct.
struct Source {
    name: &'static str,
    parts: &'static [Part],
}

const fn part(name: &'static str, path: &'static [&'static str], form: Form) -> Part {
    Part { name, path, form }
}

const METRIC: &[&str] = &["metric", "name"];
const SELECTOR: &[&str] = &["metric", "selector"];
const TARGET_VALUE: &[&str] = &["target", "value"];
const TARGET_AVERAGE: &[&str] = &["target", "averageValue"];
const TARGET_UTILIZATION: &[&str] = &["target", "averageUtilization"];
const CURRENT_VALUE: &[&str] = &["current", "value"];
const CURRENT_AVERAGE: &[&str] = &["current", "averageValue"];
const CURRENT_UTILIZATION: &[&str] = &["current", "averageUtilization"];

/// The sources of metrics, in the order of the struct.
const SPECS: [Source; 5] = [
    Source {
        name: "object",
        parts: &[
            part("target", &["describedObject"], Form::Reference),
            part("metricName", METRIC, Form::Text),
            part("targetValue", TARGET_VALUE, Form::Quantity),
            part("selector", SELECTOR, Form::Selector),
            part("averageValue", TARGET_AVERAGE, Form::Optional),
        ],
    },
    Source {
        name: "pods",
        parts: &[
            part("metricName", METRIC, Form::Text),
            part("targetAverageValue", TARGET_AVERAGE, Form::Quantity),
            part("selector", SELECTOR, Form::Selector),
        ],
    },
    Source {
        name: "resource",
        parts: &[
            part("name", &["name"], Form::Text),
            part("targetAverageUtilization", TARGET_UTILIZATION, Form::Optional),
            part("targetAverageValue", TARGET_AVERAGE, Form::Optional),
        ],
    },
    Source {
        name: "containerResource",
        parts: &[
            part("name", &["name"], Form::Text),
            part("targetAverageUtilization", TARGET_UTILIZATION, Form::Optional),
            part("targetAverageValue", TARGET_AVERAGE, Form::Optional),
            part("container", &["container"], Form::Text),
        ],
    },
    Source {
        name: "external",
        parts: &[
            part("metricName", METRIC, Form::Text),
            part("metricSelector", SELECTOR, Form::Selector),
            part("targetValue", TARGET_VALUE, Form::Optional),
            part("targetAverageValue", TARGET_AVERAGE, Form::Optional),
        ],
    },
];

/// The sources of current values, in the order of the struct.
const STATUSES: [Source; 5] = [
    Source {
        name: "object",
        parts: &[
            part("target", &["describedObject"], Form::Reference),
            part("metricName", METRIC, Form::Text),
            part("currentValue", CURRENT_VALUE, Form::Quantity),
            part("selector", SELECTOR, Form::Selector),
            part("averageValue", CURRENT_AVERAGE, Form::Optional),
        ],
    },
    Source {
        name: "pods",
        parts: &[
            part("metricName", METRIC, Form::Text),
            part("currentAverageValue", CURRENT_AVERAGE, Form::Quantity),
            part("selector", SELECTOR, Form::Selector),
        ],
    },
    Source {
        name: "resource",
        parts: &[
            part("name", &["name"], Form::Text),
            part("currentAverageUtilization", CURRENT_UTILIZATION, Form::Optional),
            part("currentAverageValue", CURRENT_AVERAGE, Form::Quantity),
        ],
    },
    Source {
        name: "containerResource",
        parts: &[
            part("name", &["name"], Form::Text),
            part("currentAverageUtilization", CURRENT_UTILIZATION, Form::Optional),
            part("currentAverageValue", CURRENT_AVERAGE, Form::Quantity),
            part("container", &["container"], Form::Text),
        ],
    },
    Source {
        name: "external",
        parts: &[
            part("metricName", METRIC, Form::Text),
            part("metricSelector", SELECTOR, Form::Selector),
            part("currentValue", CURRENT_VALUE, Form::Quantity),
            part("currentAverageValue", CURRENT_AVERAGE, Form::Optional),
        ],
    },
];

/// Returns the utilization of a metric of the CPU of pods, in its target or in its current value.
pub(super) fn cpu_utilization(metric: &Value, part: &str) -> Option<Value> {
    let resource = &metric["resource"];
    let is_cpu = metric["type"] == "Resource" && resource["name"] == "cpu";
    Some(&resource[part]["averageUtilization"]).filter(|value| is_cpu && !value.is_null()).cloned()
}

/// Encodes metrics in the form of v1.
pub(super) fn specs_text<'m>(metrics: impl IntoIterator<Item = &'m Value>) -> String {
    list(metrics.into_iter().map(|metric| text(metric, &SPECS)))
}

/// Encodes current values in the form of v1.
pub(super) fn statuses_text(metrics: &[Value]) -> String {
    list(metrics.iter().map(|metric| text(metric, &STATUSES)))
}

fn text(metric: &Value, sources: &[Source]) -> String {
    let mut fields: Fields<'_> = vec![("type", value(&metric["type"]))];
    for Source { name, parts } in sources {
        if metric[*name].is_object() {
            fields.push((*name, object(&parts.iter().filter_map(|part| part.text(&metric[*name])).collect())));
        }
    }
    object(&fields)
}

/// Returns metrics in the form of v2; `None` if the value is not a list.
pub(super) fn specs(all: Value) -> Option<Value> {
    let mut metrics = in_v2(all, &SPECS)?;
    for metric in metrics.as_array_mut().into_iter().flatten() {
        for source in &SPECS {
            if metric[source.name].is_object() {
                set_target_type(source.name, &mut metric[source.name]["target"]);
            }
        }
    }
    Some(metrics)
}

/// Returns current values in the form of v2; `None` if the value is not a list.
pub(super) fn statuses(all: Value) -> Option<Value> {
    in_v2(all, &STATUSES)
}

fn in_v2(all: Value, sources: &[Source]) -> Option<Value> {
    let Value::Array(metrics) = all else { return None };
    Some(metrics.iter().map(|metric| metric_in_v2(metric, sources)).collect())
}

fn metric_in_v2(metric: &Value, sources: &[Source]) -> Value {
    let mut converted = json!({"type": field(metric, "type").unwrap_or(&Value::Null)});
    for Source { name, parts } in sources {
        let Some(source) = field(metric, name).filter(|source| !source.is_null()) else { continue };
        let mut target = json!({});
        for part in *parts {
            if let Some(found) = part.in_v2(source) {
                insert(&mut target, part.path, found);
            }
        }
        converted[*name] = target;
    }
    converted
}

/// Returns a field as Go finds it: without regard to case.
fn field<'o>(object: &'o Value, name: &str) -> Option<&'o Value> {
    let fields: &Map<String, Value> = object.as_object()?;
    fields.get(name).or_else(|| fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|found| found.1))
}

fn insert(object: &mut Value, path: &[&str], found: Value) {
    match path {
        [name] => object[*name] = found,
        [name, rest @ ..] => {
            if !object[*name].is_object() {
                object[*name] = json!({});
            }
            insert(&mut object[*name], rest, found);
        }
        [] => {}
    }
}

/// Sets the type of a target, which v1 does not have.
fn set_target_type(source: &str, target: &mut Value) {
    let has = |name: &str| target.get(name).is_some_and(|value| !value.is_null());
    let type_ = match source {
        "object" if !has("averageValue") => "Value",
        "external" if has("value") => "Value",
        "resource" | "containerResource" if has("averageUtilization") => "Utilization",
        _ => "AverageValue",
    };
    // A value of zero next to an average is v1's encoding of an absent one.
    if source == "object" && type_ == "AverageValue" && target["value"] == "0" {
        *target = json!({"averageValue": target["averageValue"]});
    }
    if !target.is_object() {
        *target = json!({});
    }
    target["type"] = type_.into();
}

impl Part {
    /// Encodes the field; `None` if it is omitted.
    fn text(&self, source: &Value) -> Option<(&'static str, String)> {
        let found = self.path.iter().try_fold(source, |value, name| value.get(*name)).filter(|value| !value.is_null());
        let text = match (self.form, found) {
            (Form::Text, None) => "\"\"".to_owned(),
            (Form::Quantity, None) => "\"0\"".to_owned(),
            (Form::Reference, found) => reference(found.unwrap_or(&Value::Null)),
            (_, None) => return None,
            (Form::Selector, Some(selector)) => object(&present(selector, &["matchLabels", "matchExpressions"])),
            (_, Some(found)) => value(found),
        };
        Some((self.name, text))
    }

    /// Returns the value of the field in v2; `None` if it is omitted.
    fn in_v2(&self, source: &Value) -> Option<Value> {
        let found = field(source, self.name).filter(|value| !value.is_null()).cloned();
        found.or_else(|| (self.form == Form::Quantity).then(|| "0".into()))
    }
}

fn reference(target: &Value) -> String {
    let mut fields: Fields<'_> = ["kind", "name"]
        .into_iter()
        .map(|name| (name, target.get(name).map_or_else(|| "\"\"".to_owned(), value)))
        .collect();
    fields.extend(present(target, &["apiVersion"]));
    object(&fields)
}
