//! A valid sample object of each kind in each version, with valid and invalid changes.

use std::fmt::Debug;

use aigateway_client::aigateway::{v1alpha1, v1beta1};
use aigateway_client::runtime::resource::{CustomKind, HasStatusSubresource};
use aigateway_client::runtime::types::Condition;
use k8s_openapi::NamespaceResourceScope;
use serde::{Serialize, de::DeserializeOwned};

/// A kind with sample objects for scenarios.
pub trait Sample:
    CustomKind<Scope = NamespaceResourceScope>
    + HasStatusSubresource
    + Serialize
    + DeserializeOwned
    + Clone
    + Debug
    + PartialEq
    + Send
    + Sync
    + 'static
{
    /// Creates a valid object.
    fn sample(name: &str) -> Self;

    /// Changes the spec to another valid one.
    fn change(&mut self);

    /// Changes the spec to an invalid one; returns the field that the API server reports.
    fn invalidate(&mut self) -> &'static str;

    /// Returns the conditions of the status.
    fn conditions(&mut self) -> &mut Vec<Condition>;
}

/// Returns a condition as the controller sets it.
pub fn accepted() -> Condition {
    Condition {
        last_transition_time: "2026-01-02T03:04:05Z".into(),
        message: "all is well".to_owned(),
        observed_generation: Some(1),
        reason: "Accepted".to_owned(),
        status: "True".to_owned(),
        type_: "Accepted".to_owned(),
    }
}

macro_rules! samples {
    ($($version:ident: $kind:ident, $spec:expr, |$changed:ident| $change:expr, |$target:ident| $invalidate:expr;)*) => { $(
        impl Sample for $version::$kind {
            fn sample(name: &str) -> Self {
                #[allow(clippy::wildcard_imports)]
                use $version::*;
                $version::$kind::new(name, $spec)
            }

            fn change(&mut self) {
                #[allow(unused_imports, clippy::wildcard_imports)]
                use $version::*;
                let $changed = self.spec_mut();
                $change;
            }

            fn invalidate(&mut self) -> &'static str {
                #[allow(unused_imports, clippy::wildcard_imports)]
                use $version::*;
                let $target = self.spec_mut();
                $invalidate
            }

            fn conditions(&mut self) -> &mut Vec<Condition> {
                self.status.get_or_insert_default().conditions.get_or_insert_default()
            }
        }
    )* };
}

samples! {
    v1beta1: AIGatewayRoute, AIGatewayRouteSpec::new([route_rule()]).parent_refs([parent()]),
        |spec| spec.hostnames = Some(vec!["models.example.com".to_owned()]),
        |spec| { spec.hostnames = Some(vec!["not a host".to_owned()]); "spec.hostnames[0]" };
    v1alpha1: AIGatewayRoute, AIGatewayRouteSpec::new([route_rule()]).parent_refs([parent()]),
        |spec| spec.hostnames = Some(vec!["models.example.com".to_owned()]),
        |spec| { spec.hostnames = Some(vec!["not a host".to_owned()]); "spec.hostnames[0]" };
    v1beta1: AIServiceBackend, AIServiceBackendSpec::new(backend(), APISchema::new("OpenAI")),
        |spec| spec.header_mutation = Some(HeaderMutation::default().set([HTTPHeader::new("x-team", "search")])),
        |spec| { spec.schema.name = "NoSuchProvider".into(); "spec.schema.name" };
    v1alpha1: AIServiceBackend, AIServiceBackendSpec::new(backend(), APISchema::new("OpenAI")),
        |spec| spec.header_mutation = Some(HeaderMutation::default().set([HTTPHeader::new("x-team", "search")])),
        |spec| { spec.schema.name = "NoSuchProvider".into(); "spec.schema.name" };
    v1beta1: BackendSecurityPolicy, BackendSecurityPolicySpec::new("APIKey").api_key(APIKey::new(SecretRef::new("keys"))),
        |spec| spec.api_key = Some(APIKey::new(SecretRef::new("other-keys"))),
        |spec| { spec.api_key = None; "spec" };
    v1alpha1: BackendSecurityPolicy, BackendSecurityPolicySpec::new("APIKey").api_key(APIKey::new(SecretRef::new("keys"))),
        |spec| spec.api_key = Some(APIKey::new(SecretRef::new("other-keys"))),
        |spec| { spec.api_key = None; "spec" };
    v1beta1: GatewayConfig, GatewayConfigSpec::default().ext_proc(processor("info")),
        |spec| spec.ext_proc = Some(processor("debug")),
        |spec| {
            let kubernetes = ExtProcKubernetes::default().image("no image!");
            spec.ext_proc = Some(GatewayConfigExtProc::default().kubernetes(kubernetes));
            "spec.extProc.kubernetes.image"
        };
    v1alpha1: GatewayConfig, GatewayConfigSpec::default().ext_proc(processor("info")),
        |spec| spec.ext_proc = Some(processor("debug")),
        |spec| {
            let kubernetes = ExtProcKubernetes::default().image("no image!");
            spec.ext_proc = Some(GatewayConfigExtProc::default().kubernetes(kubernetes));
            "spec.extProc.kubernetes.image"
        };
    v1beta1: MCPRoute, MCPRouteSpec::new([mcp_backend()], [parent()]),
        |spec| spec.path = Some("/tools".to_owned()),
        |spec| { spec.backend_refs.push(mcp_backend()); "spec.backendRefs" };
    v1alpha1: MCPRoute, MCPRouteSpec::new([mcp_backend()], [parent()]),
        |spec| spec.path = Some("/tools".to_owned()),
        |spec| { spec.backend_refs.push(mcp_backend()); "spec.backendRefs" };
    v1alpha1: QuotaPolicy, QuotaPolicySpec::default().service_quota(ServiceQuota::new(QuotaPolicyQuota::new("1h", 100))),
        |spec| spec.service_quota = Some(ServiceQuota::new(QuotaPolicyQuota::new("1d", 1000))),
        |spec| { spec.service_quota = Some(ServiceQuota::new(QuotaPolicyQuota::new("2h", 1))); "spec.serviceQuota.quota.duration" };
}

use v1beta1::{
    AIGatewayRouteRule, AIGatewayRouteRuleBackendRef, AIGatewayRouteRuleMatch, AIServiceBackendBackendRef, EnvVar,
    ExtProcKubernetes, GatewayConfigExtProc, HTTPHeaderMatch, MCPRouteBackendRef, ParentRef,
};

fn parent() -> ParentRef {
    ParentRef::new("gateway").kind("Gateway").group("gateway.networking.k8s.io")
}

fn route_rule() -> AIGatewayRouteRule {
    let by_model = AIGatewayRouteRuleMatch::default().headers([HTTPHeaderMatch::new("x-ai-eg-model", "gpt-4o")]);
    AIGatewayRouteRule::default().matches([by_model]).backend_refs([AIGatewayRouteRuleBackendRef::new("openai")])
}

fn backend() -> AIServiceBackendBackendRef {
    AIServiceBackendBackendRef::new("openai").kind("Backend").group("gateway.envoyproxy.io")
}

fn processor(level: &str) -> GatewayConfigExtProc {
    GatewayConfigExtProc::default()
        .kubernetes(ExtProcKubernetes::default().env([EnvVar::new("LOG_LEVEL").value(level)]))
}

fn mcp_backend() -> MCPRouteBackendRef {
    MCPRouteBackendRef::new("tools").kind("Backend").group("gateway.envoyproxy.io")
}
