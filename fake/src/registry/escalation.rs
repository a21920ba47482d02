//! Privilege escalation: users cannot grant permissions that they do not have.
//!
//! Source: `kubernetes/pkg/registry/rbac/escalation_check.go`, `rbac/*/policybased/storage.go`, `rbac/helpers.go`.

use kube_structural_schema::object::go;
use serde_json::Value;

use super::authorization::{GROUP, RoleRef};
use super::{Context, Registry, Target};
use crate::auth::{Attributes, Rule, User, describe_missing, go_list, missing};
use crate::metadata::{get, set, text};
use crate::status::Failure;

impl Registry {
    /// Checks that the user may grant what a role or binding grants.
    pub(super) fn check_escalation(
        &self,
        target: &Target,
        object: &Value,
        live: Option<&Value>,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        let user = context.user;
        if !self.access.rbac || user.is_privileged() || target.kind.resource.group != GROUP {
            return Ok(());
        }
        if live.is_some_and(|live| changes_only_collected_fields(object, live)) {
            return Ok(());
        }
        let forbidden = |reason: String| Failure::forbidden(&target.kind.resource, text(object, "name"), reason);
        let namespace = target.namespace.as_str();
        if target.kind.resource.resource.ends_with("bindings") {
            let Some(rules) = self.rules_to_bind(target, object, user)? else { return Ok(()) };
            return self.check_held(user, target, &rules).map_err(forbidden);
        }
        let escalate = rbac_attributes("escalate", &target.kind.resource.resource, &target.name, namespace);
        if self.authorize(user, &escalate).allowed {
            return Ok(());
        }
        self.check_held(user, target, &Rule::of_role(object)).map_err(forbidden)?;
        let aggregates = [Some(object), live].into_iter().flatten().any(has_aggregation);
        if aggregates && self.check_held(user, target, &Rule::everything()).is_err() {
            return Err(forbidden("must have cluster-admin privileges to use the aggregationRule".to_owned()));
        }
        Ok(())
    }

    /// Returns the rules that a binding grants; `None` if the user may bind the role.
    fn rules_to_bind(&self, target: &Target, object: &Value, user: &User) -> Result<Option<Vec<Rule>>, Failure> {
        let (role, namespace) = (RoleRef::of(object), target.namespace.as_str());
        let plural = match role.kind {
            "ClusterRole" => Some("clusterroles"),
            "Role" => Some("roles"),
            _ => None,
        };
        let bind = plural.map(|plural| rbac_attributes("bind", plural, role.name, namespace));
        if bind.is_some_and(|bind| self.authorize(user, &bind).allowed) {
            return Ok(None);
        }
        if role.kind == "Role" && namespace.is_empty() {
            return Err(Failure::bad_request("Namespace parameter required."));
        }
        let rules = self.role_rules(&role, namespace).map_err(Failure::untyped)?;
        // The API server reads the role with the context of the request, whose resource errors name.
        rules.map(Some).ok_or_else(|| Failure::not_found(&target.kind.resource, role.name))
    }

    /// Checks that a user has the permissions of rules.
    fn check_held(&self, user: &User, target: &Target, granted: &[Rule]) -> Result<(), String> {
        let (held, errors) = self.rules_for(user, &target.namespace, Some(&target.kind.resource));
        let missing = missing(&held, granted);
        if missing.is_empty() {
            return Ok(());
        }
        let mut message = format!(
            "user {} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
            go::quoted(user.name()),
            go_list(user.groups()),
            describe_missing(&missing)
        );
        if let Some(errors) = super::authorization::aggregate(&errors) {
            message.push_str(&format!("; resolution errors: [{errors}]"));
        }
        Err(message)
    }
}

fn rbac_attributes(verb: &str, resource: &str, name: &str, namespace: &str) -> Attributes {
    Attributes {
        is_resource: true,
        verb: verb.to_owned(),
        group: GROUP.to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        ..Attributes::default()
    }
}

fn has_aggregation(role: &Value) -> bool {
    role.pointer("/aggregationRule/clusterRoleSelectors").and_then(Value::as_array).is_some_and(|all| !all.is_empty())
}

/// Whether only fields that the garbage collector writes change.
fn changes_only_collected_fields(object: &Value, live: &Value) -> bool {
    let mut object = object.clone();
    for name in ["ownerReferences", "finalizers", "managedFields"] {
        set(&mut object, name, get(live, name).cloned());
    }
    object == *live
}
