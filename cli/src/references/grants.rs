//! ReferenceGrants: permissions for references to other namespaces.

use std::fmt;

use kube_structural_schema::yaml;
use serde_json::json;

use super::target;
use crate::inventory::{Inventory, Key, Object, field};
use crate::kinds::{AIGATEWAY, ENVOY_GATEWAY, GATEWAY_API};

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
        let Grant { from, to } = self;
        let name = format!("{}-{}-to-{}", from.namespace, from.kind, to.kind).to_lowercase();
        yaml::write(&json!({
            "apiVersion": format!("{GATEWAY_API}/v1beta1"),
            "kind": "ReferenceGrant",
            "metadata": {"name": name, "namespace": to.namespace},
            "spec": {
                "from": [{"group": from.group, "kind": from.kind, "namespace": from.namespace}],
                "to": [{"group": to.group, "kind": to.kind, "name": to.name}],
            },
        }))
    }
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
/// backends are the Backends of the AIServiceBackends.
pub(crate) fn grants_of_route(inventory: &Inventory, route: &Object) -> Vec<(String, Grant)> {
    let from = Key { group: GATEWAY_API.to_owned(), kind: "HTTPRoute".to_owned(), ..route.key.clone() };
    let mut grants = Vec::new();
    for reference in super::references(route) {
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
