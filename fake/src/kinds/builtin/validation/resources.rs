//! Quantities of resources.
//!
//! Source: `kubernetes/pkg/apis/core/validation/validation.go` and `pkg/apis/core/helper/helpers.go`.

use kube_structural_schema::object::{ErrorKind, FieldError, names};
use serde_json::Value;

use super::field::{Errors, Field};
use crate::catalogue::quantity;

const NANOS: i128 = 1_000_000_000;
const HUGE_PAGES: &str = "hugepages-";
const STANDARD_IN_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const STANDARD: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// Returns a quantity in billionths; 0 if it is absent or invalid.
pub(super) fn nanos(value: &Value) -> i128 {
    match value {
        Value::String(text) => quantity::nanos(text).unwrap_or_default(),
        Value::Number(number) => quantity::nanos(&number.to_string()).unwrap_or_default(),
        _ => 0,
    }
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with(HUGE_PAGES)
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    let is_requested = name.starts_with("requests.");
    !is_native(name) && !is_requested && names::qualified_name(&format!("requests.{name}")).is_empty()
}

fn may_overcommit(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

/// Validates the name of a resource. Errors show the name.
fn resource_name(field: &Field<'_>, name: &str, errors: &mut Errors) -> bool {
    let wrong = names::qualified_name(name);
    let is_standard = STANDARD.contains(&name) || is_huge_page(name) || name.starts_with("requests.hugepages-");
    let is_valid = wrong.is_empty();
    wrong.into_iter().for_each(|detail| field.invalid_as(errors, name, detail));
    if is_valid && !name.contains('/') && !is_standard {
        field.invalid_as(errors, name, "must be a standard resource type or fully qualified");
    }
    is_valid
}

/// Validates the name of a resource of a container.
pub(super) fn container_resource(field: &Field<'_>, name: &str, errors: &mut Errors) {
    resource_name(field, name, errors);
    if !name.contains('/') {
        if !STANDARD_IN_CONTAINERS.contains(&name) && !is_huge_page(name) {
            field.invalid_as(errors, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        field.invalid_as(errors, name, "doesn't follow extended resource name standard");
    }
}

/// Validates the name of a resource of a pod as a whole.
fn pod_resource(field: &Field<'_>, name: &str, errors: &mut Errors) {
    let before = errors.len();
    resource_name(field, name, errors);
    if errors.len() == before && !matches!(name, "cpu" | "memory") && !is_huge_page(name) {
        errors.push(FieldError::not_supported(field.to_string(), name, ["cpu", "hugepages-", "memory"]));
    }
}

/// Validates the name of a resource of a quota.
pub(super) fn quota_resource(field: &Field<'_>, name: &str, errors: &mut Errors) {
    resource_name(field, name, errors);
    let is_standard = (STANDARD.contains(&name) && name != "storage")
        || is_huge_page(name)
        || name.starts_with("requests.hugepages-");
    if !name.contains('/') && !is_standard {
        field.invalid_as(errors, name, "must be a standard resource for quota");
    }
}

/// Validates the name of a resource of an item of a limit range.
pub(super) fn limited_resource(kind: &str, field: &Field<'_>, name: &str, errors: &mut Errors) {
    if matches!(kind, "Pod" | "Container") {
        container_resource(field, name, errors);
    } else {
        resource_name(field, name, errors);
    }
}

/// Validates that a quantity is not negative.
pub(super) fn non_negative(field: &Field<'_>, errors: &mut Errors) {
    if nanos(field.value) < 0 {
        field.invalid(errors, "must be greater than or equal to 0");
    }
}

/// Validates that a quantity is positive.
pub(super) fn positive(field: &Field<'_>, errors: &mut Errors) -> bool {
    let is_positive = nanos(field.value) > 0;
    if !is_positive {
        field.invalid(errors, "must be greater than zero");
    }
    is_positive
}

/// Validates the quantity of a resource.
pub(super) fn value(name: &str, field: &Field<'_>, errors: &mut Errors) {
    non_negative(field, errors);
    if (COUNTED.contains(&name) || is_extended(name)) && nanos(field.value) % NANOS != 0 {
        field.invalid(errors, "must be an integer");
    }
}

/// Validates that a quantity is not below zero once it is rounded up.
pub(super) fn basic(field: &Field<'_>, errors: &mut Errors) {
    let whole = nanos(field.value).div_euclid(NANOS);
    if nanos(field.value) <= -NANOS {
        let shown = i64::try_from(whole).unwrap_or(i64::MIN);
        field.invalid_as(errors, shown, "must be a valid resource quantity");
    }
}

/// Whether requirements are those of a container or of a pod as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Container,
    Pod,
}

/// Validates requests and limits.
pub(super) fn requirements(field: &Field<'_>, level: Level, claims: &[&str], errors: &mut Errors) {
    let (limits, requests) = (field.at("limits"), field.at("requests"));
    let check_name = if level == Level::Pod { pod_resource } else { container_resource };
    let mut has_compute = false;
    let mut has_huge_pages = false;
    let mut note = |name: &str| {
        has_compute |= matches!(name, "cpu" | "memory");
        has_huge_pages |= is_huge_page(name);
    };
    for (name, limit) in field.entries("limits") {
        check_name(&limit, name, errors);
        value(name, &limit, errors);
        huge_pages(name, &limit, errors);
        note(name);
    }
    for (name, request) in field.entries("requests") {
        check_name(&request, name, errors);
        value(name, &request, errors);
        match limits.value.get(name) {
            Some(limit) => within_limit(name, &requests, request.value, limit, errors),
            None if !may_overcommit(name) => {
                limits.required(errors, "Limit must be set for non overcommitable resources");
            }
            None => {}
        }
        huge_pages(name, &request, errors);
        note(name);
    }
    if has_huge_pages && !has_compute {
        field.forbidden(errors, "HugePages require cpu or memory");
    }
    claim_names(field, claims, errors);
}

fn within_limit(name: &str, requests: &Field<'_>, request: &Value, limit: &Value, errors: &mut Errors) {
    let (requested, limited) = (nanos(request), nanos(limit));
    let shown = limit.as_str().unwrap_or_default();
    if requested != limited && !may_overcommit(name) {
        requests.invalid_as(errors, request.clone(), format!("must be equal to {name} limit of {shown}"));
    } else if requested > limited {
        requests.invalid_as(errors, request.clone(), format!("must be less than or equal to {name} limit of {shown}"));
    }
}

fn huge_pages(name: &str, field: &Field<'_>, errors: &mut Errors) {
    let Some(size) = name.strip_prefix(HUGE_PAGES) else { return };
    let size = quantity::nanos(size).unwrap_or_default();
    let is_multiple = size > 0 && size % NANOS == 0 && nanos(field.value) % size == 0;
    if !is_multiple {
        let detail = format!("{} is not positive integer multiple of {name}", field.text());
        field.invalid(errors, detail);
    }
}

/// Validates the claims of a container, which refer to those of the pod.
fn claim_names(field: &Field<'_>, claims: &[&str], errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for claim in field.items("claims") {
        let (name, request) = (claim.at("name").text(), claim.at("request"));
        if name.is_empty() {
            claim.required(errors, "");
            continue;
        }
        let key = if request.is_empty() { name.to_owned() } else { format!("{name}/{}", request.text()) };
        request.check_set(errors, names::label);
        let is_part = request.is_empty() && seen.iter().any(|other| other.split('/').next() == Some(name));
        if seen.contains(&key) || is_part || seen.iter().any(|other| other == name) {
            errors.push(FieldError::duplicate(claim.to_string(), key.as_str()));
        } else {
            seen.push(key);
        }
        if !claims.contains(&name) {
            let mut sorted = claims.to_vec();
            sorted.sort_unstable();
            let known =
                if sorted.is_empty() { " which is empty".to_owned() } else { format!(": {}", sorted.join(", ")) };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{known}");
            errors.push(FieldError {
                value: Some(name.into()),
                ..FieldError::new(ErrorKind::NotFound, claim.to_string(), detail)
            });
        }
    }
}
