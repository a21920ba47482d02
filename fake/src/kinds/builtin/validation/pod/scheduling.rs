//! Validation of affinities, tolerations, spread constraints and resource claims.

use kube_structural_schema::object::{FieldError, names};
use serde_json::json;

use super::super::field::{Errors, Field};
use super::super::{labels, node_selector};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const TWICE: &str = "exists in both matchLabelKeys and labelSelector";

/// Validates affinities.
pub(super) fn affinity(affinity: &Field<'_>, errors: &mut Errors) {
    let node = affinity.at("nodeAffinity");
    if node.at(REQUIRED).is_set() {
        node_selector::selector(&node.at(REQUIRED), errors);
    }
    for term in node.items(PREFERRED) {
        weight(&term, errors);
        node_selector::preference(&term.at("preference"), errors);
    }
    for name in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.at(name);
        pods.items(REQUIRED).for_each(|term| pod_term(&term, errors));
        for term in pods.items(PREFERRED) {
            weight(&term, errors);
            pod_term(&term.at("podAffinityTerm"), errors);
        }
    }
}

fn weight(term: &Field<'_>, errors: &mut Errors) {
    let weight = term.at("weight");
    if !(1..=100).contains(&weight.number()) {
        weight.invalid_as(errors, weight.number(), "must be in the range 1-100");
    }
}

fn pod_term(term: &Field<'_>, errors: &mut Errors) {
    labels::selector(&term.at("labelSelector"), errors);
    labels::selector(&term.at("namespaceSelector"), errors);
    for name in term.at("namespaces").texts() {
        names::label(name).into_iter().for_each(|detail| term.at("namespace").invalid_as(errors, name, detail));
    }
    label_keys(term, errors);
    if term.at("topologyKey").is_empty() {
        term.at("topologyKey").required(errors, "can not be empty");
    }
    term.at("topologyKey").check(errors, names::qualified_name);
}

/// Validates `matchLabelKeys` and `mismatchLabelKeys`.
fn label_keys(term: &Field<'_>, errors: &mut Errors) {
    let selector = term.at("labelSelector");
    for list in ["matchLabelKeys", "mismatchLabelKeys"] {
        if term.at(list).is_empty() {
            continue;
        }
        if !selector.is_set() {
            term.at(list).forbidden(errors, "must not be specified when labelSelector is not set");
            continue;
        }
        term.items(list).for_each(|key| key.check(errors, names::qualified_name));
    }
    let mut selected: Vec<&str> =
        selector.value["matchLabels"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    for requirement in selector.value["matchExpressions"].as_array().into_iter().flatten() {
        let key = requirement["key"].as_str().unwrap_or_default();
        let index = term.at("matchLabelKeys").texts().position(|other| other == key);
        if let Some(index) = index.filter(|_| selected.contains(&key)) {
            errors.push(FieldError::invalid(format!("{term}[{index}]"), key, TWICE));
        }
        selected.push(key);
    }
    for key in term.items("matchLabelKeys") {
        if term.at("mismatchLabelKeys").texts().any(|other| other == key.text()) {
            key.invalid(errors, "exists in both matchLabelKeys and mismatchLabelKeys");
        }
    }
}

/// Validates tolerations.
pub(in super::super) fn tolerations(owner: &Field<'_>, errors: &mut Errors) {
    for toleration in owner.items("tolerations") {
        let [key, operator, value, effect] = ["key", "operator", "value", "effect"].map(|name| toleration.at(name));
        key.check_set(errors, names::qualified_name);
        if key.is_empty() && operator.text() != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            operator.invalid_text(errors, detail);
        }
        if toleration.at("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
            effect.invalid_text(errors, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        match operator.text() {
            "Equal" | "" => {
                let wrong = names::label_value(value.text());
                if !wrong.is_empty() {
                    operator.invalid_as(errors, value.text(), wrong.join(";"));
                }
            }
            "Exists" if !value.is_empty() => {
                operator.invalid_as(errors, value.text(), "value must be empty when `operator` is 'Exists'");
            }
            "Exists" => {}
            "Lt" | "Gt" => operator.not_supported(errors, ["Equal", "Exists", "Lt", "Gt"]),
            _ => operator.not_supported(errors, ["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            effect.one_of(errors, &EFFECTS);
        }
    }
}

/// Validates scheduling gates.
pub(super) fn gates(spec: &Field<'_>, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for (gate, value) in
        spec.items("schedulingGates").zip(spec.value["schedulingGates"].as_array().into_iter().flatten())
    {
        let name = value["name"].as_str().unwrap_or_default();
        names::qualified_name(name).into_iter().for_each(|detail| gate.invalid_as(errors, name, detail));
        if seen.contains(&name) {
            errors.push(FieldError::duplicate(gate.to_string(), name));
        }
        seen.push(name);
    }
}

/// Validates spread constraints.
pub(super) fn spread_constraints(spec: &Field<'_>, errors: &mut Errors) {
    let list = spec.value["topologySpreadConstraints"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, constraint) in spec.items("topologySpreadConstraints").enumerate() {
        let (key, action) = (constraint.at("topologyKey"), constraint.at("whenUnsatisfiable"));
        constraint.at("maxSkew").positive(errors);
        if key.is_empty() {
            key.required(errors, "can not be empty");
        }
        action.one_of(errors, &["DoNotSchedule", "ScheduleAnyway"]);
        let same = |name: &str, other: &serde_json::Value| constraint.value[name] == other[name];
        if list[index + 1..].iter().any(|other| same("topologyKey", other) && same("whenUnsatisfiable", other)) {
            let value = format!("{{{}, {}}}", key.text(), action.text());
            let field = format!("{constraint}.{{topologyKey, whenUnsatisfiable}}");
            errors.push(FieldError::duplicate(field, value));
        }
        let domains = constraint.at("minDomains");
        if domains.is_set() {
            domains.positive(errors);
            if action.text() != "DoNotSchedule" {
                let detail =
                    format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}", action.text());
                domains.invalid(errors, detail);
            }
        }
        for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            constraint.at(name).one_of_if_set(errors, &["Honor", "Ignore"]);
        }
        label_keys(&constraint, errors);
        labels::selector(&constraint.at("labelSelector"), errors);
    }
}

/// Validates the resource claims of a pod.
pub(super) fn resource_claims(spec: &Field<'_>, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for (claim, value) in
        spec.items("resourceClaims").zip(spec.value["resourceClaims"].as_array().into_iter().flatten())
    {
        let (name, own, template) =
            (claim.at("name"), claim.at("resourceClaimName"), claim.at("resourceClaimTemplateName"));
        let text = value["name"].as_str().unwrap_or_default();
        if text.is_empty() {
            name.required(errors, "");
        } else if seen.contains(&text) {
            name.duplicate(errors);
        } else {
            name.check(errors, names::label);
            seen.push(text);
        }
        let shown = json!({"Name": text, "ResourceClaimName": own.value, "ResourceClaimTemplateName": template.value});
        match (own.is_set(), template.is_set()) {
            (true, true) => {
                let detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
                claim.invalid_as(errors, shown, detail);
            }
            (false, false) => {
                let detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
                claim.invalid_as(errors, shown, detail);
            }
            _ => {}
        }
        for reference in [own, template].into_iter().filter(Field::is_set) {
            reference.check(errors, names::subdomain);
        }
    }
}
