//! Validation of autoscalers and pod disruption budgets.
//!
//! Source: `kubernetes/pkg/apis/autoscaling/validation/validation.go` and `pkg/apis/policy/validation/validation.go`.

use kube_structural_schema::object::names;
use serde_json::Value;

use super::field::{Errors, Field};
use super::{labels, percent, resources};

const SOURCES: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];
const MAX_PERIOD: i64 = 1800;
const MAX_WINDOW: i64 = 3600;

/// Validates an autoscaler.
pub(super) fn autoscaler(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let spec = object.at("spec");
    let (min, max) = (spec.at("minReplicas"), spec.at("maxReplicas"));
    min.non_negative(errors);
    match max.number() {
        0 => max.required(errors, ""),
        number if number < 0 => max.invalid(errors, "must be greater than or equal to 1"),
        _ => {}
    }
    if min.is_set() && max.number() < min.number() {
        max.invalid_as(errors, max.number(), "must be greater than or equal to `minReplicas`");
    }
    target(&spec.at("scaleTargetRef"), old.map(|old| &old["spec"]["scaleTargetRef"]), errors);
    let mut scales_to_zero = false;
    for metric in spec.items("metrics") {
        metric_source(&metric, errors);
        scales_to_zero |= matches!(metric.at("type").text(), "Object" | "External");
    }
    if min.is_set() && min.number() == 0 && !scales_to_zero {
        let detail = "must specify at least one Object or External metric to support scaling to zero replicas";
        spec.at("metrics").forbidden(errors, detail);
    }
    for name in ["behavior.scaleUp", "behavior.scaleDown"] {
        scaling_rules(&spec.at(name), errors);
    }
}

/// Validates the object that is scaled.
fn target(target: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    target.at("kind").require_valid(errors, names::path_segment);
    target.at("name").require_valid(errors, names::path_segment);
    let is_unchanged = old.is_some_and(|old| ["apiVersion", "kind"].iter().all(|name| old[name] == target.value[name]));
    if !is_unchanged {
        api_version(&target.at("apiVersion"), target.at("kind").text() == "ReplicationController", errors);
    }
}

fn api_version(field: &Field<'_>, may_be_core: bool, errors: &mut Errors) {
    let text = field.text();
    if text.matches('/').count() > 1 {
        field.invalid(errors, format!("unexpected GroupVersion string: {text}"));
    } else if !may_be_core && !text.trim_matches('/').contains('/') {
        field.invalid_text(errors, "apiVersion must specify API group");
    }
}

fn metric_source(metric: &Field<'_>, errors: &mut Errors) {
    let kind = metric.at("type");
    let kinds = SOURCES.map(|(kind, _)| kind);
    if kind.is_empty() {
        kind.required(errors, "must specify a metric source type");
    }
    kind.one_of(errors, &kinds);
    let present: Vec<&str> = ["object", "external", "pods", "resource", "containerResource"]
        .into_iter()
        .filter(|name| metric.at(name).is_set())
        .collect();
    if let Some(name) = present.first() {
        source(name, &metric.at(name), errors);
    }
    let expected = SOURCES.iter().find(|(other, _)| *other == kind.text()).map(|(_, name)| *name);
    match expected {
        Some(name) if !metric.at(name).is_set() => {
            metric.at(name).required(errors, "must populate information for the given metric source");
        }
        Some(_) => {}
        None => kind.not_supported(errors, kinds),
    }
    if present.len() != 1 {
        for name in present.into_iter().filter(|name| Some(*name) != expected) {
            metric.at(name).forbidden(errors, "must populate the given metric source only");
        }
    }
}

fn source(name: &str, source: &Field<'_>, errors: &mut Errors) {
    let target = source.at("target");
    let [value, average, utilization] = ["value", "averageValue", "averageUtilization"].map(|name| target.at(name));
    match name {
        "object" => {
            let object = source.at("describedObject");
            object.at("kind").require_valid(errors, names::path_segment);
            object.at("name").require_valid(errors, names::path_segment);
            api_version(&object.at("apiVersion"), true, errors);
        }
        "resource" | "containerResource" => {
            if source.at("name").is_empty() {
                source.at("name").required(errors, "must specify a resource name");
            } else if name == "containerResource" {
                resources::container_resource(&source.at("name"), source.at("name").text(), errors);
            }
            let container = source.at("container");
            if name == "containerResource" && container.is_empty() {
                container.required(errors, "must specify a container");
            }
            container.check_set(errors, names::label);
        }
        _ => {}
    }
    if matches!(name, "object" | "external" | "pods") {
        let metric = source.at("metric.name");
        if metric.is_empty() {
            metric.required(errors, "must specify a metric name");
        } else {
            metric.check(errors, names::path_segment);
        }
    }
    metric_target(&target, errors);
    match (name, value.is_set(), average.is_set(), utilization.is_set()) {
        ("object", false, false, _) => average.required(errors, "must set either a target value or averageValue"),
        ("external", false, false, _) => {
            average.required(errors, "must set either a target value for metric or a per-pod target");
        }
        ("external", true, true, _) => {
            value.forbidden(errors, "may not set both a target value for metric and a per-pod target");
        }
        ("pods", _, false, _) => average.required(errors, "must specify a positive target averageValue"),
        ("resource" | "containerResource", _, false, false) => {
            utilization.required(errors, "must set either a target raw value or a target utilization");
        }
        ("resource" | "containerResource", _, true, true) => {
            average.forbidden(errors, "may not set both a target raw value and a target utilization");
        }
        _ => {}
    }
}

fn metric_target(target: &Field<'_>, errors: &mut Errors) {
    let kind = target.at("type");
    if kind.is_empty() {
        kind.required(errors, "must specify a metric target type");
    }
    if !matches!(kind.text(), "Utilization" | "Value" | "AverageValue") {
        kind.invalid_text(errors, "must be either Utilization, Value, or AverageValue");
    }
    for name in ["value", "averageValue"] {
        let field = target.at(name);
        if field.is_set() && resources::nanos(field.value) <= 0 {
            field.invalid(errors, "must be positive");
        }
    }
    let utilization = target.at("averageUtilization");
    if utilization.is_set() && utilization.number() < 1 {
        utilization.invalid(errors, "must be greater than 0");
    }
}

fn scaling_rules(rules: &Field<'_>, errors: &mut Errors) {
    if !rules.is_set() {
        return;
    }
    let window = rules.at("stabilizationWindowSeconds");
    if window.number() < 0 {
        window.invalid(errors, "must be greater than or equal to zero");
    }
    if window.number() > MAX_WINDOW {
        window.invalid(errors, format!("must be less than or equal to {MAX_WINDOW}"));
    }
    rules.at("selectPolicy").one_of_if_set(errors, &["Disabled", "Max", "Min"]);
    if rules.at("policies").is_empty() {
        rules.at("policies").required(errors, "must specify at least one Policy");
    }
    for policy in rules.items("policies") {
        policy.at("type").one_of(errors, &["Percent", "Pods"]);
        for name in ["value", "periodSeconds"] {
            policy.at(name).positive(errors);
        }
        if policy.at("periodSeconds").number() > MAX_PERIOD {
            policy.at("periodSeconds").invalid(errors, format!("must be less than or equal to {MAX_PERIOD}"));
        }
    }
    if rules.at("tolerance").is_set() {
        resources::non_negative(&rules.at("tolerance"), errors);
    }
}

/// Validates the status of an autoscaler.
pub(super) fn autoscaler_status(object: &Field<'_>, errors: &mut Errors) {
    for name in ["status.currentReplicas", "status.desiredReplicas"] {
        object.at(name).non_negative(errors);
    }
}

/// Validates a pod disruption budget.
pub(super) fn budget(object: &Field<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    let (min, max, policy) =
        (spec.at("minAvailable"), spec.at("maxUnavailable"), spec.at("unhealthyPodEvictionPolicy"));
    if min.is_set() && max.is_set() {
        let selector = spec.at("selector");
        let shown = [
            ("MinAvailable", min.value),
            ("Selector", selector.value),
            ("MaxUnavailable", max.value),
            ("UnhealthyPodEvictionPolicy", policy.value),
        ];
        spec.invalid_struct(errors, &shown, "minAvailable and maxUnavailable cannot be both set");
    }
    for field in [&min, &max] {
        percent::non_negative(field, errors);
        percent::at_most_100(field, errors);
    }
    labels::selector(&spec.at("selector"), errors);
    policy.one_of_if_set(errors, &["AlwaysAllow", "IfHealthyBudget"]);
}

/// Validates the status of a pod disruption budget.
pub(super) fn budget_status(object: &Field<'_>, errors: &mut Errors) {
    for name in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
        object.at("status").at(name).non_negative(errors);
    }
}
