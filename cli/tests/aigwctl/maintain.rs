//! `aigwctl credentials`, `doctor`, `migrate-storage`, `completions` and `man`

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::program::{output, run, run_with};

const CRD: &str = "aigatewayroutes.aigateway.envoyproxy.io";

#[test]
fn credentials_are_listed_with_problems() {
    let run = run(&["credentials", "-f", "shop.yaml"]);
    let rows: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    let problem = "Secret shop/openai-key has no key \"apiKey\"";
    assert_eq!(rows[1], ["shop/openai-key", "APIKey", "shop/openai-key", "apiKey", "-", "1", problem]);
    assert_eq!(run.code, 1);
}

#[test]
fn expired_and_shared_credentials_are_reported() {
    let policy = |name: &str| {
        format!(
            "{{apiVersion: aigateway.envoyproxy.io/v1beta1, kind: BackendSecurityPolicy, metadata: {{name: {name}}}, spec: {{type: APIKey, \
             apiKey: {{secretRef: {{name: key}}}}}}}}\n---\n"
        )
    };
    let secret = |name: &str, time: &str| {
        format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: {name}, annotations: {{rotators/expiration-time: \"{time}\"}}}}, \
             data: {{apiKey: \"\"}}}}\n---\n"
        )
    };
    let text = [
        policy("a"),
        policy("b"),
        secret("key", "2999-01-01T00:00:00Z"),
        secret("ai-eg-bsp-b", "2020-01-01T00:00:00Z"),
    ]
    .concat();
    let run = run_with(&text, &["credentials", "-f", "-", "-o", "json"], "");
    let found: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let states: Vec<_> = found
        .iter()
        .map(|found| {
            (found["secret"].as_str().unwrap(), found["policies"].as_u64().unwrap(), found["state"].as_str().unwrap())
        })
        .collect();
    assert_eq!(states, [("default/key", 2, "ok"), ("default/key", 2, "ok"), ("default/ai-eg-bsp-b", 1, "expired")]);
    assert_eq!(run.code, 1);
}

/// Makes the server report that objects may be stored in an old version.
async fn store_old_version(cluster: &Cluster) {
    let crds = kube::Api::<CustomResourceDefinition>::all(cluster.server.client());
    let patch = Patch::Merge(json!({"status": {"storedVersions": ["v1alpha1", "v1beta1"]}}));
    crds.patch_status(CRD, &PatchParams::default(), &patch).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_stored_versions_that_the_migration_removes() {
    let cluster = Cluster::shop().await;
    let healthy = cluster.output(&["doctor"]).await;
    assert!(healthy.contains(&format!("ok       {CRD}: stored as v1beta1\n")), "{healthy}");
    store_old_version(&cluster).await;
    let sick = cluster.run(&["doctor"]).await;
    let problem = format!("problem  {CRD} may have objects stored as v1alpha1: run aigwctl migrate-storage\n");
    assert!(sick.code == 1 && sick.stdout.contains(&problem), "{sick:?}");
    let dry = cluster.output(&["migrate-storage", "--dry-run"]).await;
    assert!(dry.contains(&format!("{CRD}: 1 objects would be rewritten as v1beta1 (dry run)\n")), "{dry}");
    let migrated = cluster.output(&["migrate-storage"]).await;
    assert!(migrated.contains("status.storedVersions is [v1beta1]\n"), "{migrated}");
    assert_eq!(cluster.output(&["doctor"]).await, healthy);
    assert!(cluster.output(&["migrate-storage"]).await.contains(&format!("{CRD}: stored as v1beta1\n")));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_reports_missing_crds() {
    let cluster = Cluster::with(kube_fake_apiserver::FakeApiServer::builder()).await;
    let doctor = cluster.run(&["doctor"]).await;
    assert_eq!(doctor.code, 1);
    assert_eq!(doctor.stdout.matches("the CRD is not installed: run aigwctl install-crds\n").count(), 6);
}

#[test]
fn plugin_of_kubectl_is_the_same_program() {
    let help = |program: &str| {
        let output = std::process::Command::new(program).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (program, plugin) = (help(env!("CARGO_BIN_EXE_aigwctl")), help(env!("CARGO_BIN_EXE_kubectl-aigw")));
    assert!(program.contains("\nUsage: aigwctl [OPTIONS] <COMMAND>\n"), "{program}");
    assert_eq!(program.replace("Usage: aigwctl", "Usage: kubectl aigw"), plugin);
}

#[test]
fn completions_and_manual_name_all_commands() {
    let (completions, manual) = (output(&["completions", "bash"]), output(&["man"]));
    for command in [
        "validate",
        "get",
        "describe",
        "apply",
        "delete",
        "diff",
        "wait",
        "watch",
        "install-crds",
        "models",
        "match",
        "graph",
        "status",
        "lint",
        "credentials",
        "doctor",
        "migrate-storage",
    ] {
        assert!(completions.contains(command), "{command}");
        assert!(manual.contains(&command.replace('-', "\\-")), "{command}");
    }
}
