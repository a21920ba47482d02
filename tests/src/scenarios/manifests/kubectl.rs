//! ApplySets of kubectl and of the runtime.

use std::path::Path;
use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::manifests::{ApplyManifestsOptions, ApplySet, ApplySetError, ManifestsError, apply_manifests};

use super::{config_map, lines, manifests};
use crate::backend::Backend;

/// kubectl with a kubeconfig, in the namespace of a backend.
struct Kubectl<'k> {
    kubeconfig: &'k Path,
    namespace: &'k str,
}

impl Kubectl<'_> {
    /// Runs kubectl with manifests as its standard input, and returns its output and its errors.
    async fn run(&self, arguments: &str, input: String) -> (String, String) {
        let mut command = Command::new(std::env::var_os("E2E_KUBECTL").unwrap_or_else(|| "kubectl".into()));
        command.args(["--namespace", self.namespace]).args(arguments.split(' '));
        command.env("KUBECONFIG", self.kubeconfig).env("KUBECTL_APPLYSET", "true");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let run = move || {
            let mut child = command.spawn()?;
            let written = child.stdin.take().map(|mut stdin| std::io::Write::write_all(&mut stdin, input.as_bytes()));
            written.transpose()?;
            child.wait_with_output()
        };
        let output = tokio::task::spawn_blocking(run).await.expect("no panic").expect("kubectl runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }

    /// Applies config maps as the ApplySet with this parent.
    async fn apply(&self, parent: &str, names: &[&str]) -> (String, String) {
        let input: Vec<String> = names.iter().map(|name| config_map(name, "1")).collect();
        self.run(&format!("apply --server-side --prune --applyset={parent} -f -"), input.join("---\n")).await
    }
}

/// Verifies that kubectl and the runtime use ApplySets of each other if the tooling is kubectl's, and refuse them otherwise.
///
/// # Panics
/// If a set is not pruned, not refused, or changed by an apply of the same input.
pub async fn kubectl_shares_apply_sets(backend: Backend, kubeconfig: &Path) {
    let client = backend.clients.client();
    let kubectl = Kubectl { kubeconfig, namespace: &backend.namespace };
    let set = |name: &str| ApplySet::config_map(&backend.namespace, name);
    let options = |set| ApplyManifestsOptions::new("kubectl").namespace(&backend.namespace).apply_set(set);
    let input = |names: &[&str]| manifests(&names.iter().map(|name| config_map(name, "1")).collect::<Vec<_>>());
    let parents = client.namespaced::<ConfigMap>(&backend.namespace);

    // A set of kubectl.
    let (output, errors) = kubectl.apply("configmaps/theirs", &["a", "b"]).await;
    assert_eq!(output, "configmap/a serverside-applied\nconfigmap/b serverside-applied\n", "{errors}");
    let refused = apply_manifests(client, &input(&["a"]), &options(set("theirs"))).await;
    let Err(ManifestsError::ApplySet(ApplySetError::ForeignTooling { found, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(found, "kubectl");
    let parent = parents.get("theirs").await.expect("a parent").metadata.annotations.unwrap_or_default();
    let (tool, version) = parent["applyset.kubernetes.io/tooling"].split_once('/').expect("a version");
    let adopted = options(set("theirs").tooling(tool, version));
    let report = apply_manifests(client, &input(&["a", "c"]), &adopted).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&report), ["configmap/a unchanged", "configmap/c created", "configmap/b pruned"]);

    // kubectl continues with it, and prints what the report prints.
    let (output, errors) = kubectl.apply("configmaps/theirs", &["c", "d"]).await;
    let expected = "configmap/c serverside-applied\nconfigmap/d serverside-applied\nconfigmap/a pruned\n";
    assert_eq!(output, expected, "{errors}");
    let before = parents.get("theirs").await.expect("a parent");
    let report = apply_manifests(client, &input(&["c", "d"]), &adopted).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&report), ["configmap/c unchanged", "configmap/d unchanged"]);
    assert_eq!(parents.get("theirs").await.expect("a parent"), before, "both write the same parent");
    let (output, errors) = kubectl.apply("configmaps/theirs", &["c", "d"]).await;
    assert_eq!(output, report.to_string(), "{errors}");
    assert_eq!(parents.get("theirs").await.expect("a parent"), before, "both write the same parent");

    // An object of client-side apply is migrated.
    let old = config_map("migrated", "1").replace("{key: ", "{old: \"1\", key: ");
    let (output, errors) = kubectl.run("apply -f -", old).await;
    assert_eq!(output, "configmap/migrated created\n", "{errors}");
    let plain = ApplyManifestsOptions::new("installer").namespace(&backend.namespace);
    apply_manifests(client, &input(&["migrated"]), &plain).await.unwrap_or_else(|error| panic!("{error}"));
    let migrated = parents.get("migrated").await.expect("an object");
    assert_eq!(migrated.data, Some([("key".to_owned(), "1".to_owned())].into()), "the old field is removed");
    let entries = migrated.metadata.managed_fields.unwrap_or_default();
    let managers: Vec<Option<&str>> = entries.iter().map(|entry| entry.manager.as_deref()).collect();
    assert_eq!(managers, [Some("installer")]);

    // A set of the runtime.
    let report = apply_manifests(client, &input(&["k", "l"]), &options(set("ours"))).await.expect("our set");
    let (_, errors) = kubectl.apply("configmaps/ours", &["k"]).await;
    let expected = r#"already exists and is managed by tooling "kube-client-runtime" instead of "kubectl""#;
    assert!(errors.contains(expected), "{errors}");
    let id = report.apply_set.map(|set| set.id).unwrap_or_default();
    let (output, errors) =
        kubectl.run(&format!("get configmaps -o name -l applyset.kubernetes.io/part-of={id}"), String::new()).await;
    assert_eq!(output, "configmap/k\nconfigmap/l\n", "{errors}");
}
