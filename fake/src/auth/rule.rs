//! The rules of roles and the subjects of bindings.
//!
//! Source: `kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go`, `kubernetes/pkg/registry/rbac/validation/rule.go`.

use kube_structural_schema::object::go;
use serde_json::Value;

use super::{Attributes, User};

const ALL: &str = "*";

/// A rule of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(super) verbs: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) urls: Vec<String>,
}

fn has(set: &[String], element: &str) -> bool {
    set.iter().any(|other| other == element)
}

impl Rule {
    /// Reads a rule.
    pub(crate) fn of(rule: &Value) -> Self {
        let texts = |name: &str| -> Vec<String> {
            let items = rule[name].as_array().into_iter().flatten();
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        Rule {
            verbs: texts("verbs"),
            groups: texts("apiGroups"),
            resources: texts("resources"),
            names: texts("resourceNames"),
            urls: texts("nonResourceURLs"),
        }
    }

    /// Reads the rules of a role.
    pub(crate) fn of_role(role: &Value) -> Vec<Self> {
        role["rules"].as_array().into_iter().flatten().map(Rule::of).collect()
    }

    /// Returns the rules that allow everything.
    pub(crate) fn everything() -> [Self; 2] {
        let all = || vec![ALL.to_owned()];
        [
            Rule { verbs: all(), groups: all(), resources: all(), ..Rule::default() },
            Rule { verbs: all(), urls: all(), ..Rule::default() },
        ]
    }

    /// Whether the rule allows a request.
    pub(crate) fn allows(&self, request: &Attributes) -> bool {
        let allows_verb = has(&self.verbs, ALL) || has(&self.verbs, &request.verb);
        if !request.is_resource {
            return allows_verb && self.urls.iter().any(|url| url_covers(url, &request.path));
        }
        allows_verb
            && (has(&self.groups, ALL) || has(&self.groups, &request.group))
            && self.allows_resource(request)
            && (self.names.is_empty() || has(&self.names, &request.name))
    }

    fn allows_resource(&self, request: &Attributes) -> bool {
        let combined = request.combined_resource();
        self.resources.iter().any(|resource| {
            let of_any_resource = resource.strip_prefix("*/").filter(|_| !request.subresource.is_empty());
            resource == ALL || *resource == combined || of_any_resource == Some(&request.subresource)
        })
    }
}

/// Whether a path of a rule, which may end with `*`, covers a path.
pub(super) fn url_covers(url: &str, path: &str) -> bool {
    url == path || (url.ends_with(ALL) && path.starts_with(url.trim_end_matches('*')))
}

/// A subject of a binding.
pub(crate) struct Subject<'b> {
    kind: &'b str,
    name: &'b str,
    namespace: &'b str,
}

impl<'b> Subject<'b> {
    /// Returns the first subject of a binding that a user is or belongs to. The namespace is that of the binding.
    pub(crate) fn of(binding: &'b Value, namespace: &'b str, user: &User) -> Option<Self> {
        let subjects = binding["subjects"].as_array().into_iter().flatten();
        let mut subjects = subjects.map(|subject| {
            let text = |name: &str| subject[name].as_str().unwrap_or_default();
            let own = Some(text("namespace")).filter(|own| !own.is_empty());
            Subject { kind: text("kind"), name: text("name"), namespace: own.unwrap_or(namespace) }
        });
        subjects.find(|subject| subject.applies_to(user))
    }

    fn applies_to(&self, user: &User) -> bool {
        match self.kind {
            "User" => user.name() == self.name,
            "Group" => user.is_in(self.name),
            "ServiceAccount" => {
                let account = user.name().strip_prefix("system:serviceaccount:");
                !self.namespace.is_empty()
                    && account.and_then(|account| account.split_once(':')) == Some((self.namespace, self.name))
            }
            _ => false,
        }
    }

    /// Describes the subject in the reasons of decisions.
    pub(crate) fn describe(&self) -> String {
        let name = match self.kind {
            "ServiceAccount" => format!("{}/{}", self.name, self.namespace),
            _ => self.name.to_owned(),
        };
        format!("{} {}", self.kind, go::quoted(&name))
    }
}
