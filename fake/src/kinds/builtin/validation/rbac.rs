//! Validation of roles and bindings.
//!
//! Source: `kubernetes/pkg/apis/rbac/validation/validation.go`.

use kube_structural_schema::object::names;
use serde_json::Value;

use super::field::{Errors, Field};
use super::{IMMUTABLE, labels};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Validates a role.
pub(super) fn role(object: &Field<'_>, is_namespaced: bool, errors: &mut Errors) {
    for rule in object.items("rules") {
        policy_rule(&rule, is_namespaced, errors);
    }
    if !is_namespaced {
        aggregation(&object.at("aggregationRule"), errors);
    }
    // The API server reports what the types declare last.
    object.items("rules").for_each(|rule| rule.at("verbs").require(errors));
}

fn aggregation(aggregation: &Field<'_>, errors: &mut Errors) {
    if !aggregation.is_set() {
        return;
    }
    if aggregation.at("clusterRoleSelectors").is_empty() {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        aggregation.at("clusterRoleSelectors").required(errors, detail);
    }
    for selector in aggregation.items("clusterRoleSelectors") {
        labels::selector(&selector, errors);
        if labels::matches(selector.value, &Value::Null).is_none() {
            selector.invalid_as(errors, Value::Null, "invalid label selector.");
        }
    }
}

fn policy_rule(rule: &Field<'_>, is_namespaced: bool, errors: &mut Errors) {
    let [urls, groups, resources] = ["nonResourceURLs", "apiGroups", "resources"].map(|name| rule.at(name));
    if !urls.is_empty() {
        if is_namespaced {
            urls.invalid(errors, "namespaced rules cannot apply to non-resource URLs");
        }
        if !groups.is_empty() || !resources.is_empty() || !rule.at("resourceNames").is_empty() {
            urls.invalid(errors, "rules cannot apply to both regular resources and non-resource URLs");
        }
        return;
    }
    if groups.is_empty() {
        groups.required(errors, "resource rules must supply at least one api group");
    }
    if resources.is_empty() {
        resources.required(errors, "resource rules must supply at least one resource");
    }
}

/// Validates a binding.
pub(super) fn binding(object: &Field<'_>, is_namespaced: bool, old: Option<&Value>, errors: &mut Errors) {
    let role = object.at("roleRef");
    role.at("apiGroup").one_of(errors, &[GROUP]);
    role.at("kind").one_of(errors, if is_namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] });
    role.at("name").require_valid(errors, names::path_segment);
    object.items("subjects").for_each(|subject| self::subject(&subject, is_namespaced, errors));
    if let Some(old) = old
        && *role.value != old["roleRef"]
    {
        let shown = serde_json::json!({
            "APIGroup": role.at("apiGroup").text(), "Kind": role.at("kind").text(), "Name": role.at("name").text(),
        });
        role.invalid_as(errors, shown, IMMUTABLE);
    }
}

fn subject(subject: &Field<'_>, is_namespaced: bool, errors: &mut Errors) {
    let (name, group, kind) = (subject.at("name"), subject.at("apiGroup"), subject.at("kind"));
    name.require(errors);
    match kind.text() {
        "ServiceAccount" => {
            name.check_set(errors, names::subdomain);
            if !group.is_empty() {
                group.not_supported(errors, [""]);
            }
            if !is_namespaced {
                subject.at("namespace").require(errors);
            }
        }
        "User" | "Group" => group.one_of(errors, &[GROUP]),
        _ => kind.not_supported(errors, ["ServiceAccount", "User", "Group"]),
    }
}
