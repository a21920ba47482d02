//! Validation of deployments, stateful sets, daemon sets, replica sets and replication controllers.
//!
//! Source: `kubernetes/pkg/apis/apps/validation/validation.go` and `pkg/apis/core/validation/validation.go`.

use kube_structural_schema::object::{ErrorKind, FieldError, names};
use serde_json::{Value, json};

use super::field::{Errors, Field, go_struct};
use super::{IMMUTABLE, labels, percent, pod, storage};

const TEMPLATE_RESTART: &str = "template.spec.restartPolicy";
const TEMPLATE_DEADLINE: &str = "template.spec.activeDeadlineSeconds";
/// What a label selector in `spec` cannot be evaluated for.
const INVALID_SELECTOR: &str = "invalid label selector";

/// Validates a new object of `apps`.
pub(super) fn validate(kind: &str, object: &Field<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    match kind {
        "Deployment" => deployment(&spec, errors),
        "ReplicaSet" => replica_set(&spec, errors),
        "DaemonSet" => daemon_set(&spec, errors),
        "StatefulSet" => stateful_set(&spec, true, errors),
        "ControllerRevision" => revision(object, errors),
        _ => {}
    }
}

/// Validates an update of an object of `apps`.
pub(super) fn validate_update(kind: &str, object: &Field<'_>, old: &Value, errors: &mut Errors) {
    let spec = object.at("spec");
    if kind == "StatefulSet" {
        stateful_set(&spec, false, errors);
        for name in ["selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"] {
            let field = spec.at(name);
            if field.value != old["spec"].get(name).unwrap_or(&Value::Null) {
                let value = if name == "serviceName" { field.text().into() } else { field.value.clone() };
                errors.push(FieldError::invalid(field.to_string(), value, IMMUTABLE));
            }
        }
        return;
    }
    validate(kind, object, errors);
    match kind {
        "Deployment" | "ReplicaSet" | "DaemonSet" => spec.at("selector").immutable(errors, &old["spec"]["selector"]),
        "ControllerRevision" => object.at("data").immutable(errors, &old["data"]),
        _ => {}
    }
}

fn deployment(spec: &Field<'_>, errors: &mut Errors) {
    spec.at("replicas").non_negative(errors);
    selector(spec, "deployment", errors);
    template(spec, INVALID_SELECTOR, errors);
    template_policies(spec, "ReplicaSet", errors);
    let strategy = spec.at("strategy");
    let update = strategy.at("rollingUpdate");
    match strategy.at("type").text() {
        "Recreate" if update.is_set() => {
            update.forbidden(errors, "may not be specified when strategy `type` is 'Recreate'");
        }
        "Recreate" => {}
        "RollingUpdate" if !update.is_set() => update.required(errors, "this should be defaulted and never be nil"),
        "RollingUpdate" => {
            let (unavailable, surge) = (update.at("maxUnavailable"), update.at("maxSurge"));
            percent::non_negative(&unavailable, errors);
            percent::non_negative(&surge, errors);
            if percent::is_zero(&unavailable) && percent::is_zero(&surge) {
                unavailable.invalid(errors, "may not be 0 when `maxSurge` is 0");
            }
            percent::at_most_100(&unavailable, errors);
        }
        _ => unsupported_strategy(&strategy, &["Recreate", "RollingUpdate"], errors),
    }
    for name in ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        spec.at(name).non_negative(errors);
    }
    let deadline = spec.at("progressDeadlineSeconds");
    if deadline.is_set() && deadline.number() <= spec.at("minReadySeconds").number() {
        deadline.invalid(errors, "must be greater than minReadySeconds");
    }
}

/// Reports a strategy of an unknown type, as the Go struct that the API server shows.
fn unsupported_strategy(strategy: &Field<'_>, allowed: &[&str], errors: &mut Errors) {
    let update = match strategy.at("rollingUpdate").value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (upper_case_first(name), value.clone())).collect::<Value>()
        }
        other => other.clone(),
    };
    let shown = go_struct(&[("Type", strategy.at("type").value), ("RollingUpdate", &update)]);
    let allowed: Vec<String> = allowed.iter().map(|name| format!("\"{name}\"")).collect();
    let detail = format!("{shown}: supported values: {}", allowed.join(", "));
    errors.push(FieldError::new(ErrorKind::NotSupported, strategy.to_string(), detail));
}

fn upper_case_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

fn replica_set(spec: &Field<'_>, errors: &mut Errors) {
    spec.at("replicas").non_negative(errors);
    spec.at("minReadySeconds").non_negative(errors);
    selector(spec, "deployment", errors);
    template(spec, INVALID_SELECTOR, errors);
    template_policies(spec, "ReplicaSet", errors);
}

/// Validates a required selector, which must not select all pods.
fn selector(spec: &Field<'_>, kind: &str, errors: &mut Errors) {
    let selector = spec.at("selector");
    if !selector.is_set() {
        selector.required(errors, "");
        return;
    }
    labels::selector(&selector, errors);
    if labels::selects_all(selector.value) {
        selector.invalid(errors, format!("empty selector is invalid for {kind}"));
    }
}

/// Validates the template and its labels. The message is that for a selector that cannot be evaluated.
fn template(spec: &Field<'_>, invalid_selector: &str, errors: &mut Errors) {
    let selector = spec.at("selector");
    if labels::matches(selector.value, &Value::Null).is_none() {
        selector.invalid(errors, invalid_selector);
        return;
    }
    // A missing selector matches nothing, but is reported as such.
    if selector.is_set() && !labels::selects_all(selector.value) || !selector.is_set() {
        labels::template_matches(spec, selector.value, errors);
    }
    pod::validate_template(&spec.at("template"), errors);
}

/// Validates what pods that are always restarted must have.
fn template_policies(spec: &Field<'_>, kind: &str, errors: &mut Errors) {
    if spec.at(TEMPLATE_RESTART).text() != "Always" {
        spec.at(TEMPLATE_RESTART).not_supported(errors, ["Always"]);
    }
    if spec.at(TEMPLATE_DEADLINE).is_set() {
        let detail = format!("activeDeadlineSeconds in {kind} is not Supported");
        spec.at(TEMPLATE_DEADLINE).forbidden(errors, detail);
    }
}

fn daemon_set(spec: &Field<'_>, errors: &mut Errors) {
    let selector = spec.at("selector");
    labels::selector(&selector, errors);
    labels::template_matches(spec, selector.value, errors);
    if labels::selects_all(selector.value) {
        selector.invalid(errors, "empty selector is invalid for daemonset");
    }
    pod::validate_template(&spec.at("template"), errors);
    template_policies(spec, "DaemonSet", errors);
    spec.at("minReadySeconds").non_negative(errors);
    let strategy = spec.at("updateStrategy");
    match strategy.at("type").text() {
        "OnDelete" => {}
        "RollingUpdate" => {
            let update = strategy.at("rollingUpdate");
            let (unavailable, surge) = (update.at("maxUnavailable"), update.at("maxSurge"));
            for check in [percent::non_negative, percent::at_most_100] {
                check(&unavailable, errors);
                check(&surge, errors);
            }
            match (percent::is_zero(&unavailable), percent::is_zero(&surge)) {
                (false, false) => surge.invalid(errors, "may not be set when maxUnavailable is non-zero"),
                (true, true) => unavailable.required(errors, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => unsupported_strategy(&strategy, &["RollingUpdate", "OnDelete"], errors),
    }
    spec.at("revisionHistoryLimit").non_negative(errors);
}

fn stateful_set(spec: &Field<'_>, is_new: bool, errors: &mut Errors) {
    let policy = spec.at("podManagementPolicy");
    match policy.text() {
        "" => policy.required(errors, ""),
        "OrderedReady" | "Parallel" => {}
        _ => policy.invalid(errors, "must be 'OrderedReady' or 'Parallel'"),
    }
    update_strategy(spec, errors);
    let retention = spec.at("persistentVolumeClaimRetentionPolicy");
    if retention.is_set() {
        for name in ["whenDeleted", "whenScaled"] {
            retention.at(name).one_of(errors, &["Retain", "Delete"]);
        }
    }
    if is_new {
        spec.items("volumeClaimTemplates").for_each(|claim| storage::claim_spec(&claim.at("spec"), errors));
    }
    spec.at("replicas").non_negative(errors);
    spec.at("minReadySeconds").non_negative(errors);
    spec.at("ordinals.start").non_negative(errors);
    if is_new {
        spec.at("serviceName").check_set(errors, names::label);
    }
    selector(spec, "statefulset", errors);
    let munged = with_claims(spec.value);
    template(&spec.replaced(&munged), "", errors);
    template_policies(spec, "StatefulSet", errors);
}

/// Returns a specification whose template has a volume for each claim template, and no host names.
fn with_claims(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let names: Vec<Value> = spec["volumeClaimTemplates"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|claim| claim["metadata"]["name"].clone())
        .collect();
    let Some(pod) = spec.pointer_mut("/template/spec").and_then(Value::as_object_mut) else { return spec };
    pod.remove("hostname");
    pod.remove("subdomain");
    if names.is_empty() {
        return spec;
    }
    let others = pod.get("volumes").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut volumes: Vec<Value> =
        names.iter().map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name}})).collect();
    volumes.extend(others.into_iter().filter(|volume| !names.contains(&volume["name"])));
    pod.insert("volumes".to_owned(), volumes.into());
    spec
}

fn update_strategy(spec: &Field<'_>, errors: &mut Errors) {
    let strategy = spec.at("updateStrategy");
    let update = strategy.at("rollingUpdate");
    match strategy.at("type").text() {
        "" => strategy.required(errors, ""),
        "OnDelete" if update.is_set() => {
            update.invalid(errors, "only allowed for updateStrategy 'RollingUpdate'");
        }
        "OnDelete" => {}
        "RollingUpdate" => {
            update.at("partition").non_negative(errors);
            let unavailable = update.at("maxUnavailable");
            if unavailable.is_set() {
                percent::non_negative(&unavailable, errors);
                if percent::is_zero(&unavailable) {
                    unavailable.invalid(errors, "cannot be 0");
                }
                percent::at_most_100(&unavailable, errors);
            }
        }
        _ => {
            let shown = [("Type", strategy.at("type").value), ("RollingUpdate", update.value)];
            strategy.invalid_struct(errors, &shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

fn revision(object: &Field<'_>, errors: &mut Errors) {
    object.at("revision").non_negative(errors);
    match object.at("data").value {
        Value::Null => object.at("data").required(errors, "data is mandatory"),
        Value::Object(_) => {}
        _ => object.at("data").required(errors, "data must be a valid JSON object"),
    }
}

/// Validates a replication controller, whose selector is a map of labels.
pub(super) fn replication_controller(object: &Field<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    spec.at("minReadySeconds").non_negative(errors);
    let selector = spec.at("selector");
    if selector.is_empty() {
        selector.required(errors, "");
    }
    spec.at("replicas").non_negative(errors);
    if !spec.at("template").is_set() {
        spec.at("template").required(errors, "");
        return;
    }
    if !selector.is_empty() {
        let labels = spec.at("template.metadata.labels");
        let mut pairs = selector.value.as_object().into_iter().flatten();
        if !pairs.all(|(key, value)| labels.value.get(key) == Some(value)) {
            labels.invalid(errors, labels::NO_MATCH);
        }
    }
    pod::validate_template(&spec.at("template"), errors);
    template_policies(&spec, "ReplicationController", errors);
}

/// Validates an update of the status of a workload.
pub(super) fn validate_status(object: &Field<'_>, old: &Value, errors: &mut Errors) {
    const COUNTS: [&str; 16] = [
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "currentReplicas",
        "fullyLabeledReplicas",
        "availableReplicas",
        "unavailableReplicas",
        "terminatingReplicas",
        "collisionCount",
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    ];
    let status = object.at("status");
    COUNTS.iter().for_each(|name| status.at(name).non_negative(errors));
    let is_stateful = object.at("kind").text() == "StatefulSet";
    let (all, ready) = (status.at("replicas").number(), status.at("readyReplicas").number());
    for name in ["fullyLabeledReplicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] {
        if status.at(name).number() > all {
            status.at(name).invalid(errors, "cannot be greater than status.replicas");
        }
    }
    if status.at("availableReplicas").number() > ready {
        let limit = if is_stateful { "status.readyReplicas" } else { "readyReplicas" };
        status.at("availableReplicas").invalid(errors, format!("cannot be greater than {limit}"));
    }
    let (count, before) = (status.at("collisionCount"), old["status"]["collisionCount"].as_i64());
    if before.is_some_and(|before| count.value.as_i64().is_none_or(|count| count < before)) {
        count.invalid_as(errors, count.number(), "cannot be decremented");
    }
}
