//! Warnings about objects that are valid.
//!
//! Source: `WarningsOnCreate` and `WarningsOnUpdate` of `kubernetes/pkg/registry/*/*/strategy.go`.

use serde_json::Value;

use crate::json::base64;
use crate::kinds::{Kind, Rules};

/// Returns the warnings about a new or updated object.
pub(crate) fn warnings(kind: &Kind, object: &Value, old: Option<&Value>) -> Vec<String> {
    match kind.coded() {
        Some(("", "Service")) => service(object),
        Some(("storage.k8s.io", "CSIDriver")) => driver(object, old),
        _ if kind.rules == Rules::Secret => secret(object),
        _ => Vec::new(),
    }
}

fn service(service: &Value) -> Vec<String> {
    let spec = &service["spec"];
    let is_set = |name: &str| match &spec[name] {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    let is_external = spec["type"] == "ExternalName";
    let is_headless = spec["type"] == "ClusterIP" && spec["clusterIP"] == "None";
    let mut warnings = Vec::new();
    if is_headless {
        if is_set("loadBalancerIP") {
            warnings.push("spec.loadBalancerIP is ignored for headless services");
        }
        if is_set("externalIPs") {
            warnings.push("spec.externalIPs is ignored for headless services");
        }
        if spec["sessionAffinity"] != "None" {
            warnings.push("spec.SessionAffinity is ignored for headless services");
        }
    }
    if is_set("externalIPs") && !is_headless && !is_external {
        warnings.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
    }
    if is_set("externalIPs") && is_external {
        warnings.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
    }
    if is_set("externalName") && !is_external {
        warnings.push("spec.externalName is ignored when spec.type is not \"ExternalName\"");
    }
    if spec["trafficDistribution"] == "PreferClose" {
        warnings.push("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }
    warnings.into_iter().map(str::to_owned).collect()
}

fn driver(driver: &Value, old: Option<&Value>) -> Vec<String> {
    let has_requests = driver["spec"]["tokenRequests"].as_array().is_some_and(|requests| !requests.is_empty());
    let is_unchanged = old.is_some_and(|old| old["spec"]["tokenRequests"] == driver["spec"]["tokenRequests"]);
    if !has_requests || is_unchanged || !driver["spec"]["serviceAccountTokenInSecrets"].is_null() {
        return Vec::new();
    }
    let warning = "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent \
                   possible logging of tokens in volume attributes";
    vec![warning.to_owned()]
}

/// Warns about a certificate or key that is not PEM. Whether they belong together is not checked.
fn secret(secret: &Value) -> Vec<String> {
    if secret["type"] != "kubernetes.io/tls" {
        return Vec::new();
    }
    let is_pem = |name: &str| {
        let bytes = base64::decode(secret["data"][name].as_str().unwrap_or_default()).unwrap_or_default();
        memchr::memmem::find(&bytes, b"-----BEGIN ").is_some()
    };
    let part = match (is_pem("tls.crt"), is_pem("tls.key")) {
        (false, _) => "certificate",
        (true, false) => "key",
        (true, true) => return Vec::new(),
    };
    vec![format!("tls: failed to find any PEM data in {part} input")]
}
