//! Names of the kinds that the program knows.
//!
//! Kinds of AI Gateway have generated types. Those of its neighbours (Gateway API, Envoy Gateway, the inference extension) are
//! read as JSON: the program reads a few of their fields, and works with every version of them that a cluster serves.

/// The API group of AI Gateway.
pub(crate) const AIGATEWAY: &str = "aigateway.envoyproxy.io";
/// The API group of Gateway API.
pub(crate) const GATEWAY_API: &str = "gateway.networking.k8s.io";
/// The API group of Envoy Gateway.
pub(crate) const ENVOY_GATEWAY: &str = "gateway.envoyproxy.io";
/// The API group of the inference extension of Gateway API.
pub(crate) const INFERENCE: &str = "inference.networking.k8s.io";

/// The annotation of a Gateway that names its GatewayConfig.
pub(crate) const GATEWAY_CONFIG_ANNOTATION: &str = "aigateway.envoyproxy.io/gateway-config";
/// The finalizer of the AI Gateway controller.
pub(crate) const FINALIZER: &str = "aigateway.envoyproxy.io/finalizer";
/// The annotation of rotated Secrets with the time at which the credentials expire.
pub(crate) const EXPIRATION_ANNOTATION: &str = "rotators/expiration-time";

/// A kind that an inventory of a cluster contains.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KindName {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
}

impl KindName {
    const fn new(group: &'static str, kind: &'static str, plural: &'static str) -> Self {
        KindName { group, kind, plural }
    }

    /// Returns the name for [`RestMapper::resolve`](kube_client_runtime::dynamic::RestMapper::resolve).
    pub(crate) fn qualified(self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// The kinds of AI Gateway.
pub(crate) const OWN: [KindName; 6] = [
    KindName::new(AIGATEWAY, "AIGatewayRoute", "aigatewayroutes"),
    KindName::new(AIGATEWAY, "AIServiceBackend", "aiservicebackends"),
    KindName::new(AIGATEWAY, "BackendSecurityPolicy", "backendsecuritypolicies"),
    KindName::new(AIGATEWAY, "GatewayConfig", "gatewayconfigs"),
    KindName::new(AIGATEWAY, "MCPRoute", "mcproutes"),
    KindName::new(AIGATEWAY, "QuotaPolicy", "quotapolicies"),
];

/// Other kinds that those of AI Gateway refer to, or that are created for them.
pub(crate) const NEIGHBOURS: [KindName; 7] = [
    KindName::new(GATEWAY_API, "Gateway", "gateways"),
    KindName::new(GATEWAY_API, "HTTPRoute", "httproutes"),
    KindName::new(GATEWAY_API, "ReferenceGrant", "referencegrants"),
    KindName::new(ENVOY_GATEWAY, "Backend", "backends"),
    KindName::new(INFERENCE, "InferencePool", "inferencepools"),
    KindName::new("", "Secret", "secrets"),
    KindName::new("", "Service", "services"),
];

/// Cluster-scoped kinds that often appear in manifests, so that they are not reported with a namespace.
const CLUSTER_SCOPED: [&str; 10] = [
    "APIService",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "GatewayClass",
    "IngressClass",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
];

/// Returns whether a kind is one of AI Gateway.
pub(crate) fn is_own(group: &str) -> bool {
    group == AIGATEWAY
}

/// Returns whether a kind is known to be cluster-scoped.
pub(crate) fn is_cluster_scoped(kind: &str) -> bool {
    CLUSTER_SCOPED.contains(&kind)
}
