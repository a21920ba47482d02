//! The programs of `examples/`.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use aigateway_client::aigateway::v1beta1::{
    AIGatewayRoute, AIGatewayRouteRule, AIGatewayRouteSpec, AIServiceBackend, AIServiceBackendBackendRef,
    AIServiceBackendSpec, APISchema,
};
use aigateway_client::runtime::client::ListOptions;

use super::{Account, create_account, retry_while_forbidden};
use crate::backend::Backend;

/// Returns the path of a program of `examples/`, which `make e2e` has built.
fn example(program: &str) -> PathBuf {
    let test = std::env::current_exe().expect("path of the test program");
    // target/debug/deps/e2e-…
    let path = test.ancestors().nth(2).expect("the folder of the profile").join("examples").join(program);
    assert!(path.exists(), "{} does not exist: run cargo build --workspace --examples", path.display());
    path
}

/// A running program with an account's kubeconfig.
struct Program {
    child: Child,
    kubeconfig: PathBuf,
}

impl Program {
    fn start(program: &str, arguments: &[&str], account: &Account, backend: &Backend) -> Self {
        let kubeconfig = std::env::temp_dir().join(format!("{program}-{}.kubeconfig", backend.namespace));
        let text = serde_json::to_string(&account.kubeconfig()).expect("a kubeconfig");
        std::fs::write(&kubeconfig, text).expect("a kubeconfig is written");
        let mut command = Command::new(example(program));
        command.args(arguments).env("KUBECONFIG", &kubeconfig).stdout(Stdio::piped());
        Program { child: command.spawn().expect("the program starts"), kubeconfig }
    }

    /// Reads the output until a line contains a text; `None` if the program ends before.
    fn read_until(&mut self, text: &str) -> Option<String> {
        let stdout = self.child.stdout.as_mut().expect("a piped output");
        BufReader::new(stdout).lines().map_while(Result::ok).find(|line| line.contains(text))
    }

    fn wait_success(mut self) -> bool {
        self.child.wait().expect("an exit status").success()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.kubeconfig);
    }
}

/// Runs each program of `examples/` with its documented role.
///
/// # Panics
/// If a request is refused.
pub async fn programs_run_with_their_documented_role(backend: Backend) {
    let namespace = backend.namespace.clone();
    let backend_ref = AIServiceBackendBackendRef::new("openai").group("gateway.envoyproxy.io").kind("Backend");
    let target = AIServiceBackend::new("openai", AIServiceBackendSpec::new(backend_ref, APISchema::new("OpenAI")));
    let version = backend.clients.aigateway_v1beta1();
    version.ai_service_backends(&namespace).create(&target).await.unwrap_or_else(|error| panic!("{error}"));
    let route = AIGatewayRoute::new("models", AIGatewayRouteSpec::new([AIGatewayRouteRule::default()]));
    version.ai_gateway_routes(&namespace).create(&route).await.unwrap_or_else(|error| panic!("{error}"));

    let reader = create_account(&backend, "aigateway-reader").await;
    let routes = reader.clients().await;
    retry_while_forbidden(async || {
        routes.aigateway_v1beta1().all_ai_gateway_routes().list(&ListOptions::default()).await
    })
    .await;
    let mut list_routes = Program::start("list-routes", &[], &reader, &backend);
    assert!(list_routes.read_until(&format!("{namespace}/models: 1 rules")).is_some(), "list-routes");
    assert!(
        Program::start("query-listers", &[&namespace, "openai"], &reader, &backend).wait_success(),
        "query-listers"
    );
    let mut watch_changes = Program::start("watch-changes", &[&namespace], &reader, &backend);
    assert!(watch_changes.read_until(&format!("{namespace}/models")).is_some(), "watch-changes");

    let controller = create_account(&backend, "aigateway-controller").await;
    let mut small_controller = Program::start("small-controller", &[], &controller, &backend);
    assert!(small_controller.read_until(&format!("{namespace}/openai: openai")).is_some(), "small-controller");
}
