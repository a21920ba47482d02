//! Privilege escalation: the permissions that a role grants and its author does not have.
//!
//! Source: `component-helpers/auth/rbac/validation/policy_comparator.go`,
//! `kubernetes/pkg/registry/rbac/validation/policy_compact.go`.

use std::collections::BTreeSet;

use kube_structural_schema::object::go;

use super::Rule;
use super::rule::url_covers;

/// Returns the parts of `granted` that none of `held` covers.
pub(crate) fn missing(held: &[Rule], granted: &[Rule]) -> Vec<Rule> {
    let parts = granted.iter().flat_map(parts);
    parts.filter(|part| !held.iter().any(|rule| covers(rule, part))).collect()
}

/// The maximum number of parts of a rule. A larger rule is compared as a whole, so that a request needs limited memory.
const MAX_PARTS: usize = 100_000;

fn count_parts(rule: &Rule) -> usize {
    let counts = [rule.groups.len(), rule.resources.len(), rule.verbs.len(), rule.names.len().max(1)];
    let of_resources = counts.into_iter().fold(1, usize::saturating_mul);
    of_resources.saturating_add(rule.urls.len().saturating_mul(rule.verbs.len()))
}

/// Splits a rule into rules with one verb, one group, one resource and at most one name, or with one verb and one path.
fn parts(rule: &Rule) -> Vec<Rule> {
    if count_parts(rule) > MAX_PARTS {
        return vec![rule.clone()];
    }
    let one = |text: &String| vec![text.clone()];
    let mut parts = Vec::new();
    for group in &rule.groups {
        for resource in &rule.resources {
            for verb in &rule.verbs {
                let part = Rule { verbs: one(verb), groups: one(group), resources: one(resource), ..Rule::default() };
                if rule.names.is_empty() {
                    parts.push(part);
                } else {
                    parts.extend(rule.names.iter().map(|name| Rule { names: one(name), ..part.clone() }));
                }
            }
        }
    }
    for url in &rule.urls {
        parts.extend(rule.verbs.iter().map(|verb| Rule { verbs: one(verb), urls: one(url), ..Rule::default() }));
    }
    parts
}

/// Whether a rule covers a part of a rule.
fn covers(rule: &Rule, part: &Rule) -> bool {
    let has = |set: &[String], element: &str| set.iter().any(|other| other == element);
    let has_all =
        |set: &[String], elements: &[String]| has(set, "*") || elements.iter().all(|element| has(set, element));
    let covers_resource = |resource: &String| {
        let of_any_resource = resource.split_once('/').map(|(_, subresource)| format!("*/{subresource}"));
        has(&rule.resources, resource) || of_any_resource.is_some_and(|any| has(&rule.resources, &any))
    };
    let covers_names = if part.names.is_empty() {
        rule.names.is_empty()
    } else {
        rule.names.is_empty() || part.names.iter().all(|name| has(&rule.names, name))
    };
    has_all(&rule.verbs, &part.verbs)
        && has_all(&rule.groups, &part.groups)
        && (has(&rule.resources, "*") || part.resources.iter().all(covers_resource))
        && covers_names
        && part.urls.iter().all(|path| rule.urls.iter().any(|url| url_covers(url, path)))
}

/// Describes parts of rules, one a line, after merging those that only differ by their verb.
pub(crate) fn describe_missing(parts: &[Rule]) -> String {
    let mut merged: Vec<Rule> = Vec::new();
    for part in parts {
        let same = |other: &&mut Rule| {
            part.urls.is_empty()
                && other.urls.is_empty()
                && other.groups == part.groups
                && other.resources == part.resources
                && other.names == part.names
        };
        match merged.iter_mut().find(same) {
            Some(other) => other.verbs.extend(part.verbs.iter().cloned()),
            None => merged.push(part.clone()),
        }
    }
    let lines: BTreeSet<String> = merged.iter().map(describe).collect();
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

fn describe(rule: &Rule) -> String {
    let fields = [
        ("APIGroups", &rule.groups),
        ("Resources", &rule.resources),
        ("NonResourceURLs", &rule.urls),
        ("ResourceNames", &rule.names),
        ("Verbs", &rule.verbs),
    ];
    let fields = fields.iter().filter(|(_, values)| !values.is_empty());
    let fields: Vec<String> = fields.map(|(name, values)| format!("{name}:{}", go_list(values))).collect();
    format!("{{{}}}", fields.join(", "))
}

/// Formats texts as Go's `%q` does.
pub(crate) fn go_list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| go::quoted(text)).collect();
    format!("[{}]", texts.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Rule, describe_missing, missing};

    #[test]
    fn rule_with_too_many_parts_is_compared_as_a_whole() {
        let many: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        let granted = [Rule::of(&json!({"verbs": many, "apiGroups": many, "resources": many}))];
        assert_eq!(missing(&[], &granted), granted);
        assert_eq!(missing(&Rule::everything(), &granted), []);
    }

    #[test]
    fn covered_permissions_are_not_missing() {
        let held = [
            Rule::of(&json!({"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*/scale", "deployments"]})),
            Rule::of(&json!({"verbs": ["get"], "nonResourceURLs": ["/metrics/*"]})),
        ];
        let granted = [
            Rule::of(&json!({"verbs": ["get"], "apiGroups": ["apps"], "resources": ["replicasets/scale"]})),
            Rule::of(&json!({
                "verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["one"],
            })),
            Rule::of(&json!({"verbs": ["get"], "nonResourceURLs": ["/metrics/cadvisor"]})),
        ];
        assert_eq!(missing(&held, &granted), []);
        // `*/scale` does not cover resources without a subresource, and `/metrics/*` does not cover `/metrics`.
        let granted = [
            Rule::of(&json!({"verbs": ["get", "list"], "apiGroups": ["apps"], "resources": ["replicasets"]})),
            Rule::of(&json!({"verbs": ["get"], "nonResourceURLs": ["/metrics"]})),
        ];
        assert_eq!(
            describe_missing(&missing(&held, &granted)),
            "{APIGroups:[\"apps\"], Resources:[\"replicasets\"], Verbs:[\"get\" \"list\"]}\n\
             {NonResourceURLs:[\"/metrics\"], Verbs:[\"get\"]}"
        );
    }
}
