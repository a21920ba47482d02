//! ReferenceGrants: permissions for references to other namespaces.

use std::fmt;

use kube_structural_schema::yaml;
use serde_json::json;

use super::target;
use crate::inventory::{Inventory, Key, Object, field};
use crate::kinds::{AIGATEWAY, ENVOY_GATEWAY, GATEWAY_API, INFERENCE};

/// A permission that a reference needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// The object with the reference.
    pub(crate) from: Key,
    /// The object that is referred to.
    pub(crate) to: Key,
}

impl Grant {
    /// Returns the permission for a reference, if it crosses namespaces.
    pub(crate) fn new(from: &Key, to: &Key) -> Option<Self> {
        (from.namespace != to.namespace).then(|| Grant { from: from.clone(), to: to.clone() })
    }

    /// Returns the ReferenceGrant as YAML.
    pub(crate) fn yaml(&self) -> String {
        manifest(&format!("{}-{}", self.prefix(), self.to.name), &[self])
    }

    fn prefix(&self) -> String {
        let Grant { from, to } = self;
        format!("{}-{}-to-{}", from.namespace, from.kind, to.kind).to_lowercase()
    }

    /// Returns whether one ReferenceGrant can give both permissions and no other.
    fn is_alike(&self, other: &Grant) -> bool {
        self.kinds() == other.kinds()
    }

    /// Returns the groups, kinds and namespaces.
    fn kinds(&self) -> [&str; 6] {
        let Grant { from, to } = self;
        [&from.group, &from.kind, &from.namespace, &to.group, &to.kind, &to.namespace]
    }
}

fn manifest(name: &str, grants: &[&Grant]) -> String {
    let Some(Grant { from, to }) = grants.first() else { return String::new() };
    let names = grants.iter().map(|grant| json!({"group": to.group, "kind": to.kind, "name": grant.to.name}));
    yaml::write(&json!({
        "apiVersion": format!("{GATEWAY_API}/v1beta1"),
        "kind": "ReferenceGrant",
        "metadata": {"name": name, "namespace": to.namespace},
        "spec": {
            "from": [{"group": from.group, "kind": from.kind, "namespace": from.namespace}],
            "to": names.collect::<Vec<_>>(),
        },
    }))
}

/// Returns the ReferenceGrants for permissions as YAML, each with its permissions. Their names are not those of existing ones, which
/// they would replace.
pub(crate) fn manifests<'g>(
    inventory: &Inventory,
    grants: impl IntoIterator<Item = &'g Grant>,
) -> Vec<(Vec<&'g Grant>, String)> {
    let mut alike: Vec<Vec<&Grant>> = Vec::new();
    for grant in grants {
        match alike.iter_mut().find(|found| found.iter().any(|found| found.is_alike(grant))) {
            Some(found) => found.push(grant),
            None => alike.push(vec![grant]),
        }
    }
    let text = |grants: Vec<&'g Grant>| {
        let first = grants.first()?;
        let base = if grants.len() == 1 { format!("{}-{}", first.prefix(), first.to.name) } else { first.prefix() };
        let is_free = |name: &String| {
            inventory.find(&Key::new(GATEWAY_API, "ReferenceGrant", &first.to.namespace, name)).is_none()
        };
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let name = std::iter::once(base.clone()).chain(numbered).find(is_free)?;
        let text = manifest(&name, &grants);
        Some((grants, text))
    };
    alike.into_iter().filter_map(text).collect()
}

/// What to create.
impl fmt::Display for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grant { from, to } = self;
        write!(
            out,
            "no ReferenceGrant in namespace {} allows {} of namespace {} to refer to {} {}",
            to.namespace, from.kind, from.namespace, to.kind, to.name
        )
    }
}

/// Returns whether a ReferenceGrant of the inventory gives the permission.
pub(crate) fn granted(inventory: &Inventory, Grant { from, to }: &Grant) -> bool {
    let grants = inventory.of_kind(GATEWAY_API, "ReferenceGrant");
    grants.filter(|grant| grant.key.namespace == to.namespace).any(|grant| {
        let is_from = grant.list("/spec/from").iter().any(|entry| {
            [field(entry, "group"), field(entry, "kind"), field(entry, "namespace")]
                == [&*from.group, &*from.kind, &*from.namespace]
        });
        let is_to = grant.list("/spec/to").iter().any(|entry| {
            [field(entry, "group"), field(entry, "kind")] == [&*to.group, &*to.kind]
                && matches!(field(entry, "name"), name if name.is_empty() || name == to.name)
        });
        is_from && is_to
    })
}

/// Returns the permissions that the HTTPRoute of an AIGatewayRoute needs, each with the field of the route that causes it: its
/// backends are InferencePools and the Backends of the AIServiceBackends. Objects of other kinds need none.
pub(crate) fn grants_of_route(inventory: &Inventory, route: &Object) -> Vec<(String, Grant)> {
    let from = Key { group: GATEWAY_API.to_owned(), kind: "HTTPRoute".to_owned(), ..route.key.clone() };
    let mut grants = Vec::new();
    // Other kinds refer to AIServiceBackends as well, and have no HTTPRoute.
    if (&*route.key.group, &*route.key.kind) != (AIGATEWAY, "AIGatewayRoute") {
        return grants;
    }
    for reference in super::references(route) {
        if (&*reference.target.group, &*reference.target.kind) == (INFERENCE, "InferencePool") {
            grants.extend(Grant::new(&from, &reference.target).map(|grant| (reference.field, grant)));
            continue;
        }
        let is_backend = (&*reference.target.group, &*reference.target.kind) == (AIGATEWAY, "AIServiceBackend");
        let backend = inventory.find(&reference.target).filter(|_| is_backend);
        let to = backend.and_then(|backend| Some((backend, backend.body.pointer("/spec/backendRef")?)));
        if let Some((backend, reference_to)) = to {
            let to = target(backend, reference_to, "", "Service");
            if to.group == ENVOY_GATEWAY {
                grants.extend(Grant::new(&from, &to).map(|grant| (reference.field, grant)));
            }
        }
    }
    grants
}
