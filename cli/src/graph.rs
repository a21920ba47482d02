//! The graph of objects and references.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::{Inventory, Key, Object};
use crate::kinds::{AIGATEWAY, GATEWAY_API};
use crate::references::{self, Grant, references, resolve};

/// An edge from an object to another one below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) to: Key,
    /// What is wrong with the reference; empty if nothing is.
    pub(crate) problem: String,
}

/// Objects with the objects below them: Gateways, their routes, the backends of these, and the policies and Secrets of those.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) roots: Vec<Key>,
    pub(crate) edges: BTreeMap<Key, Vec<Edge>>,
    /// The ReferenceGrants that are missing: what they permit, and their YAML.
    pub(crate) grants: Vec<(Vec<String>, String)>,
}

impl Graph {
    /// Creates the graph of an inventory.
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let mut graph = Graph::default();
        let mut needed = BTreeSet::new();
        for object in inventory.latest() {
            needed.extend(graph.add(inventory, object));
        }
        // Nothing is missing for certain if the cluster may have others.
        if !inventory.is_unlisted(GATEWAY_API, "ReferenceGrant") {
            needed.retain(|grant| !references::granted(inventory, grant));
            let manifests = references::manifests(inventory, &needed).into_iter();
            graph.grants = manifests.map(|(all, yaml)| (all.iter().map(ToString::to_string).collect(), yaml)).collect();
        }
        let below: BTreeSet<&Key> = graph.edges.values().flatten().map(|edge| &edge.to).collect();
        let is_root = |object: &&Object| is_shown(&object.key) && !below.contains(&object.key);
        let roots: BTreeSet<Key> =
            inventory.objects().iter().filter(is_root).map(|object| object.key.clone()).collect();
        let missing = graph.edges.keys().filter(|key| inventory.find(key).is_none() && !below.contains(key)).cloned();
        graph.roots = missing.chain(roots).collect();
        graph.roots.sort_by_key(|key| (level(key), key.clone()));
        for edges in graph.edges.values_mut() {
            edges.sort_by_key(|edge| (level(&edge.to), edge.clone()));
            edges.dedup();
        }
        graph
    }

    /// Adds an object, and returns the permissions that it needs.
    fn add(&mut self, inventory: &Inventory, object: &Object) -> Vec<Grant> {
        let mut needed = Vec::new();
        for reference in references(object) {
            let problem = resolve(inventory, &reference).problem(&reference).map(|(text, _)| text).unwrap_or_default();
            let problem = problem.strip_prefix(&format!("{}: ", reference.field)).unwrap_or(&problem).to_owned();
            // Routes are below their Gateway, and policies below their target.
            let is_upward =
                ["spec.parentRefs", "spec.targetRefs"].iter().any(|prefix| reference.field.starts_with(prefix));
            let (from, to) =
                if is_upward { (reference.target, object.key.clone()) } else { (object.key.clone(), reference.target) };
            self.edges.entry(from).or_default().push(Edge { to, problem });
            needed.extend(reference.grant);
        }
        needed.extend(references::grants_of_route(inventory, object).into_iter().map(|(_, grant)| grant));
        needed
    }

    /// Returns the objects below an object.
    pub(crate) fn below(&self, key: &Key) -> &[Edge] {
        self.edges.get(key).map_or(&[], Vec::as_slice)
    }
}

/// The kinds that are shown even if nothing refers to them.
fn is_shown(key: &Key) -> bool {
    key.group == AIGATEWAY || (key.group == GATEWAY_API && key.kind == "Gateway")
}

/// The order of kinds.
fn level(key: &Key) -> usize {
    let order = ["Gateway", "GatewayConfig", "AIGatewayRoute", "MCPRoute", "AIServiceBackend", "BackendSecurityPolicy"];
    order.iter().position(|kind| *kind == key.kind).unwrap_or(order.len())
}
