//! Commands on the API server in memory, over TCP.

use std::io::{BufRead, BufReader, Lines};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdout, Command, Stdio};

use kube::core::ApiResource;
use kube::discovery::Scope;
use kube_fake_apiserver::{FakeApiServer, ListeningServer};
use tempfile::NamedTempFile;

use crate::program::{Run, data, run_with};

/// A server that listens, and its kubeconfig.
pub(crate) struct Cluster {
    pub(crate) server: FakeApiServer,
    kubeconfig: NamedTempFile,
    _listening: ListeningServer,
}

pub(crate) fn resource(group: &str, version: &str, kind: &str, plural: &str) -> ApiResource {
    let api_version = format!("{group}/{version}");
    let [group, version, kind, plural] = [group, version, kind, plural].map(str::to_owned);
    ApiResource { group, version, api_version, kind, plural }
}

/// The kinds of neighbours, without schemas.
fn neighbours() -> [(ApiResource, Scope); 4] {
    [
        ("gateway.networking.k8s.io", "v1", "Gateway", "gateways"),
        ("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
        ("gateway.networking.k8s.io", "v1beta1", "ReferenceGrant", "referencegrants"),
        ("gateway.envoyproxy.io", "v1alpha1", "Backend", "backends"),
    ]
    .map(|(group, version, kind, plural)| (resource(group, version, kind, plural), Scope::Namespaced))
}

/// A program that runs, and is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Returns the next line of the output.
    pub(crate) fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Cluster {
    /// Starts a server with the CRDs of AI Gateway.
    pub(crate) async fn new() -> Self {
        let crds = data("../../../crds");
        let builder = FakeApiServer::builder().crds_in(crds).unwrap();
        Cluster::with(neighbours().into_iter().fold(builder, |builder, (kind, scope)| builder.kind(kind, scope))).await
    }

    /// Starts a server.
    pub(crate) async fn with(builder: kube_fake_apiserver::Builder) -> Self {
        let server = builder.namespaces(["shop", "models"]).build().unwrap();
        let listening = server.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let kubeconfig = NamedTempFile::new().unwrap();
        std::fs::write(kubeconfig.path(), listening.kubeconfig()).unwrap();
        Cluster { server, kubeconfig, _listening: listening }
    }

    /// Runs the program on the server.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Run {
        let kubeconfig = self.kubeconfig.path().to_string_lossy().into_owned();
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let run = move || run_with("", &arguments.iter().map(String::as_str).collect::<Vec<_>>(), &kubeconfig);
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// Starts the program, which runs until it is dropped.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aigwctl"));
        command.args(arguments).env("KUBECONFIG", self.kubeconfig.path()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines }
    }

    /// Runs the program, which must succeed.
    pub(crate) async fn output(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments).await;
        assert_eq!((run.code, &*run.stderr), (0, ""), "{run:#?}");
        run.stdout
    }

    /// Starts a server with the objects of `tests/data/shop.yaml`.
    pub(crate) async fn shop() -> Self {
        let cluster = Cluster::new().await;
        cluster.output(&["apply", "-f", "shop.yaml"]).await;
        cluster
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn manifests_are_applied_compared_and_deleted() {
    let cluster = Cluster::new().await;
    let missing = cluster.run(&["diff", "-f", "shop.yaml"]).await;
    assert_eq!(missing.code, 1);
    assert!(
        missing.stdout.contains("+    - name: openai\n") && !missing.stdout.contains("sk-secret"),
        "{}",
        missing.stdout
    );
    let elsewhere = cluster.run(&["diff", "-f", "silent.yaml", "-n", "missing"]).await;
    assert_eq!(elsewhere.code, 2, "{elsewhere:?}");
    let created = cluster.output(&["apply", "-f", "shop.yaml"]).await;
    assert_eq!(created.lines().count(), 10);
    assert!(created.contains("aigatewayroute.aigateway.envoyproxy.io/models created\n"), "{created}");
    assert_eq!(cluster.output(&["diff", "-f", "shop.yaml"]).await, "");
    cluster.output(&["delete", "-f", "shop.yaml"]).await;
    assert_eq!(cluster.run(&["get", "aigatewayroutes", "models", "-n", "shop"]).await.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_were_removed_from_a_set_are_pruned() {
    let cluster = Cluster::new().await;
    let folder = tempfile::tempdir().unwrap();
    let manifest = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    let write = |file: &str, text: String| std::fs::write(folder.path().join(file), text).unwrap();
    write("a.yaml", manifest("a"));
    write("b.yaml", manifest("b"));
    let folder_name = folder.path().to_str().unwrap();
    let apply = ["apply", "-f", folder_name, "-n", "shop", "--prune", "--applyset", "configmaps/set"];
    cluster.output(&apply).await;
    std::fs::remove_file(folder.path().join("b.yaml")).unwrap();
    let pruned = cluster.output(&apply).await;
    assert!(pruned.contains("configmap/b pruned\n"), "{pruned}");
    assert_eq!(
        cluster.output(&["get", "configmaps", "-n", "shop", "-o", "name"]).await,
        "configmap/a\nconfigmap/set\n"
    );
    let alone = cluster.run(&["apply", "-f", folder_name, "--prune"]).await;
    assert_eq!(alone.code, 2, "{alone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_printed_with_names_as_kubectl_resolves_them() {
    let cluster = Cluster::shop().await;
    let name = "aigatewayroute.aigateway.envoyproxy.io/models\n";
    for type_ in ["aigatewayroutes", "AIGatewayRoute", "aigatewayroutes.v1beta1.aigateway.envoyproxy.io"] {
        assert_eq!(cluster.output(&["get", type_, "-n", "shop", "-o", "name"]).await, name);
    }
    let table = cluster.output(&["get", "aiservicebackends", "-A"]).await;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows,
        [vec!["NAMESPACE", "NAME", "STATUS"], vec!["models", "bedrock"], vec!["shop", "azure"], vec!["shop", "openai"]]
    );
    let yaml = cluster.output(&["get", "aigatewayroute/models", "-n", "shop", "-o", "yaml"]).await;
    assert!(yaml.starts_with("apiVersion: aigateway.envoyproxy.io/v1beta1\nkind: AIGatewayRoute\n"), "{yaml}");
    let json = cluster.output(&["get", "gwconfig,secrets", "-n", "shop", "-o", "json"]).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["items"][0]["kind"], "Secret");
    let unknown = cluster.run(&["get", "nothing"]).await;
    assert_eq!((unknown.code, &*unknown.stderr), (2, "error: the server has no resource \"nothing\"\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn description_contains_broken_references() {
    let cluster = Cluster::shop().await;
    let text = cluster.output(&["describe", "aiservicebackends", "azure", "-n", "shop"]).await;
    assert!(text.contains("Name:         azure\nNamespace:    shop\n"), "{text}");
    assert!(
        text.contains("References:\n  spec.backendRef: Backend shop/azure does not exist\nEvents:       <none>\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn crds_are_installed() {
    let cluster = Cluster::with(FakeApiServer::builder()).await;
    let installed = cluster.output(&["install-crds"]).await;
    assert_eq!(installed.lines().count(), 6);
    assert!(installed.lines().all(|line| line.ends_with(" created")), "{installed}");
    let again = cluster.output(&["install-crds"]).await;
    assert!(again.lines().all(|line| line.ends_with(" applied")), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_needs_a_name_or_a_selector() {
    let cluster = Cluster::shop().await;
    assert_eq!(cluster.run(&["delete", "aigatewayroutes", "-n", "shop"]).await.code, 2);
    let deleted = cluster.output(&["delete", "aiservicebackends", "-n", "shop", "--all"]).await;
    assert_eq!(deleted.lines().count(), 2);
    assert_eq!(cluster.run(&["delete", "aigatewayroute/other", "-n", "shop"]).await.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_are_validated_against_the_cluster() {
    let cluster = Cluster::shop().await;
    let output = cluster.output(&["validate", "-f", "shop.yaml", "--against-cluster", "--references", "off"]).await;
    assert_eq!(output, "10 objects in 1 file: 0 errors, 0 warnings\n");
}
