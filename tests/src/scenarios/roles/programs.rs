//! The programs of `examples/`, run as users run them.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use aigateway_client::aigateway::v1beta1::{
    AIGatewayRoute, AIGatewayRouteRule, AIGatewayRouteSpec, AIServiceBackend, AIServiceBackendBackendRef,
    AIServiceBackendSpec, APISchema,
};
use aigateway_client::runtime::client::ListOptions;

use super::{Account, account, once_allowed};
use crate::backend::Backend;

/// Builds the examples; returns the folder with their programs.
fn examples() -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let built = Command::new(cargo).args(["build", "--quiet", "--package", "examples", "--examples"]).status();
    assert!(built.expect("cargo").success(), "the examples do not build");
    let test = std::env::current_exe().expect("the test's own path");
    // target/debug/deps/e2e-…
    test.ancestors().nth(2).expect("the folder of the profile").join("examples")
}

/// A program that is running with an account's kubeconfig.
struct Running {
    child: Child,
    kubeconfig: PathBuf,
}

impl Running {
    fn start(program: &str, arguments: &[&str], account: &Account, backend: &Backend) -> Self {
        let kubeconfig = std::env::temp_dir().join(format!("{program}-{}.kubeconfig", backend.namespace));
        let text = serde_json::to_string(&account.kubeconfig()).expect("a kubeconfig");
        std::fs::write(&kubeconfig, text).expect("a kubeconfig is written");
        let mut command = Command::new(examples().join(program));
        command.args(arguments).env("KUBECONFIG", &kubeconfig).stdout(Stdio::piped());
        Running { child: command.spawn().expect("the program starts"), kubeconfig }
    }

    /// Reads what the program prints until a line contains a text; `None` where it ends before.
    fn line_with(&mut self, text: &str) -> Option<String> {
        let printed = self.child.stdout.as_mut().expect("its output");
        BufReader::new(printed).lines().map_while(Result::ok).find(|line| line.contains(text))
    }

    fn ends_well(mut self) -> bool {
        self.child.wait().expect("it ends").success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.kubeconfig);
    }
}

/// Runs each program of `examples/` with exactly the role that the guide gives for it.
///
/// # Panics
/// If a program is refused something.
pub async fn programs_run_with_their_documented_role(backend: Backend) {
    let namespace = backend.namespace.clone();
    let to = AIServiceBackendBackendRef::new("openai").group("gateway.envoyproxy.io").kind("Backend");
    let target = AIServiceBackend::new("openai", AIServiceBackendSpec::new(to, APISchema::new("OpenAI")));
    let version = backend.clients.aigateway_v1beta1();
    version.ai_service_backends(&namespace).create(&target).await.unwrap_or_else(|error| panic!("{error}"));
    let route = AIGatewayRoute::new("models", AIGatewayRouteSpec::new([AIGatewayRouteRule::default()]));
    version.ai_gateway_routes(&namespace).create(&route).await.unwrap_or_else(|error| panic!("{error}"));

    let reader = account(&backend, "aigateway-reader").await;
    let routes = reader.clients().await;
    once_allowed(async || routes.aigateway_v1beta1().all_ai_gateway_routes().list(&ListOptions::default()).await).await;
    let mut lists = Running::start("list-routes", &[], &reader, &backend);
    assert!(lists.line_with(&format!("{namespace}/models: 1 rules")).is_some(), "list-routes");
    assert!(Running::start("query-listers", &[&namespace, "openai"], &reader, &backend).ends_well(), "query-listers");
    let mut watches = Running::start("watch-changes", &[&namespace], &reader, &backend);
    assert!(watches.line_with(&format!("{namespace}/models")).is_some(), "watch-changes");

    let controller = account(&backend, "aigateway-controller").await;
    let mut controls = Running::start("small-controller", &[], &controller, &backend);
    assert!(controls.line_with(&format!("{namespace}/openai: openai")).is_some(), "small-controller");
}
