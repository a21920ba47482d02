//! The objects that belong to a catalogue.

use std::collections::{BTreeMap, BTreeSet};

use aigateway_client::aigateway::v1beta1::{
    AIGatewayRoute, AIGatewayRouteRule, AIGatewayRouteRuleBackendRef, AIGatewayRouteRuleMatch, AIGatewayRouteSpec,
    AIServiceBackend, AIServiceBackendBackendRef, AIServiceBackendSpec, APIKey, APISchema, AnthropicAPIKey,
    AzureAPIKey, BackendSecurityPolicy, BackendSecurityPolicySpec, BackendSecurityPolicyType, HTTPHeaderMatch,
    ParentRef, SecretRef, TargetRef,
};
use kube::Resource;
use kube::core::DynamicObject;
use kube_client_runtime::owners::{OwnerError, set_controller_reference};
use serde_json::json;

use crate::backends;
use crate::client::models::v1::{ModelCatalogue, ModelCatalogueProvider};

/// The header in which Envoy AI Gateway passes the name of the requested model.
const MODEL_HEADER: &str = "x-ai-eg-model";
/// The maximum number of matches of a rule.
const MAX_MATCHES: usize = 128;

/// All objects of a catalogue. Their names start with that of the catalogue.
pub(crate) struct Desired {
    pub(crate) backends: Vec<DynamicObject>,
    pub(crate) services: Vec<AIServiceBackend>,
    pub(crate) policies: Vec<BackendSecurityPolicy>,
    pub(crate) route: AIGatewayRoute,
}

impl Desired {
    /// Returns the objects of a catalogue, with the catalogue as their controller.
    pub(crate) fn of(catalogue: &ModelCatalogue) -> Result<Self, OwnerError> {
        let name = catalogue.metadata.name.as_deref().unwrap_or_default();
        let providers = &catalogue.spec.providers;
        let mut desired = Desired {
            backends: providers.iter().map(|provider| backend(name, provider)).collect(),
            services: providers.iter().map(|provider| service(name, provider)).collect(),
            policies: providers.iter().map(|provider| policy(name, provider)).collect(),
            route: route(name, catalogue),
        };
        desired.backends.iter_mut().try_for_each(|object| owned(catalogue, object))?;
        desired.services.iter_mut().try_for_each(|object| owned(catalogue, object))?;
        desired.policies.iter_mut().try_for_each(|object| owned(catalogue, object))?;
        owned(catalogue, &mut desired.route)?;
        Ok(desired)
    }
}

/// Moves an object to the catalogue's namespace, and sets its controller.
fn owned<K: Resource>(catalogue: &ModelCatalogue, object: &mut K) -> Result<(), OwnerError> {
    object.meta_mut().namespace.clone_from(&catalogue.metadata.namespace);
    set_controller_reference(catalogue, &(), object)
}

fn object_name(catalogue: &str, provider: &ModelCatalogueProvider) -> String {
    format!("{catalogue}-{}", provider.name)
}

fn backend(catalogue: &str, provider: &ModelCatalogueProvider) -> DynamicObject {
    let endpoint = json!({"fqdn": {"hostname": provider.hostname, "port": 443}});
    let tls = json!({"sni": provider.hostname, "wellKnownCACertificates": "System"});
    let spec = json!({"spec": {"endpoints": [endpoint], "tls": tls}});
    DynamicObject::new(&object_name(catalogue, provider), &backends()).data(spec)
}

fn service(catalogue: &str, provider: &ModelCatalogueProvider) -> AIServiceBackend {
    let name = object_name(catalogue, provider);
    let backend = AIServiceBackendBackendRef::new(name.as_str()).group("gateway.envoyproxy.io").kind("Backend");
    AIServiceBackend::new(name, AIServiceBackendSpec::new(backend, APISchema::new(provider.schema.as_str())))
}

/// Returns the policy that adds the key. Providers expect it in different headers.
fn policy(catalogue: &str, provider: &ModelCatalogueProvider) -> BackendSecurityPolicy {
    let name = object_name(catalogue, provider);
    let target = TargetRef::new("aigateway.envoyproxy.io", "AIServiceBackend", name.as_str());
    let key = SecretRef::new(provider.secret.as_str());
    let spec = match provider.schema.as_str() {
        "Anthropic" => BackendSecurityPolicySpec::new(BackendSecurityPolicyType::AnthropicAPIKey)
            .anthropic_api_key(AnthropicAPIKey::new(key)),
        "AzureOpenAI" => {
            BackendSecurityPolicySpec::new(BackendSecurityPolicyType::AzureAPIKey).azure_api_key(AzureAPIKey::new(key))
        }
        _ => BackendSecurityPolicySpec::new(BackendSecurityPolicyType::APIKey).api_key(APIKey::new(key)),
    };
    BackendSecurityPolicy::new(name, spec.target_refs([target]))
}

/// Returns the route. Models of the same providers share a rule, because a route has at most 15 of them; a model of several
/// providers is divided between them.
fn route(name: &str, catalogue: &ModelCatalogue) -> AIGatewayRoute {
    let mut providers: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for provider in &catalogue.spec.providers {
        for model in &provider.models {
            providers.entry(model).or_default().insert(object_name(name, provider));
        }
    }
    let mut models: BTreeMap<&BTreeSet<String>, Vec<&str>> = BTreeMap::new();
    for (model, providers) in &providers {
        models.entry(providers).or_default().push(model);
    }
    let rules = models.iter().flat_map(|(providers, models)| {
        models.chunks(MAX_MATCHES).map(|models| {
            let header = |model: &&str| HTTPHeaderMatch::new(MODEL_HEADER, *model);
            let matches = models.iter().map(|model| AIGatewayRouteRuleMatch::default().headers([header(model)]));
            let backends = providers.iter().map(|provider| AIGatewayRouteRuleBackendRef::new(provider.as_str()));
            AIGatewayRouteRule::default().matches(matches).backend_refs(backends)
        })
    });
    let gateway = ParentRef::new(catalogue.spec.gateway.as_str()).group("gateway.networking.k8s.io").kind("Gateway");
    AIGatewayRoute::new(name, AIGatewayRouteSpec::new(rules).parent_refs([gateway]))
}
