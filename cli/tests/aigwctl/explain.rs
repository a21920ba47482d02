//! `aigwctl models`, `match`, `graph` and `status`

use kube::core::{ApiResource, DynamicObject};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::program::{output, run, run_with};

#[test]
fn models_are_listed_with_backends_and_credentials() {
    let rows: Vec<Value> = serde_json::from_str(&output(&["models", "-f", "shop.yaml", "-o", "json"])).unwrap();
    let row = |row: &Value| {
        ["model", "backend", "weight", "schema", "override", "credentials"]
            .map(|name| row[name].as_str().unwrap().to_owned())
    };
    assert_eq!(row(&rows[0]), ["claude", "models/bedrock", "100%", "AWSBedrock", "", ""]);
    assert_eq!(row(&rows[1]), ["gpt-4o", "shop/openai", "90%", "OpenAI", "", "shop/openai-key"]);
    assert_eq!(row(&rows[2]), ["gpt-4o", "shop/azure", "10%", "AzureOpenAI 2025-01-01-preview", "gpt-4o-eu", ""]);
}

#[test]
fn rule_with_more_headers_wins() {
    let text = "apiVersion: aigateway.envoyproxy.io/v1beta1\nkind: AIGatewayRoute\nmetadata: {name: a}\nspec:\n  parentRefs: [{name: g}]\n  \
                rules:\n  - backendRefs: [{name: fallback}]\n  - matches:\n    - headers:\n      - {name: X-AI-EG-Model, value: m}\n      \
                - {name: x-team, value: s.*, type: RegularExpression}\n    backendRefs: [{name: b, modelNameOverride: other}]\n  \
                - matches: [{headers: [{name: x-ai-eg-model, value: m}]}]\n";
    let found =
        run_with(text, &["match", "-f", "-", "--model", "m", "--header", "X-Team=search", "--host", "any.example"], "");
    let expected = "Gateway default/g: rule default/a[1] host=* model=m x-team=~s.* (stdin:8)\n  \
                    to AIServiceBackend default/b as other: priority 0, weight 1 (missing)\n  \
                    not rule default/a[2] host=* model=m: it has fewer headers\n  \
                    not rule default/a[0] host=* model=*: it has fewer headers\n";
    assert_eq!((found.code, &*found.stdout), (0, expected), "{found:?}");
    let other = run_with(text, &["match", "-f", "-", "--model", "x"], "");
    assert!(other.stdout.contains("rule default/a[0]"), "{other:?}");
}

#[test]
fn hosts_limit_the_rules() {
    assert_eq!(run(&["match", "-f", "shop.yaml", "--model", "gpt-4o", "--host", "MODELS.example.com"]).code, 0);
    let other = run(&["match", "-f", "shop.yaml", "--model", "gpt-4o", "--host", "example.com"]);
    assert_eq!((other.code, &*other.stdout), (1, "no rule matches: the gateway answers 404\n"));
}

#[test]
fn graph_shows_dangling_references_and_missing_grants() {
    let tree = output(&["graph", "-f", "shop.yaml"]);
    assert!(
        tree.starts_with(
            "Gateway shop/gateway\n└── AIGatewayRoute shop/models\n    ├── AIServiceBackend models/bedrock\n"
        ),
        "{tree}"
    );
    assert!(tree.contains("Backend shop/azure  ! Backend shop/azure does not exist\n"), "{tree}");
    // With the grant that it prints, nothing is missing.
    let (_, grant) = tree.split_once("\n# no ReferenceGrant").unwrap();
    let (_, grant) = grant.split_once("---\n").unwrap();
    let checked = run_with(grant, &["validate", "-f", "shop.yaml", "-f", "-"], "");
    assert!(!checked.stdout.contains("ReferenceGrant"), "{checked:?}");
    assert!(output(&["graph", "-f", "shop.yaml", "-o", "mermaid"]).starts_with("flowchart LR\n  n"));
    let svg = output(&["graph", "-f", "shop.yaml", "-o", "svg"]);
    assert!(svg.starts_with("<svg ") && svg.contains(">shop/models</text>") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(output(&["graph", "-f", "shop.yaml", "-o", "dot"]).ends_with("}\n"));
}

#[test]
fn status_of_files_reports_the_first_broken_link() {
    let status = run(&["status", "models", "-n", "shop", "-f", "shop.yaml"]);
    assert_eq!(status.code, 1);
    assert!(
        status.stdout.contains("\nfirst broken link: spec.rules[1].backendRefs[0]\ncreate the ReferenceGrant:\n"),
        "{status:?}"
    );
    let missing = run(&["status", "other", "-f", "shop.yaml"]);
    assert_eq!((missing.code, &*missing.stderr), (1, "error: AIGatewayRoute default/other does not exist\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_of_a_cluster_follows_conditions() {
    let cluster = Cluster::shop().await;
    let status = ["status", "models", "-n", "shop"];
    let first = cluster.run(&status).await;
    assert_eq!(first.code, 1);
    assert!(first.stdout.contains("first broken link: AIGatewayRoute shop/models Accepted\n"), "{first:?}");
    accept(&cluster).await;
    let second = cluster.run(&status).await;
    assert!(second.stdout.starts_with("ok       AIGatewayRoute shop/models Accepted\n"), "{second:?}");
    assert!(second.stdout.contains("first broken link: Gateway shop/gateway Programmed\n"), "{second:?}");
    assert!(second.stdout.contains("broken   HTTPRoute shop/models: it does not exist\n"), "{second:?}");
    let models = cluster.output(&["models"]).await;
    assert!(models.contains("shop/openai-key") && !models.contains("sk-secret"), "{models}");
    let graph = cluster.output(&["graph"]).await;
    assert!(graph.contains("Backend shop/azure does not exist"), "{graph}");
}

async fn accept(cluster: &Cluster) {
    let resource = ApiResource {
        group: "aigateway.envoyproxy.io".into(),
        version: "v1beta1".into(),
        api_version: "aigateway.envoyproxy.io/v1beta1".into(),
        kind: "AIGatewayRoute".into(),
        plural: "aigatewayroutes".into(),
    };
    let api = kube::Api::<DynamicObject>::namespaced_with(cluster.server.client(), "shop", &resource);
    let condition = json!({"type": "Accepted", "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let patch = kube::api::Patch::Merge(json!({"status": {"conditions": [condition]}}));
    api.patch_status("models", &kube::api::PatchParams::default(), &patch).await.unwrap();
}
