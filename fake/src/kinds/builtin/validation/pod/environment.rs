//! Validation of environment variables and their sources.

use kube_structural_schema::object::names;

use super::super::field::{Errors, Field};
use super::super::resources;
use super::rules;

const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const BYTES: [&str; 13] = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// Validates `env`.
pub(super) fn validate(container: &Field<'_>, errors: &mut Errors) {
    for variable in container.items("env") {
        variable.at("name").require_valid(errors, rules::variable);
        let source = variable.at("valueFrom");
        if source.is_set() {
            value_source(&source, !variable.at("value").is_empty(), errors);
        }
    }
}

fn value_source(source: &Field<'_>, has_value: bool, errors: &mut Errors) {
    let mut sources = 0;
    for name in ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] {
        let reference = source.at(name);
        if !reference.is_set() {
            continue;
        }
        sources += 1;
        match name {
            "fieldRef" => field_reference(&reference, &FIELDS, errors),
            "resourceFieldRef" => resource_reference(&reference, false, errors),
            "fileKeyRef" => file_key(&reference, errors),
            _ => {
                reference.at("name").check(errors, names::subdomain);
                reference.at("key").require_valid(errors, names::config_key);
            }
        }
    }
    if sources == 0 {
        let detail =
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        source.invalid_as(errors, "", detail);
    } else if has_value {
        source.invalid_as(errors, "", "may not be specified when `value` is not empty");
    } else if sources > 1 {
        source.invalid_as(errors, "", "may not have more than one field specified at a time");
    }
}

fn file_key(reference: &Field<'_>, errors: &mut Errors) {
    reference.at("key").require_valid(errors, rules::variable);
    reference.at("volumeName").require_valid(errors, names::label);
    let path = reference.at("path");
    if path.is_empty() {
        path.required(errors, "");
    } else {
        super::volumes::no_backsteps(&path, errors);
    }
}

/// Validates a reference to a field of the pod.
pub(super) fn field_reference(reference: &Field<'_>, allowed: &[&str], errors: &mut Errors) {
    let (version, path) = (reference.at("apiVersion"), reference.at("fieldPath"));
    if version.is_empty() {
        version.required(errors, "");
        return;
    }
    if path.is_empty() {
        path.required(errors, "");
        return;
    }
    let text = path.text();
    if let Some((name, key)) = text.strip_suffix("']").and_then(|rest| rest.split_once("['")) {
        match name {
            "metadata.annotations" => {
                let key = key.to_lowercase();
                let wrong = names::qualified_name(&key);
                wrong.into_iter().for_each(|detail| reference.invalid_as(errors, key.as_str(), detail));
            }
            "metadata.labels" => {
                let wrong = names::qualified_name(key);
                wrong.into_iter().for_each(|detail| reference.invalid_as(errors, key, detail));
            }
            _ => path
                .invalid(errors, format!("error converting fieldPath: field label does not support subscript: {text}")),
        }
        return;
    }
    let is_known = FIELDS.contains(&text)
        || matches!(
            text,
            "metadata.annotations"
                | "metadata.labels"
                | "spec.restartPolicy"
                | "spec.schedulerName"
                | "status.phase"
                | "spec.host"
        );
    if version.text() != "v1" {
        let detail = format!("error converting fieldPath: unsupported pod version: {}", version.text());
        path.invalid(errors, detail);
    } else if !is_known {
        path.invalid(errors, format!("error converting fieldPath: field label not supported: {text}"));
    } else if !allowed.contains(&text) {
        let mut sorted = allowed.to_vec();
        sorted.sort_unstable();
        path.not_supported(errors, sorted);
    }
}

/// Validates a reference to a resource of a container.
pub(super) fn resource_reference(reference: &Field<'_>, in_volume: bool, errors: &mut Errors) {
    let (container, resource) = (reference.at("containerName"), reference.at("resource"));
    let name = resource.text();
    let is_huge_page = name.starts_with("requests.hugepages-") || name.starts_with("limits.hugepages-");
    if in_volume && container.is_empty() {
        container.required(errors, "");
    } else if name.is_empty() {
        resource.required(errors, "");
    } else if !RESOURCES.contains(&name) && !is_huge_page {
        resource.not_supported(errors, RESOURCES);
    }
    let divisor = reference.at("divisor");
    if resources::nanos(divisor.value) == 0 {
        return;
    }
    let bytes = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";
    let (is_valid, values, what) = match name {
        "limits.cpu" | "requests.cpu" => (["1m", "1"].contains(&divisor.text()), "1m and 1", "cpu"),
        "limits.memory" | "requests.memory" => (BYTES.contains(&divisor.text()), bytes, "memory"),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            (BYTES.contains(&divisor.text()), bytes, "local ephemeral storage")
        }
        _ if is_huge_page => (BYTES.contains(&divisor.text()), bytes, "hugepages"),
        _ => return,
    };
    if !is_valid {
        let detail = format!("only divisor's values {values} are supported with the {what} resource");
        divisor.invalid_as(errors, name, detail);
    }
}

/// Validates `envFrom`.
pub(super) fn validate_sources(container: &Field<'_>, errors: &mut Errors) {
    let list = container.at("envFrom");
    for source in container.items("envFrom") {
        source.at("prefix").check_set(errors, rules::variable);
        let references = ["configMapRef", "secretRef"].map(|name| source.at(name));
        for reference in references.iter().filter(|reference| reference.is_set()) {
            reference.at("name").require_valid(errors, names::subdomain_prefix);
        }
        match references.iter().filter(|reference| reference.is_set()).count() {
            0 => list.invalid_as(errors, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => list.invalid_as(errors, "", "may not have more than one field specified at a time"),
        }
    }
}
