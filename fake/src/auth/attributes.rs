//! What is authorized: the attributes of a request, and the decision.

use kube_structural_schema::object::go;

use super::User;
use crate::status::{Failure, GroupResource};

/// The attributes of a request that permissions depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// Whether the request is for a resource; else for a path.
    pub(crate) is_resource: bool,
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) path: String,
}

/// The decision about a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// The rule that allows the request, or the errors of the evaluation; may be empty.
    pub(crate) reason: String,
}

impl Decision {
    pub(crate) fn allow() -> Self {
        Decision { allowed: true, reason: String::new() }
    }
}

impl Attributes {
    /// Returns the resource as rules name it: `pods`, `pods/log`.
    pub(super) fn combined_resource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    /// Creates a 403.
    ///
    /// Source: `apiserver/pkg/endpoints/handlers/responsewriters/errors.go`, `ForbiddenStatusError`.
    pub(crate) fn forbidden(&self, user: &User, reason: &str) -> Failure {
        let message = sanitized(&self.message(user));
        let message = if reason.is_empty() { message } else { format!("{message}: {reason}") };
        let resource = GroupResource { group: self.group.clone(), resource: self.resource.clone() };
        Failure::forbidden(&resource, &self.name, message)
    }

    fn message(&self, user: &User) -> String {
        let (user, verb, group) = (go::quoted(user.name()), &self.verb, go::quoted(&self.group));
        if !self.is_resource {
            return format!("User {user} cannot {verb} path {}", go::quoted(&self.path));
        }
        let scope = match self.namespace.as_str() {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {}", go::quoted(namespace)),
        };
        let resource = go::quoted(&self.combined_resource());
        format!("User {user} cannot {verb} resource {resource} in API group {group} {scope}")
    }
}

/// Replaces characters with which a message could look like HTML.
fn sanitized(message: &str) -> String {
    message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
