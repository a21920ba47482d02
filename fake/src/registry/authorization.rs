//! Authorization by the stored roles and bindings.
//!
//! Source: `kubernetes/plugin/pkg/auth/authorizer/rbac/rbac.go`, `kubernetes/pkg/registry/rbac/validation/rule.go`.

use std::ops::ControlFlow;

use kube_structural_schema::object::go;
use serde_json::Value;

use super::{Context, Registry, Target};
use crate::auth::{Attributes, Decision, Rule, Subject, User};
use crate::metadata::text;
use crate::status::{Failure, GroupResource};
use crate::store::Key;

pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

/// The role that a binding refers to.
pub(super) struct RoleRef<'b> {
    pub(super) kind: &'b str,
    pub(super) name: &'b str,
}

impl<'b> RoleRef<'b> {
    pub(super) fn of(binding: &'b Value) -> Self {
        let text = |name: &str| binding["roleRef"][name].as_str().unwrap_or_default();
        RoleRef { kind: text("kind"), name: text("name") }
    }
}

impl Registry {
    /// Returns an error if a user may not send a request.
    pub(crate) fn check_access(&self, user: &User, attributes: impl FnOnce() -> Attributes) -> Result<(), Failure> {
        if !self.access.rbac || user.is_privileged() {
            return Ok(());
        }
        let attributes = attributes();
        let decision = self.authorize(user, &attributes);
        if decision.allowed { Ok(()) } else { Err(attributes.forbidden(user, &decision.reason)) }
    }

    /// Returns an error if a user may not create the object that an update or a patch would create.
    ///
    /// Source: `apiserver/pkg/endpoints/handlers/create.go`, `withAuthorization`.
    pub(super) fn check_create_access(&self, target: &Target, context: &Context<'_>) -> Result<(), Failure> {
        self.check_access(context.user, || Attributes {
            is_resource: true,
            verb: "create".to_owned(),
            group: target.kind.resource.group.clone(),
            resource: target.kind.resource.resource.clone(),
            subresource: target.subresource.name().to_owned(),
            namespace: target.namespace.clone(),
            name: target.name.clone(),
            path: String::new(),
        })
    }

    /// Decides whether a user may send a request.
    pub(crate) fn authorize(&self, user: &User, request: &Attributes) -> Decision {
        if !self.access.rbac || user.is_privileged() {
            return Decision::allow();
        }
        let mut reason = String::new();
        let errors = self.visit_rules(user, &request.namespace, None, |source, rule| {
            if !rule.allows(request) {
                return ControlFlow::Continue(());
            }
            reason = format!("RBAC: allowed by {}", source());
            ControlFlow::Break(())
        });
        match aggregate(&errors) {
            _ if !reason.is_empty() => Decision { allowed: true, reason },
            Some(errors) => Decision { allowed: false, reason: format!("rbac: RBAC: {errors}") },
            None => Decision::default(),
        }
    }

    /// Returns the rules of a user in a namespace, and the errors of finding them. Errors name the resource of the request,
    /// if there is one, instead of that of the missing role.
    pub(super) fn rules_for(
        &self,
        user: &User,
        namespace: &str,
        resource: Option<&GroupResource>,
    ) -> (Vec<Rule>, Vec<String>) {
        let mut rules = Vec::new();
        let errors = self.visit_rules(user, namespace, resource, |_, rule| {
            rules.push(rule.clone());
            ControlFlow::Continue(())
        });
        (rules, errors)
    }

    /// Visits the rules of a user with the description of their binding, and returns the errors of finding them.
    fn visit_rules(
        &self,
        user: &User,
        namespace: &str,
        resource: Option<&GroupResource>,
        mut visit: impl FnMut(&dyn Fn() -> String, &Rule) -> ControlFlow<()>,
    ) -> Vec<String> {
        let mut errors = Vec::new();
        let namespaces: &[&str] = if namespace.is_empty() { &[""] } else { &["", namespace] };
        for namespace in namespaces {
            let plural = if namespace.is_empty() { "clusterrolebindings" } else { "rolebindings" };
            for binding in self.roles_or_bindings(plural, namespace) {
                let Some(subject) = Subject::of(&binding, namespace, user) else { continue };
                match self.rules_of(&RoleRef::of(&binding), namespace, resource) {
                    Ok(rules) => {
                        let source = || describe(&binding, namespace, &subject);
                        if rules.iter().any(|rule| visit(&source, rule).is_break()) {
                            return errors;
                        }
                    }
                    Err(error) => errors.push(error),
                }
            }
        }
        errors
    }

    /// Returns the stored roles or bindings of a namespace.
    pub(super) fn roles_or_bindings(&self, plural: &str, namespace: &str) -> Vec<Value> {
        let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
        let entries = self.store.range(&format!("{GROUP}/{plural}"), namespace, None, None).unwrap_or_default();
        entries.iter().map(|(_, entry)| crate::json::decode_stored(&entry.value.json)).collect()
    }

    fn rules_of(
        &self,
        role: &RoleRef<'_>,
        namespace: &str,
        resource: Option<&GroupResource>,
    ) -> Result<Vec<Rule>, String> {
        let found = self.role_rules(role, namespace)?;
        found.ok_or_else(|| {
            let of_role = || GroupResource { group: GROUP.to_owned(), resource: role.kind.to_lowercase() };
            Failure::not_found(&resource.cloned().unwrap_or_else(of_role), role.name).message
        })
    }

    /// Returns the rules of a role; `None` if it does not exist.
    pub(super) fn role_rules(&self, role: &RoleRef<'_>, namespace: &str) -> Result<Option<Vec<Rule>>, String> {
        let (plural, namespace) = match role.kind {
            "ClusterRole" => ("clusterroles", ""),
            "Role" => ("roles", namespace),
            other => return Err(format!("unsupported role reference kind: {}", go::quoted(other))),
        };
        let entry = self.store.get(&format!("{GROUP}/{plural}"), &Key::new(namespace, role.name));
        Ok(entry.map(|entry| Rule::of_role(&crate::json::decode_stored(&entry.value.json))))
    }
}

/// Describes a binding in the reasons of decisions.
fn describe(binding: &Value, namespace: &str, subject: &Subject<'_>) -> String {
    let (kind, name) = match namespace {
        "" => ("ClusterRoleBinding", text(binding, "name").to_owned()),
        namespace => ("RoleBinding", format!("{}/{namespace}", text(binding, "name"))),
    };
    let RoleRef { kind: role_kind, name: role } = RoleRef::of(binding);
    format!("{kind} {} of {role_kind} {} to {}", go::quoted(&name), go::quoted(role), subject.describe())
}

/// Joins errors as Go's aggregates do.
///
/// Source: `apimachinery/pkg/util/errors/errors.go`.
pub(super) fn aggregate(errors: &[String]) -> Option<String> {
    let mut unique: Vec<&str> = Vec::new();
    for error in errors {
        if !unique.contains(&error.as_str()) {
            unique.push(error);
        }
    }
    match unique.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        many => Some(format!("[{}]", many.join(", "))),
    }
}
