//! Checks of backends, policies and credentials.

use std::collections::BTreeMap;

use super::Problem;
use crate::inventory::{Inventory, Key, Object, field};
use crate::kinds::{AIGATEWAY, GATEWAY_API};
use crate::references::{references, resolve};
use crate::routing::{self, MODEL_HEADER};

/// References of a policy or a route to Secrets that do not exist or lack the key.
pub(super) fn unreadable_credentials(inventory: &Inventory) -> Vec<Problem<'_>> {
    let policies =
        inventory.of_kind(AIGATEWAY, "BackendSecurityPolicy").chain(inventory.of_kind(AIGATEWAY, "MCPRoute"));
    policies.flat_map(|object| broken(inventory, object, "Secret", "the backend is skipped")).collect()
}

/// Annotations of Gateways that name a GatewayConfig that does not exist.
pub(super) fn missing_gateway_config(inventory: &Inventory) -> Vec<Problem<'_>> {
    let gateways = inventory.of_kind(GATEWAY_API, "Gateway");
    gateways.flat_map(|object| broken(inventory, object, "GatewayConfig", "the defaults are used")).collect()
}

fn broken<'i>(inventory: &Inventory, object: &'i Object, kind: &str, effect: &str) -> Vec<Problem<'i>> {
    let found = references(object).into_iter().filter(|reference| reference.target.kind == kind);
    let problem = |reference| {
        let (message, is_certain) = resolve(inventory, &reference).problem(&reference)?;
        is_certain.then(|| Problem::new(object, reference.field, format!("{message}: {effect}")))
    };
    found.filter_map(problem).collect()
}

/// Backends with more than one BackendSecurityPolicy.
pub(super) fn second_policy(inventory: &Inventory) -> Vec<Problem<'_>> {
    let mut first: BTreeMap<Key, &Object> = BTreeMap::new();
    let mut problems = Vec::new();
    for policy in inventory.of_kind(AIGATEWAY, "BackendSecurityPolicy") {
        for reference in references(policy).into_iter().filter(|found| found.field.starts_with("spec.targetRefs")) {
            match first.get(&reference.target) {
                Some(other) if other.key == policy.key => {}
                Some(other) => {
                    let message = format!("{} already has {}: keep one of them", reference.target, other.key);
                    problems.push(Problem::new(policy, reference.field, message));
                }
                None => {
                    first.insert(reference.target, policy);
                }
            }
        }
    }
    problems
}

/// API keys whose Secret is said to be in another namespace.
pub(super) fn ignored_secret_namespace(inventory: &Inventory) -> Vec<Problem<'_>> {
    let mut problems = Vec::new();
    for policy in inventory.of_kind(AIGATEWAY, "BackendSecurityPolicy") {
        for key in ["apiKey", "anthropicAPIKey", "azureAPIKey"] {
            let namespace = policy.text(&format!("/spec/{key}/secretRef/namespace"));
            if !namespace.is_empty() && namespace != policy.key.namespace {
                let message = format!(
                    "namespace {namespace} is ignored, and the Secret is read from {}: create it there",
                    policy.key.namespace
                );
                problems.push(Problem::new(policy, format!("spec.{key}.secretRef.namespace"), message));
            }
        }
    }
    problems
}

/// Quotas for models that no rule requests from the backend.
pub(super) fn quota_without_model(inventory: &Inventory) -> Vec<Problem<'_>> {
    let mut problems = Vec::new();
    for policy in inventory.of_kind(AIGATEWAY, "QuotaPolicy") {
        let targets: Vec<Key> = references(policy).into_iter().map(|found| found.target).collect();
        let Some(models) = requested(inventory, &targets) else { continue };
        for (index, quota) in policy.list("/spec/perModelQuotas").iter().enumerate() {
            let name = field(quota, "modelName");
            if !models.iter().any(|model| model == name) {
                let requested = models.join(", ");
                let message = format!(
                    "no backend reference requests model {name:?}, so that the quota is never applied; requested: {requested}"
                );
                problems.push(Problem::new(policy, format!("spec.perModelQuotas[{index}].modelName"), message));
            }
        }
    }
    problems
}

/// Returns the models that rules request from backends: the override, otherwise the model of the match. `None` if a rule accepts
/// any model, or if no rule refers to the backends.
fn requested(inventory: &Inventory, backends: &[Key]) -> Option<Vec<String>> {
    let mut models = Vec::new();
    for rule in routing::rules(inventory) {
        for backend in rule.backends.iter().filter(|backend| backends.contains(&backend.key)) {
            if !backend.model_override.is_empty() {
                models.push(backend.model_override.to_owned());
                continue;
            }
            for headers in &rule.matches {
                let model = headers.iter().find(|header| header.name.eq_ignore_ascii_case(MODEL_HEADER))?;
                if model.is_regex {
                    return None;
                }
                models.push(model.value.to_owned());
            }
        }
    }
    models.sort();
    models.dedup();
    (!models.is_empty()).then_some(models)
}
