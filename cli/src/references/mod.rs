//! References between objects.
//!
//! The objects are read as JSON, because half of them are not of AI Gateway (Gateways, Backends, Secrets), and because a
//! manifest that is not valid still has references.

mod grants;
mod resolve;
mod secrets;

use serde_json::Value;

use crate::inventory::{Key, Object, field, field_or};
use crate::kinds::{AIGATEWAY, ENVOY_GATEWAY, GATEWAY_API, GATEWAY_CONFIG_ANNOTATION};

pub(crate) use grants::{Grant, granted, grants_of_route, manifests};
pub(crate) use resolve::{not_granted, resolve};

/// A reference of an object to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The path of the reference in the object, such as `spec.backendRef`.
    pub(crate) field: String,
    /// The object that is referred to.
    pub(crate) target: Key,
    /// The key of the Secret that is read.
    pub(crate) key: Option<&'static str>,
    /// The permission that a reference to another namespace needs.
    pub(crate) grant: Option<Grant>,
}

impl Reference {
    fn new(field: impl Into<String>, target: Key) -> Self {
        Reference { field: field.into(), target, key: None, grant: None }
    }
}

/// Returns the references of an object; none for kinds that the program does not know.
pub(crate) fn references(object: &Object) -> Vec<Reference> {
    match (&*object.key.group, &*object.key.kind) {
        (AIGATEWAY, "AIGatewayRoute") => route(object),
        (AIGATEWAY, "AIServiceBackend") => service_backend(object),
        (AIGATEWAY, "BackendSecurityPolicy") => targets(object).into_iter().chain(secrets::of_policy(object)).collect(),
        (AIGATEWAY, "QuotaPolicy") => targets(object),
        (AIGATEWAY, "MCPRoute") => mcp_route(object),
        (GATEWAY_API, "Gateway") => gateway_config(object),
        _ => Vec::new(),
    }
}

/// Returns the target of a reference with the defaults of its kind.
fn target(object: &Object, reference: &Value, group: &str, kind: &str) -> Key {
    // An empty group is the core group; only a missing one has the default.
    let group = reference.get("group").and_then(Value::as_str).unwrap_or(group);
    let namespace = field_or(reference, "namespace", &object.key.namespace);
    Key::new(group, field_or(reference, "kind", kind), namespace, field(reference, "name"))
}

fn parents(object: &Object) -> impl Iterator<Item = Reference> + '_ {
    object.list("/spec/parentRefs").iter().enumerate().map(|(index, parent)| {
        Reference::new(format!("spec.parentRefs[{index}]"), target(object, parent, GATEWAY_API, "Gateway"))
    })
}

fn route(object: &Object) -> Vec<Reference> {
    let mut found: Vec<Reference> = parents(object).collect();
    for (rule_index, rule) in object.list("/spec/rules").iter().enumerate() {
        for (index, backend) in rule["backendRefs"].as_array().into_iter().flatten().enumerate() {
            let target = backend_of_rule(object, backend);
            let grant = (target.kind == "AIServiceBackend").then(|| Grant::new(&object.key, &target)).flatten();
            let field = format!("spec.rules[{rule_index}].backendRefs[{index}]");
            found.push(Reference { grant, ..Reference::new(field, target) });
        }
    }
    found
}

/// Returns the target of a backend of a rule: an AIServiceBackend unless it has another kind.
pub(crate) fn backend_of_rule(route: &Object, backend: &Value) -> Key {
    target(route, backend, AIGATEWAY, "AIServiceBackend")
}

fn service_backend(object: &Object) -> Vec<Reference> {
    let reference = object.body.pointer("/spec/backendRef");
    reference.map(|found| Reference::new("spec.backendRef", target(object, found, "", "Service"))).into_iter().collect()
}

fn targets(object: &Object) -> Vec<Reference> {
    let own = |reference: &Value| {
        let target = target(object, reference, AIGATEWAY, "AIServiceBackend");
        Key { namespace: object.key.namespace.clone(), ..target }
    };
    let targets = object.list("/spec/targetRefs").iter().enumerate();
    targets.map(|(index, found)| Reference::new(format!("spec.targetRefs[{index}]"), own(found))).collect()
}

fn mcp_route(object: &Object) -> Vec<Reference> {
    let mut found: Vec<Reference> = parents(object).collect();
    for (index, backend) in object.list("/spec/backendRefs").iter().enumerate() {
        let target = target(object, backend, "", "Service");
        // Services and Backends are the only kinds that are read.
        if target.group.is_empty() || target.group == ENVOY_GATEWAY {
            found.push(Reference::new(format!("spec.backendRefs[{index}]"), target));
        }
    }
    found.extend(secrets::of_mcp_route(object));
    found
}

fn gateway_config(object: &Object) -> Vec<Reference> {
    match object.annotation(GATEWAY_CONFIG_ANNOTATION) {
        "" => Vec::new(),
        name => {
            let target = Key::new(AIGATEWAY, "GatewayConfig", &object.key.namespace, name);
            vec![Reference::new(format!("metadata.annotations.{GATEWAY_CONFIG_ANNOTATION}"), target)]
        }
    }
}
