//! Conversion of autoscalers between `autoscaling/v1` and `autoscaling/v2`. What v1 has no fields for is in its annotations.
//!
//! Source: `kubernetes/pkg/apis/autoscaling/v1/conversion.go` and `v2/conversion.go`.

mod behavior;
mod metrics;
mod text;

use kube_structural_schema::Version;
use serde_json::{Map, Value, json};

use crate::catalogue::{self, Struct};
use crate::kinds::Kind;
use crate::metadata;

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

/// The annotations that only objects in v1 have, as the API server writes them.
const ANNOTATIONS: [&str; 6] = [
    METRICS,
    BEHAVIOR,
    "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
    "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
    CURRENT_METRICS,
    CONDITIONS,
];

/// The target of the CPU utilization of an autoscaler without metrics.
const CPU_PERCENT: i64 = 80;

impl Kind {
    /// Whether it is the kind of autoscalers, whose versions have different fields.
    pub(crate) fn is_autoscaler(&self) -> bool {
        self.coded() == Some(("autoscaling", "HorizontalPodAutoscaler"))
    }

    /// Converts an autoscaler to a version, before it is decoded.
    pub(crate) fn convert_autoscaler(&self, object: &mut Value, version: &Version) {
        if !self.is_autoscaler() {
            return;
        }
        match self.struct_of(version) {
            Some(v2) if version.name == "v2" => to_v2(object, v2),
            _ => to_v1(object),
        }
    }

    /// Gives an autoscaler the form that it has after a conversion to the internal version of the API server.
    pub(crate) fn normalize_autoscaler(&self, version: &Version, object: &mut Value) {
        if !self.is_autoscaler() {
            return;
        }
        let newest = self.storage_version();
        if version.name == newest.name {
            return drop_annotations(object);
        }
        *object = self.convert_to(self.convert_to(object.take(), newest), version);
    }
}

/// Removes the annotations that represent fields of another version.
fn drop_annotations(object: &mut Value) {
    let Some(annotations) = metadata::get(object, "annotations").and_then(Value::as_object) else { return };
    if annotations.keys().any(|name| ANNOTATIONS.contains(&name.as_str())) {
        let mut kept = annotations.clone();
        kept.retain(|name, _| !ANNOTATIONS.contains(&name.as_str()));
        set_annotations(object, kept);
    }
}

fn set_annotations(object: &mut Value, annotations: Map<String, Value>) {
    metadata::set(object, "annotations", Some(annotations.into()).filter(|all: &Value| *all != json!({})));
}

/// Converts an object from v2 to v1. Fields that v1 does not have remain; decoding removes them.
fn to_v1(object: &mut Value) {
    drop_annotations(object);
    let metrics = list(object, "spec", "metrics");
    let is_cpu = |metric: &&Value| metrics::cpu_utilization(metric, "target").is_some();
    let others: Vec<&Value> = metrics.iter().filter(|metric| !is_cpu(metric)).collect();
    let statuses = list(object, "status", "currentMetrics");
    let conditions = list(object, "status", "conditions");
    let behavior = &object["spec"]["behavior"];
    let mut added = Map::new();
    let mut add = |name: &str, text: Option<String>| added.extend(text.map(|text| (name.to_owned(), text.into())));
    add(METRICS, (!others.is_empty()).then(|| metrics::specs_text(others)));
    add(CURRENT_METRICS, (!statuses.is_empty()).then(|| metrics::statuses_text(&statuses)));
    add(BEHAVIOR, behavior.is_object().then(|| behavior::text(behavior)));
    add(CONDITIONS, (!conditions.is_empty()).then(|| text::conditions(&conditions)));
    let utilization = metrics.iter().find_map(|metric| metrics::cpu_utilization(metric, "target"));
    let current = statuses.iter().rev().find_map(|metric| metrics::cpu_utilization(metric, "current"));
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        put(spec, "targetCPUUtilizationPercentage", utilization);
    }
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        put(status, "currentCPUUtilizationPercentage", current);
    }
    if !added.is_empty() {
        let annotations = metadata::get(object, "annotations").and_then(Value::as_object).cloned();
        let mut annotations = annotations.unwrap_or_default();
        annotations.extend(added);
        set_annotations(object, annotations);
    }
}

/// Converts an object from v1 to v2, whose struct decides which annotations can be decoded. Fields that v2 does not have
/// remain; decoding removes them.
fn to_v2(object: &mut Value, v2: &'static Struct) {
    let annotation = |name: &str| -> Option<Value> {
        let text = object["metadata"]["annotations"].get(name)?.as_str()?;
        serde_json::from_str(text).ok()
    };
    let [spec, status] = ["spec", "status"].map(|part| v2.field(part).and_then(|field| field.type_.as_struct()));
    let decoded = |type_: Option<&'static Struct>, name: &str, value: Value| {
        let mut part = json!({name: value});
        catalogue::decode(type_?, &mut part).ok()?;
        Some(part[name].take())
    };
    let cpu = |percent: Value| json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}});
    let others = annotation(METRICS).and_then(metrics::specs).and_then(|all| decoded(spec, "metrics", all));
    let mut metrics = others.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    metrics.extend(set(&object["spec"]["targetCPUUtilizationPercentage"]).map(cpu));
    if metrics.is_empty() {
        metrics.push(cpu(CPU_PERCENT.into()));
    }
    let behavior = annotation(BEHAVIOR).map(behavior::decode).and_then(|value| decoded(spec, "behavior", value));
    let behavior = behavior.filter(|behavior| behavior.as_object().is_some_and(|rules| !rules.is_empty()));
    let statuses = annotation(CURRENT_METRICS).and_then(metrics::statuses);
    let statuses = statuses.and_then(|all| decoded(status, "currentMetrics", all)).or_else(|| {
        let current = set(&object["status"]["currentCPUUtilizationPercentage"])?;
        Some(json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": current}}}]))
    });
    let conditions = annotation(CONDITIONS).and_then(|all| decoded(status, "conditions", all));
    drop_annotations(object);
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        put(spec, "metrics", Some(metrics.into()));
        put(spec, "behavior", behavior);
    }
    if !object["status"].is_object() && (statuses.is_some() || conditions.is_some()) {
        object["status"] = json!({});
    }
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        put(status, "currentMetrics", statuses.filter(Value::is_array));
        put(status, "conditions", conditions.filter(Value::is_array));
    }
}

fn list(object: &Value, part: &str, name: &str) -> Vec<Value> {
    object[part][name].as_array().cloned().unwrap_or_default()
}

fn set(value: &Value) -> Option<Value> {
    Some(value).filter(|value| !value.is_null()).cloned()
}

fn put(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(fields.insert(name.to_owned(), value)),
        None => drop(fields.remove(name)),
    }
}
