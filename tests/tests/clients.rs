//! Third-party clients on the in-memory server over TCP.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use integration_tests::backend::over_tcp;
use integration_tests::scenarios;
use kube_fake_apiserver::{Builder, FakeApiServer, ListeningServer};

async fn listening() -> ListeningServer {
    let server = FakeApiServer::builder().crds(aigateway_client::crds()).and_then(Builder::build).expect("a server");
    server.listen(([127, 0, 0, 1], 0).into()).await.expect("a free port")
}

/// A file that is removed when this value is dropped.
struct Kubeconfig(std::path::PathBuf);

impl Kubeconfig {
    fn of(listening: &ListeningServer, name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}.kubeconfig", std::process::id()));
        std::fs::write(&path, listening.kubeconfig()).expect("a kubeconfig");
        Kubeconfig(path)
    }
}

impl Drop for Kubeconfig {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs a command and returns its output and errors.
async fn output_of(mut command: Command) -> String {
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("the command runs");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Go"]
async fn client_go_informer_receives_all_events() {
    let listening = listening().await;
    let kubeconfig = Kubeconfig::of(&listening, "client-go");
    let mut command = Command::new("go");
    command.args(["run", "."]).arg(&kubeconfig.0);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/client-go"));
    let output = output_of(command).await;
    // The order of events of different objects is undefined.
    let mut lines: Vec<&str> = output.lines().filter(|line| !line.starts_with("go: downloading")).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["added first", "added second", "deleted second", "done", "updated first"], "{output}");
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs kubectl"]
async fn kubectl_shares_apply_sets_in_memory() {
    let backend = over_tcp().await;
    let kubeconfig = Kubeconfig::of(backend.listening.as_ref().expect("a server"), "apply-sets");
    scenarios::kubectl_shares_apply_sets(backend, &kubeconfig.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs kubectl"]
async fn kubectl_commands_succeed() {
    let listening = listening().await;
    let kubeconfig = Kubeconfig::of(&listening, "kubectl");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/manifests");
    let manifests = folder.join("gateway.yaml").display().to_string();
    let kubectl = async |arguments: &str| {
        let mut command = Command::new("kubectl");
        command.args(arguments.split(' ').map(|argument| argument.replace("MANIFESTS", &manifests)));
        command.env("KUBECONFIG", &kubeconfig.0);
        output_of(command).await
    };
    for (arguments, expected) in [
        (
            "apply -f MANIFESTS",
            "aiservicebackend.aigateway.envoyproxy.io/openai created\naigatewayroute.aigateway.envoyproxy.io/models created\n",
        ),
        (
            "apply -f MANIFESTS",
            "aiservicebackend.aigateway.envoyproxy.io/openai unchanged\naigatewayroute.aigateway.envoyproxy.io/models configured\n",
        ),
        ("diff -f MANIFESTS", ""),
        ("get aigatewayroutes -o name", "aigatewayroute.aigateway.envoyproxy.io/models\n"),
        ("label aiservicebackend openai team=search", "aiservicebackend.aigateway.envoyproxy.io/openai labeled\n"),
        ("get aiservicebackends -l team=search -o jsonpath={.items[0].spec.schema.name}", "OpenAI"),
        ("annotate aiservicebackend openai a=b", "aiservicebackend.aigateway.envoyproxy.io/openai annotated\n"),
        (
            "apply --server-side --force-conflicts -f MANIFESTS",
            "aiservicebackend.aigateway.envoyproxy.io/openai serverside-applied\naigatewayroute.aigateway.envoyproxy.io/models serverside-applied\n",
        ),
        ("create configmap settings --from-literal=a=b", "configmap/settings created\n"),
        ("wait --for=jsonpath={.data.a}=b configmap/settings", "configmap/settings condition met\n"),
        ("delete -f MANIFESTS", "aiservicebackend.aigateway.envoyproxy.io \"openai\" deleted"),
    ] {
        let output = kubectl(arguments).await;
        let matches = if expected.ends_with("deleted") { output.starts_with(expected) } else { output == expected };
        assert!(matches, "kubectl {arguments}: {output}");
    }
    for (arguments, part) in [
        ("explain aigatewayroute.spec.rules", "FIELDS:"),
        ("api-resources --api-group=aigateway.envoyproxy.io", "quotapolicies"),
        ("get namespaces", "default"),
        ("describe configmap settings", "a:\n----\nb"),
        (
            "get aigatewayroute models",
            "Error from server (NotFound): aigatewayroutes.aigateway.envoyproxy.io \"models\" not found",
        ),
        ("version", "Server Version:"),
    ] {
        let output = kubectl(arguments).await;
        assert!(output.contains(part), "kubectl {arguments}: {output}");
    }
    tokio::time::timeout(Duration::from_secs(10), listening.stop()).await.expect("the server stops");
}
