//! References to Secrets, and the keys that are read from them.

use serde_json::Value;

use super::{Reference, target};
use crate::inventory::{Key, Object};

/// Where a BackendSecurityPolicy refers to a Secret: the path, the key, and whether the namespace of the reference is used.
const POLICY: [(&str, &str, bool); 8] = [
    ("spec.apiKey.secretRef", "apiKey", false),
    ("spec.anthropicAPIKey.secretRef", "apiKey", false),
    ("spec.azureAPIKey.secretRef", "apiKey", false),
    ("spec.awsCredentials.credentialsFile.secretRef", "credentials", true),
    ("spec.awsCredentials.oidcExchangeToken.oidc.clientSecret", "client-secret", true),
    ("spec.azureCredentials.clientSecretRef", "client-secret", true),
    ("spec.azureCredentials.oidcExchangeToken.oidc.clientSecret", "client-secret", true),
    ("spec.gcpCredentials.credentialsFile.secretRef", "service_account.json", true),
];

/// The path of the client secret of workload identity federation.
const GCP_FEDERATION: &str = "spec.gcpCredentials.workloadIdentityFederationConfig.oidcExchangeToken.oidc.clientSecret";

fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    value.pointer(&format!("/{}", path.replace('.', "/")))
}

/// Returns the Secrets of a BackendSecurityPolicy. The controller reads API keys from the namespace of the policy, whatever
/// the reference says.
pub(super) fn of_policy(policy: &Object) -> Vec<Reference> {
    let all = POLICY.iter().copied().chain([(GCP_FEDERATION, "client-secret", true)]);
    all.filter_map(|(path, key, has_namespace)| {
        let target = secret(policy, at(&policy.body, path)?)?;
        let namespace = if has_namespace { target.namespace } else { policy.key.namespace.clone() };
        Some(Reference { key: Some(key), ..Reference::new(path, Key { namespace, ..target }) })
    })
    .collect()
}

/// Returns the Secrets of an MCPRoute: API keys for its backends, and those of its clients.
pub(super) fn of_mcp_route(route: &Object) -> Vec<Reference> {
    let mut found = Vec::new();
    for (index, backend) in route.list("/spec/backendRefs").iter().enumerate() {
        let path = "securityPolicy.apiKey.secretRef";
        if let Some(target) = at(backend, path).and_then(|reference| secret(route, reference)) {
            let field = format!("spec.backendRefs[{index}].{path}");
            found.push(Reference { key: Some("apiKey"), ..Reference::new(field, target) });
        }
    }
    for (index, reference) in route.list("/spec/securityPolicy/apiKeyAuth/credentialRefs").iter().enumerate() {
        let field = format!("spec.securityPolicy.apiKeyAuth.credentialRefs[{index}]");
        found.extend(secret(route, reference).map(|target| Reference::new(field, target)));
    }
    found
}

/// Returns the target of a reference if it is a Secret.
fn secret(object: &Object, reference: &Value) -> Option<Key> {
    let target = target(object, reference, "", "Secret");
    (target.group.is_empty() && target.kind == "Secret").then_some(target)
}
