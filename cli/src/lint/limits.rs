//! Checks of sizes.

use std::collections::BTreeMap;

use super::Problem;
use crate::inventory::{Inventory, Key, Object};
use crate::kinds::{AIGATEWAY, GATEWAY_API};
use crate::references::references;

/// The number of rules that a route may have.
const MAX_RULES: usize = 15;
/// The size of routes and backends, as JSON, from which on the Secret may become too large. It is an estimate: the configuration
/// contains about as much text as the routes from which it is computed.
const LARGE: usize = 800 * 1024;

/// Routes with too many rules.
pub(super) fn too_many_rules(inventory: &Inventory) -> Vec<Problem<'_>> {
    let problem = |route| {
        let rules = Object::list(route, "/spec/rules").len();
        let message = format!("{rules} rules exceed the limit of {MAX_RULES}: split the route");
        (rules > MAX_RULES).then(|| Problem::new(route, "spec.rules", message))
    };
    inventory.of_kind(AIGATEWAY, "AIGatewayRoute").filter_map(problem).collect()
}

/// Gateways with so many routes and backends that their configuration may exceed the size of a Secret.
pub(super) fn large_configuration(inventory: &Inventory) -> Vec<Problem<'_>> {
    let mut sizes: BTreeMap<Key, usize> = BTreeMap::new();
    for kind in ["AIGatewayRoute", "MCPRoute"] {
        for route in inventory.of_kind(AIGATEWAY, kind) {
            let references = references(route);
            let (parents, others): (Vec<_>, Vec<_>) =
                references.into_iter().partition(|found| found.field.starts_with("spec.parentRefs"));
            let backends = others.iter().filter_map(|found| inventory.find(&found.target));
            let size: usize = backends.map(size).sum::<usize>() + size(route);
            for parent in parents {
                *sizes.entry(parent.target).or_default() += size;
            }
        }
    }
    let large = inventory.of_kind(GATEWAY_API, "Gateway").filter_map(|gateway| {
        let size = sizes.get(&gateway.key).filter(|size| **size > LARGE)?;
        let message = format!("its routes and backends have {} KiB: move routes to another Gateway", size / 1024);
        Some(Problem::new(gateway, "", message))
    });
    large.collect()
}

fn size(object: &Object) -> usize {
    object.body.get("spec").map_or(0, |spec| spec.to_string().len())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{large_configuration, too_many_rules};
    use crate::inventory::{Inventory, Object, Origin};

    fn object(api_version: &str, kind: &str, spec: &Value) -> Object {
        let body =
            json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "x"}, "spec": spec});
        Object::new(Origin::Cluster, body, "")
    }

    #[test]
    fn route_with_more_than_15_rules_is_found() {
        let route = |count: usize| {
            let rules = vec![json!({}); count];
            Inventory::new(vec![object("aigateway.envoyproxy.io/v1beta1", "AIGatewayRoute", &json!({"rules": rules}))])
        };
        assert_eq!(too_many_rules(&route(15)).len(), 0);
        assert_eq!(too_many_rules(&route(16))[0].message, "16 rules exceed the limit of 15: split the route");
    }

    #[test]
    fn gateway_with_large_routes_is_found() {
        let inventory = |size: usize| {
            let spec = json!({"parentRefs": [{"name": "a"}], "rules": [{"name": "x".repeat(size)}]});
            let route = object("aigateway.envoyproxy.io/v1beta1", "AIGatewayRoute", &spec);
            Inventory::new(vec![route, object("gateway.networking.k8s.io/v1", "Gateway", &json!({}))])
        };
        assert_eq!(large_configuration(&inventory(1000)).len(), 0);
        assert_eq!(large_configuration(&inventory(900 * 1024)).len(), 1);
    }
}
