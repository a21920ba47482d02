//! `aigwctl graph`: the ReferenceGrants that are missing, and no others.

use kube_fake_apiserver::{Calls, Failure, GroupResource, Reaction};

use crate::cluster::Cluster;
use crate::program::{Run, run_with};

/// A route in namespace `shop` with two backends in namespace `models`, and with their Backends in the same namespace.
const ROUTE: &str = "
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIGatewayRoute
metadata: {name: models, namespace: shop}
spec: {rules: [{backendRefs: [{name: a, namespace: models}, {name: b, namespace: models}, {name: local}]}]}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIServiceBackend
metadata: {name: a, namespace: models}
spec: {schema: {name: OpenAI}, backendRef: {name: a, group: gateway.envoyproxy.io, kind: Backend}}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIServiceBackend
metadata: {name: b, namespace: models}
spec: {schema: {name: OpenAI}, backendRef: {name: b, group: gateway.envoyproxy.io, kind: Backend}}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIServiceBackend
metadata: {name: local, namespace: shop}
spec: {schema: {name: OpenAI}, backendRef: {name: local, group: gateway.envoyproxy.io, kind: Backend}}
";

/// Returns a grant in a namespace; `to` is the name of the only object that it permits, or empty.
fn grant(version: &str, namespace: &str, from: &str, to_kind: &str, to: &str) -> String {
    let group = |kind: &str| match kind {
        "HTTPRoute" => "gateway.networking.k8s.io",
        "Backend" => "gateway.envoyproxy.io",
        "InferencePool" => "inference.networking.k8s.io",
        _ => "aigateway.envoyproxy.io",
    };
    let (from_group, to_group) = (group(from), group(to_kind));
    let name = if to.is_empty() { String::new() } else { format!(", name: {to}") };
    format!(
        "---\napiVersion: gateway.networking.k8s.io/{version}\nkind: ReferenceGrant\n\
         metadata: {{name: x{from}-{to_kind}-{to}x, namespace: {namespace}}}\nspec:\n  \
         from: [{{group: {from_group}, kind: {from}, namespace: shop}}]\n  \
         to: [{{group: {to_group}, kind: {to_kind}{name}}}]\n"
    )
}

fn graph(input: &[&str]) -> Run {
    run_with(&input.concat(), &["graph", "-f", "-"], "")
}

/// Returns the sentences about missing grants.
fn missing(input: &[&str]) -> Vec<String> {
    let run = graph(input);
    assert_eq!((run.code, &*run.stderr), (0, ""), "{run:?}");
    run.stdout
        .lines()
        .filter_map(|line| line.strip_prefix("# no ReferenceGrant in namespace "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn missing_grants_are_printed_once_for_each_pair_of_kinds() {
    assert_eq!(
        missing(&[ROUTE]),
        [
            "models allows AIGatewayRoute of namespace shop to refer to AIServiceBackend a",
            "models allows AIGatewayRoute of namespace shop to refer to AIServiceBackend b",
            "models allows HTTPRoute of namespace shop to refer to Backend a",
            "models allows HTTPRoute of namespace shop to refer to Backend b",
        ]
    );
    let text = graph(&[ROUTE]).stdout;
    assert_eq!(text.matches("kind: ReferenceGrant\n").count(), 2, "{text}");
    // With what is printed, nothing is missing.
    let (_, printed) = text.split_once("\n\n").unwrap();
    assert_eq!(missing(&[ROUTE, "---\n", printed]), [""; 0]);
}

#[test]
fn grants_of_any_version_and_document_permit_the_references() {
    let backends = grant("v1", "models", "AIGatewayRoute", "AIServiceBackend", "");
    let targets = ["a", "b"].map(|name| grant("v1beta1", "models", "HTTPRoute", "Backend", name));
    assert_eq!(missing(&[&backends, &targets[0], &targets[1], "---", ROUTE]), [""; 0]);
    assert_eq!(
        missing(&[&backends, &targets[0], "---", ROUTE]),
        ["models allows HTTPRoute of namespace shop to refer to Backend b"]
    );
}

#[test]
fn grants_for_something_else_do_not_permit_the_references() {
    let all = missing(&[ROUTE]);
    for (namespace, from, to_kind, to) in [
        ("shop", "HTTPRoute", "Backend", ""),
        ("models", "HTTPRoute", "AIServiceBackend", ""),
        ("models", "AIGatewayRoute", "Backend", ""),
        ("models", "HTTPRoute", "Backend", "c"),
    ] {
        assert_eq!(
            missing(&[ROUTE, &grant("v1beta1", namespace, from, to_kind, to)]),
            all,
            "{namespace} {from} {to_kind}"
        );
    }
    let other = grant("v1beta1", "models", "HTTPRoute", "Backend", "").replace("namespace: shop", "namespace: other");
    assert_eq!(missing(&[ROUTE, &other]), all);
}

#[test]
fn printed_grants_do_not_replace_existing_ones() {
    let existing = grant("v1beta1", "models", "HTTPRoute", "Backend", "c");
    let existing = existing.replace("xHTTPRoute-Backend-cx", "shop-httproute-to-backend");
    let text = graph(&[ROUTE, &existing]).stdout;
    assert!(text.contains("  name: shop-httproute-to-backend-2\n"), "{text}");
}

#[test]
fn only_the_last_definition_of_an_object_needs_grants() {
    let local = ROUTE.split_once("---").unwrap().0.replace(", namespace: models}", "}");
    assert_eq!(missing(&[ROUTE, "---", &local]), [""; 0]);
}

#[test]
fn references_of_policies_and_mcp_routes_need_no_grants() {
    let text = "
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIServiceBackend
metadata: {name: a, namespace: models}
spec: {schema: {name: OpenAI}, backendRef: {name: a, namespace: backends, group: gateway.envoyproxy.io, kind: Backend}}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: BackendSecurityPolicy
metadata: {name: a, namespace: models}
spec:
  type: AWSCredentials
  awsCredentials: {region: r, credentialsFile: {secretRef: {name: aws, namespace: secrets}}}
  targetRefs: [{group: aigateway.envoyproxy.io, kind: AIServiceBackend, name: a}]
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: MCPRoute
metadata: {name: a, namespace: models}
spec: {backendRefs: [{name: mcp, port: 80}]}
";
    assert_eq!(missing(&[text]), [""; 0]);
    // The HTTPRoute of a route in another namespace refers to the Backend in a third one.
    let route = "---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIGatewayRoute
metadata: {name: models, namespace: models}
spec: {rules: [{backendRefs: [{name: a}]}]}
";
    assert_eq!(missing(&[text, route]), ["backends allows HTTPRoute of namespace models to refer to Backend a"]);
}

#[test]
fn inference_pool_of_another_namespace_needs_a_grant_for_the_http_route() {
    let route = "
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIGatewayRoute
metadata: {name: models, namespace: shop}
spec: {rules: [{backendRefs: [{name: pool, namespace: models, group: inference.networking.k8s.io, kind: InferencePool}]}]}
";
    assert_eq!(missing(&[route]), ["models allows HTTPRoute of namespace shop to refer to InferencePool pool"]);
    assert_eq!(missing(&[route, &grant("v1beta1", "models", "HTTPRoute", "InferencePool", "")]), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_of_the_cluster_are_read() {
    let cluster = Cluster::shop().await;
    let before = cluster.output(&["graph"]).await;
    let (_, printed) = before.split_once("\n\n").unwrap();
    assert!(printed.contains("refer to Backend bedrock\n"), "{before}");
    let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    std::fs::write(file.path(), printed).unwrap();
    cluster.output(&["apply", "-f", &file.path().to_string_lossy()]).await;
    assert!(!cluster.output(&["graph"]).await.contains("ReferenceGrant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missing_if_the_grants_of_the_cluster_are_not_known() {
    let cluster = Cluster::shop().await;
    let [group, resource] = ["gateway.networking.k8s.io", "referencegrants"].map(str::to_owned);
    let grants = GroupResource { group, resource };
    let forbidden = Failure::forbidden(&grants, "", "no permission");
    cluster.server.react(Calls::to("list", "referencegrants"), Reaction::fail(forbidden));
    let graph = cluster.output(&["graph"]).await;
    assert!(graph.contains("AIServiceBackend models/bedrock"), "{graph}");
    assert!(!graph.contains("kind: ReferenceGrant"), "{graph}");
}
