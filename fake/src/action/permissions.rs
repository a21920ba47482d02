//! The permissions that requests need, as roles of RBAC.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Action;

const GROUP_VERSION: &str = "rbac.authorization.k8s.io/v1";
/// The media type of server-side apply.
const APPLY_PATCH: &str = "application/apply-patch+yaml";
/// The verbs in the order of Kubernetes' documentation.
const VERBS: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/// Returns the least cluster role that permits requests.
pub(super) fn cluster_role(name: &str, actions: &[Action]) -> Value {
    json!({
        "apiVersion": GROUP_VERSION,
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules(actions.iter()),
    })
}

/// Returns the least role in each namespace that permits the requests to it, and the cluster role that permits the
/// others.
pub(super) fn roles(name: &str, actions: &[Action]) -> Vec<Value> {
    let mut by_namespace: BTreeMap<&str, Vec<&Action>> = BTreeMap::new();
    for action in actions.iter().filter(|action| !action.resource.is_empty()) {
        by_namespace.entry(&action.namespace).or_default().push(action);
    }
    let role = |(namespace, actions): (&str, Vec<&Action>)| {
        let mut metadata = json!({"name": name});
        if !namespace.is_empty() {
            metadata["namespace"] = namespace.into();
        }
        json!({
            "apiVersion": GROUP_VERSION,
            "kind": if namespace.is_empty() { "ClusterRole" } else { "Role" },
            "metadata": metadata,
            "rules": rules(actions.into_iter()),
        })
    };
    by_namespace.into_iter().map(role).collect()
}

/// Returns the rules for requests: one for each group and set of verbs, in the order of groups and resources.
fn rules<'a>(actions: impl Iterator<Item = &'a Action>) -> Vec<Value> {
    let mut verbs: BTreeMap<(&str, String), BTreeSet<usize>> = BTreeMap::new();
    for action in actions {
        let verb = VERBS.iter().position(|verb| *verb == action.verb);
        if let Some(verb) = verb.filter(|_| !action.resource.is_empty()) {
            let verbs = verbs.entry((&action.group, action.resource_path())).or_default();
            verbs.insert(verb);
            if action.verb == "watch" && action.option("sendInitialEvents").is_some() {
                // Clients list if a server does not send initial events.
                verbs.extend(VERBS.iter().position(|verb| *verb == "list"));
            }
            if action.content_type == APPLY_PATCH && action.subresource.is_empty() {
                // It creates objects that do not exist.
                verbs.extend(VERBS.iter().position(|verb| *verb == "create"));
            }
        }
    }
    let mut rules: Vec<(&str, BTreeSet<usize>, Vec<String>)> = Vec::new();
    for ((group, resource), verbs) in verbs {
        match rules.iter_mut().find(|(other, others, _)| *other == group && *others == verbs) {
            Some((_, _, resources)) => resources.push(resource),
            None => rules.push((group, verbs, vec![resource])),
        }
    }
    let rule = |(group, verbs, resources): (&str, BTreeSet<usize>, Vec<String>)| {
        let verbs: Vec<&str> = verbs.into_iter().map(|verb| VERBS[verb]).collect();
        json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
    };
    rules.into_iter().map(rule).collect()
}
