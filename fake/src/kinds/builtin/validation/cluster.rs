//! Validation of nodes, limit ranges, quotas, classes and CSI objects.
//!
//! Source: `kubernetes/pkg/apis/core/validation/validation.go`, `pkg/apis/storage/validation/validation.go`,
//! `pkg/apis/scheduling/validation/validation.go` and `pkg/apis/node/validation/validation.go`.

use kube_structural_schema::object::{ErrorKind, FieldError, names};
use serde_json::{Value, json};

use super::field::{Errors, Field, go_struct};
use super::resources::{self, Level};
use super::{IMMUTABLE, address, labels, names as rules, pod};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const MAX_PRIORITY: i64 = 1_000_000_000;

/// Validates a node.
pub(super) fn node(object: &Field<'_>, errors: &mut Errors) {
    taints(object, errors);
    node_resources(object, errors);
    for network in object.at("spec").items("podCIDRs") {
        address::check_network(&network, &[], errors);
    }
}

/// Validates taints. Errors name them as fields of the metadata.
fn taints(object: &Field<'_>, errors: &mut Errors) {
    let metadata = object.at("metadata");
    let mut seen: Vec<(&Value, &Value)> = Vec::new();
    for (index, taint) in object.value["spec"]["taints"].as_array().into_iter().flatten().enumerate() {
        let name = format!("taints[{index}]");
        let field = metadata.with(&name, taint);
        field.at("key").check(errors, names::qualified_name);
        let wrong = names::label_value(field.at("value").text());
        if !wrong.is_empty() {
            field.at("value").invalid(errors, wrong.join(";"));
        }
        field.at("effect").require_one_of(errors, &EFFECTS);
        let key = (&taint["key"], &taint["effect"]);
        if seen.contains(&key) {
            let value = Value::from(field.at("value").text());
            let shown =
                [("Key", key.0), ("Value", &value), ("Effect", key.1), ("TimeAdded", field.at("timeAdded").value)];
            let detail = format!("{}: taints must be unique by key and effect pair", go_struct(&shown));
            errors.push(FieldError::new(ErrorKind::Duplicate, field.to_string(), detail));
        }
        seen.push(key);
    }
}

fn node_resources(object: &Field<'_>, errors: &mut Errors) {
    let status = object.at("status");
    for list in ["capacity", "allocatable"] {
        let all = status.at(list);
        for (name, value) in all.value.as_object().into_iter().flatten() {
            resources::value(name, &all.with(name, value), errors);
        }
    }
}

/// Validates an update of a node.
pub(super) fn update_node(object: &Field<'_>, old: &Value, errors: &mut Errors) {
    const NETWORKS: &str = "node updates may not change podCIDR except from \"\" to valid";
    node_resources(object, errors);
    let spec = object.at("spec");
    let mut seen: Vec<&Value> = Vec::new();
    let status = object.at("status");
    for (address, value) in
        status.items("addresses").zip(object.value["status"]["addresses"].as_array().into_iter().flatten())
    {
        if seen.contains(&value) {
            address.duplicate_struct(errors, &[("Type", &value["type"]), ("Address", &value["address"])]);
        }
        seen.push(value);
    }
    let before = old["spec"]["podCIDRs"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !before.is_empty() {
        let now = spec.at("podCIDRs").value.as_array().map(Vec::as_slice).unwrap_or_default();
        let changed = before.iter().zip(now).filter(|(before, now)| before != now).count();
        let count = if before.len() == now.len() { changed } else { 1 };
        (0..count).for_each(|_| spec.at("podCIDRs").forbidden(errors, NETWORKS));
    }
    let (id, before) = (spec.at("providerID"), old["spec"]["providerID"].as_str().unwrap_or_default());
    if !before.is_empty() && id.is_empty() {
        id.invalid_as(errors, Value::Null, "field cannot be cleared once set");
    } else if !before.is_empty() && id.text() != before {
        id.invalid_as(errors, Value::Null, "field cannot be modified once set");
    }
    taints(object, errors);
}

/// Validates a quota.
pub(super) fn quota(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    const SCOPES: [&str; 7] = [
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "VolumeAttributesClass",
        "CrossNamespacePodAffinity",
    ];
    let spec = object.at("spec");
    quantities(&spec, "hard", errors);
    let scopes = spec.at("scopes");
    let all: Vec<&str> = scopes.texts().collect();
    for scope in &all {
        if !SCOPES.contains(scope) {
            scopes.invalid(errors, "unsupported scope");
        }
        for (name, _) in spec.entries("hard") {
            if !scope_applies(scope, name) {
                scopes.invalid(errors, "unsupported scope applied to resource");
            }
        }
    }
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if all.contains(&one) && all.contains(&other) {
            scopes.invalid(errors, "conflicting scopes");
        }
    }
    let sorted = |scopes: &Value| {
        let mut all: Vec<String> =
            scopes.as_array().into_iter().flatten().filter_map(|scope| scope.as_str().map(str::to_owned)).collect();
        all.sort();
        all.dedup();
        all
    };
    if old.is_some_and(|old| sorted(&old["spec"]["scopes"]) != sorted(scopes.value)) {
        scopes.invalid(errors, IMMUTABLE);
    }
}

/// Whether a quota with a scope can limit a resource. Resources that are not standard are not checked.
fn scope_applies(scope: &str, name: &str) -> bool {
    let is_compute =
        matches!(name, "cpu" | "memory" | "limits.cpu" | "limits.memory" | "requests.cpu" | "requests.memory");
    if name.contains('/') {
        return true;
    }
    match scope {
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => {
            name == "pods" || is_compute
        }
        "BestEffort" => name == "pods",
        "VolumeAttributesClass" => matches!(name, "persistentvolumeclaims" | "requests.storage"),
        _ => true,
    }
}

fn quantities(owner: &Field<'_>, list: &str, errors: &mut Errors) {
    for (name, value) in owner.entries(list) {
        resources::quota_resource(&value, name, errors);
        resources::value(name, &value, errors);
    }
}

/// Validates the status of a quota.
pub(super) fn quota_status(object: &Field<'_>, errors: &mut Errors) {
    let status = object.at("status");
    quantities(&status, "hard", errors);
    quantities(&status, "used", errors);
}

/// Validates a limit range.
pub(super) fn limit_range(object: &Field<'_>, errors: &mut Errors) {
    let mut seen: Vec<&Value> = Vec::new();
    let spec = object.at("spec");
    for (limit, value) in spec.items("limits").zip(object.value["spec"]["limits"].as_array().into_iter().flatten()) {
        let kind = limit.at("type");
        let text = kind.text();
        kind.check(errors, names::qualified_name);
        if !text.is_empty() && !text.contains('/') && !matches!(text, "Pod" | "Container" | "PersistentVolumeClaim") {
            kind.invalid(errors, "must be a standard limit type or fully qualified");
        }
        if seen.contains(&&value["type"]) {
            kind.duplicate(errors);
        }
        seen.push(&value["type"]);
        let lists: &[&str] = if text == "Pod" {
            for name in ["default", "defaultRequest"].into_iter().filter(|name| !limit.at(name).is_empty()) {
                limit.at(name).forbidden(errors, "may not be specified when `type` is 'Pod'");
            }
            &["max", "min", "maxLimitRequestRatio"]
        } else {
            &["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]
        };
        for list in lists {
            for (name, value) in limit.entries(list) {
                resources::limited_resource(text, &value, name, errors);
            }
        }
        let has_storage = |list: &str| limit.value[list].get("storage").is_some();
        if text == "PersistentVolumeClaim" && !has_storage("min") && !has_storage("max") {
            let detail = "either minimum or maximum storage value is required, but neither was provided";
            limit.at("limits").required(errors, detail);
        }
        bounds(&limit, errors);
    }
}

/// Validates that the quantities of an item do not contradict each other.
fn bounds(limit: &Field<'_>, errors: &mut Errors) {
    // The list that is reported, the two that are compared, and their names in the message.
    const ORDERS: [(&str, &str, &str, &str, &str); 6] = [
        ("min", "min", "max", "min value", "max value"),
        ("defaultRequest", "min", "defaultRequest", "min value", "default request value"),
        ("defaultRequest", "defaultRequest", "max", "default request value", "max value"),
        ("defaultRequest", "defaultRequest", "default", "default request value", "default limit value"),
        ("default", "min", "default", "min value", "default value"),
        ("default", "default", "max", "default value", "max value"),
    ];
    let mut keys: Vec<&String> = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]
        .into_iter()
        .flat_map(|list| limit.value[list].as_object().into_iter().flatten().map(|(key, _)| key))
        .collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        for (reported, low, high, low_name, high_name) in ORDERS {
            let (low_value, high_value) = (&limit.value[low][key], &limit.value[high][key]);
            if low_value.is_null()
                || high_value.is_null()
                || resources::nanos(low_value) <= resources::nanos(high_value)
            {
                continue;
            }
            let shown = match (reported, low, high) {
                ("default", "min", _) => low_value,
                ("default", _, _) => high_value,
                _ => &limit.value[reported][key],
            };
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let detail = format!("{low_name} {} is greater than {high_name} {}", text(low_value), text(high_value));
            limit.entry(reported, key).invalid_as(errors, shown.clone(), detail);
        }
        let ratio = limit.entry("maxLimitRequestRatio", key);
        if ratio.is_set() && resources::nanos(ratio.value) < 1_000_000_000 {
            ratio.invalid(errors, format!("ratio {} is less than 1", ratio.text()));
        }
    }
}

/// Validates a priority class.
pub(super) fn priority_class(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let (name, value, policy) = (object.at("metadata.name"), object.at("value"), object.at("preemptionPolicy"));
    let Some(old) = old else {
        if name.text().starts_with("system-") {
            system_class(&name, value.number(), errors);
        } else if value.number() > MAX_PRIORITY {
            let detail = format!("maximum allowed value of a user defined priority is {MAX_PRIORITY}");
            value.forbidden(errors, detail);
        }
        if policy.is_set() {
            policy.require_one_of(errors, &["PreemptLowerPriority", "Never"]);
        }
        return;
    };
    if value.number() != old["value"].as_i64().unwrap_or_default() {
        value.forbidden(errors, "may not be changed in an update.");
    }
    policy.immutable(errors, &old["preemptionPolicy"]);
}

fn system_class(name: &Field<'_>, value: i64, errors: &mut Errors) {
    let expected = match name.text() {
        "system-node-critical" => Some(2_000_001_000),
        "system-cluster-critical" => Some(2_000_000_000),
        _ => None,
    };
    let reason = match expected {
        Some(expected) if expected == value => return,
        Some(expected) => format!("value of {} PriorityClass must be {expected}", name.text()),
        None => format!("{} is not a known system priority class", name.text()),
    };
    let prefix = "priority class names with 'system-' prefix are reserved for system use only. error: ";
    name.forbidden(errors, format!("{prefix}{reason}"));
}

/// Validates a storage class.
pub(super) fn storage_class(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let provisioner = object.at("provisioner");
    if provisioner.is_empty() {
        provisioner.required(errors, "");
    } else {
        provisioner.check(errors, rules::qualified_in_lower_case);
    }
    for (key, _) in object.entries("parameters") {
        if key.is_empty() {
            object.at("parameters").invalid_as(errors, "", "field can not be empty.");
        }
    }
    let policy = object.at("reclaimPolicy");
    if !policy.is_empty() {
        policy.one_of(errors, &["Delete", "Retain"]);
    }
    object.at("volumeBindingMode").one_of(errors, &["Immediate", "WaitForFirstConsumer"]);
    for term in object.items("allowedTopologies") {
        for requirement in term.items("matchLabelExpressions") {
            requirement.at("values").require(errors);
            requirement.at("key").check(errors, names::qualified_name);
        }
    }
    if let Some(old) = old {
        for name in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            object.at(name).immutable(errors, &old[name]);
        }
    }
}

/// Validates a CSI driver.
pub(super) fn driver(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let spec = object.at("spec");
    spec.at("fsGroupPolicy").one_of_if_set(errors, &["File", "None", "ReadWriteOnceWithFSType"]);
    let modes = spec.at("volumeLifecycleModes");
    for mode in modes.texts().filter(|mode| !matches!(*mode, "Persistent" | "Ephemeral")) {
        errors.push(FieldError::not_supported(modes.to_string(), mode, ["Persistent", "Ephemeral"]));
    }
    let mut audiences = Vec::new();
    for request in spec.items("tokenRequests") {
        let audience = request.at("audience");
        if audiences.contains(&audience.text().to_owned()) {
            audience.duplicate(errors);
        }
        audiences.push(audience.text().to_owned());
    }
    let period = spec.at("nodeAllocatableUpdatePeriodSeconds");
    if period.is_set() && period.number() < 10 {
        period.invalid(errors, "must be greater than or equal to 10 seconds");
    }
    if let Some(old) = old {
        let attach = spec.at("attachRequired");
        spec.with("attachedRequired", attach.value).immutable(errors, &old["spec"]["attachRequired"]);
        modes.immutable(errors, &old["spec"]["volumeLifecycleModes"]);
    }
}

/// Validates a CSI node.
pub(super) fn csi_node(object: &Field<'_>, errors: &mut Errors) {
    let mut seen: Vec<&Value> = Vec::new();
    let spec = object.at("spec");
    for (driver, value) in spec.items("drivers").zip(object.value["spec"]["drivers"].as_array().into_iter().flatten()) {
        pod::volumes::driver(&driver.at("name"), errors);
        let id = driver.at("nodeID");
        id.require(errors);
        if id.text().len() > 256 {
            id.invalid(errors, "must be 256 characters or less");
        }
        driver.at("allocatable.count").non_negative(errors);
        if seen.contains(&&value["name"]) {
            driver.at("name").duplicate(errors);
        }
        seen.push(&value["name"]);
    }
}

/// Validates a volume attachment.
pub(super) fn attachment(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    const ONE: &str = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    let spec = object.at("spec");
    pod::volumes::driver(&spec.at("attacher"), errors);
    let source = spec.at("source");
    let name = source.at("persistentVolumeName");
    match (source.at("inlineVolumeSpec").is_set(), name.is_set()) {
        (false, false) => source.required(errors, ONE),
        (true, true) => source.forbidden(errors, ONE),
        (false, true) if name.is_empty() => name.required(errors, "must specify non empty persistentVolumeName"),
        _ => {}
    }
    spec.at("nodeName").check(errors, names::subdomain);
    if name.is_set() {
        name.check(errors, names::subdomain);
    }
    if let Some(old) = old {
        spec.immutable(errors, &old["spec"]);
    }
}

/// Validates a runtime class.
pub(super) fn runtime_class(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    object.at("handler").require_valid(errors, names::label);
    let overhead = object.at("overhead");
    if overhead.is_set() {
        let limits = json!({"limits": overhead.value["podFixed"]});
        resources::requirements(&object.with("overhead", &limits), Level::Container, &[], errors);
    }
    let scheduling = object.at("scheduling");
    labels::labels(&scheduling.at("nodeSelector"), errors);
    pod::tolerations(&scheduling, errors);
    if let Some(old) = old {
        object.at("handler").immutable(errors, &old["handler"]);
    }
}
