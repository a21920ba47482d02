//! The controller that sets the rules of aggregated cluster roles.
//!
//! Source: `kubernetes/pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go`.

use serde_json::{Value, json};

use super::authorization::GROUP;
use super::{Body, Context, PatchKind, Registry, Target, Warnings, WriteOptions};
use crate::auth::User;
use crate::kinds::builtin::validation::labels;
use crate::metadata::{get, text};

const MANAGER: &str = "clusterrole-aggregation-controller";

impl Registry {
    /// Sets the rules of aggregated cluster roles, if RBAC is enabled. Returns whether anything changed.
    pub(super) fn aggregate_roles(&mut self) -> bool {
        let space = format!("{GROUP}/clusterroles");
        if !self.access.rbac || self.store.last(&space) == self.aggregated {
            return false;
        }
        let mut roles = self.roles_or_bindings("clusterroles", "");
        // One pass for each level of aggregation. Roles that aggregate each other in a circle may never agree on the order
        // of their rules.
        let passes = (0..=roles.len()).take_while(|_| self.aggregate_once(&mut roles)).count();
        self.aggregated = self.store.last(&space);
        passes > 0
    }

    /// Sets the rules of aggregated roles, one after the other. Returns whether anything changed.
    fn aggregate_once(&mut self, roles: &mut [Value]) -> bool {
        let mut changed = false;
        for index in 0..roles.len() {
            let role = &roles[index];
            let Some(selectors) = role.pointer("/aggregationRule/clusterRoleSelectors").and_then(Value::as_array)
            else {
                continue;
            };
            let rules = aggregated_rules(text(role, "name"), selectors, roles);
            let current = role.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if rules != current && self.apply_rules(role, &rules) {
                roles[index]["rules"] = rules.into();
                changed = true;
            }
        }
        changed
    }

    fn apply_rules(&mut self, role: &Value, rules: &[Value]) -> bool {
        let Some(kind) = self.kinds.get(GROUP, "clusterroles").cloned() else { return false };
        let target = Target::of_object(&kind, role);
        let object = json!({
            "apiVersion": role["apiVersion"],
            "kind": "ClusterRole",
            "metadata": {"name": target.name},
            "rules": rules,
        });
        let manager = MANAGER.to_owned();
        let mut context = Context {
            options: WriteOptions { manager, force: true, is_apply: true, ..WriteOptions::default() },
            original: &[],
            now: self.clock.rfc3339(),
            user: &User::admin(),
            warnings: &mut Warnings::default(),
        };
        self.patch_object(&target, PatchKind::Apply, &Body { object, ..Body::default() }, &mut context).is_ok()
    }
}

/// Returns the rules of the roles that selectors select, without duplicates.
fn aggregated_rules(name: &str, selectors: &[Value], roles: &[Value]) -> Vec<Value> {
    let mut rules: Vec<Value> = Vec::new();
    for selector in selectors {
        let selects = |role: &&Value| {
            let role_labels = get(role, "labels").cloned().unwrap_or_default();
            text(role, "name") != name && labels::matches(selector, &role_labels) == Some(true)
        };
        for rule in roles.iter().filter(selects).flat_map(|role| role["rules"].as_array().into_iter().flatten()) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
    }
    rules
}
