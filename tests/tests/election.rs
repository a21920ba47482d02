//! Leader election between processes that are stopped, killed and disconnected, on the API server that `E2E_KUBECONFIG` names,
//! otherwise on an in-memory server over TCP.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use integration_tests::backend::{over_tcp, real_backend};
use integration_tests::proxy::{Link, Proxy};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::coordination::v1beta1::LeaseCandidate;
use kube::config::Kubeconfig;
use kube_client_runtime::client::Client;
use kube_fake_apiserver::ListeningServer;

/// The API server of a test, and the files of its programs.
struct Setting {
    kubeconfig: Kubeconfig,
    client: Client,
    namespace: String,
    folder: PathBuf,
    _listening: Option<ListeningServer>,
}

impl Setting {
    async fn new(name: &str) -> Self {
        let (backend, text) = if let Ok(path) = std::env::var("E2E_KUBECONFIG") {
            (real_backend().await, fs::read_to_string(path).unwrap())
        } else {
            let backend = over_tcp().await;
            let text = backend.listening.as_ref().unwrap().kubeconfig();
            (backend, text)
        };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("election-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Setting {
            kubeconfig: Kubeconfig::from_yaml(&text).unwrap(),
            client: backend.clients.client().clone(),
            namespace: backend.namespace,
            folder,
            _listening: backend.listening,
        }
    }

    fn address(&self) -> SocketAddr {
        let server = self.kubeconfig.clusters[0].cluster.as_ref().and_then(|cluster| cluster.server.clone()).unwrap();
        server.trim_start_matches("https://").trim_end_matches('/').parse().unwrap()
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Starts a candidate that connects through a proxy.
    async fn candidate(&self, identity: &str, arguments: &[&str]) -> Candidate {
        let mut program = Command::new(env!("CARGO_BIN_EXE_elector"));
        program.args(["--namespace", &self.namespace, "--name", "lease", "--identity", identity, "--log"]);
        program.arg(self.log()).args(arguments).arg("--kubeconfig");
        self.start(identity, |kubeconfig| program.arg(kubeconfig).spawn()).await
    }

    /// Starts a candidate of client-go that connects through a proxy.
    async fn client_go_candidate(&self, identity: &str) -> Candidate {
        let program = self.folder.join("client-go");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/client-go");
        let mut build = Command::new("go");
        build.args(["build", "-trimpath", "-o"]).arg(&program).arg("./elector").env("CGO_ENABLED", "0");
        assert!(build.current_dir(folder).status().unwrap().success());
        let start = |kubeconfig: &Path| {
            let mut program = Command::new(program);
            program.arg(kubeconfig).args([&self.namespace, "lease", identity]).arg(self.log()).spawn()
        };
        self.start(identity, start).await
    }

    async fn start(&self, identity: &str, start: impl FnOnce(&Path) -> std::io::Result<Child>) -> Candidate {
        let proxy = Proxy::start(self.address()).await;
        let mut kubeconfig = self.kubeconfig.clone();
        if let Some(cluster) = &mut kubeconfig.clusters[0].cluster {
            cluster.server = Some(format!("https://127.0.0.1:{}", proxy.port));
        }
        let path = self.folder.join(identity);
        fs::write(&path, serde_json::to_string(&kubeconfig).unwrap()).unwrap();
        let process = start(&path).unwrap();
        Candidate { identity: identity.to_owned(), process, proxy }
    }

    /// Returns the actions of the leaders: the term and the identity of each.
    fn actions(&self) -> Vec<(i32, String)> {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let action = |line: &str| {
            let (term, identity) = line.split_once(' ').unwrap();
            (term.parse().unwrap(), identity.to_owned())
        };
        text.lines().map(action).collect()
    }

    /// Waits until this candidate acts, after those actions that there are now.
    async fn acts(&self, candidate: &Candidate) {
        let before = self.actions().len();
        until(&format!("{} acts", candidate.identity), || {
            self.actions().iter().skip(before).any(|(_, identity)| *identity == candidate.identity)
        })
        .await;
    }

    /// Verifies that no one acted after it was replaced, and returns the leaders in their order.
    fn leaders(&self) -> Vec<String> {
        let mut leaders: Vec<(i32, String)> = Vec::new();
        for (term, identity) in self.actions() {
            if let Some((last, leader)) = leaders.last() {
                assert!(
                    term > *last || (term == *last && identity == *leader),
                    "{identity} acted in term {term} after {leader} in term {last}"
                );
                if *last == term {
                    continue;
                }
            }
            leaders.push((term, identity));
        }
        leaders.dedup_by(|one, other| one.1 == other.1);
        leaders.into_iter().map(|(_, identity)| identity).collect()
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A candidate. It is killed when it is dropped.
struct Candidate {
    identity: String,
    process: Child,
    proxy: Proxy,
}

impl Candidate {
    /// Sends a signal, such as `STOP`.
    fn send(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for a condition that other processes bring about.
async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let met = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), met).await.unwrap_or_else(|_| panic!("timed out: {what}"));
}

#[tokio::test]
async fn killed_leader_is_replaced() {
    let setting = Setting::new("kill").await;
    let first = setting.candidate("a", &[]).await;
    setting.acts(&first).await;
    let second = setting.candidate("b", &[]).await;
    first.send("KILL");
    setting.acts(&second).await;
    assert_eq!(setting.leaders(), ["a", "b"]);
}

#[tokio::test]
async fn stopped_leader_does_not_act_when_it_continues() {
    let setting = Setting::new("stop").await;
    let first = setting.candidate("a", &[]).await;
    setting.acts(&first).await;
    let second = setting.candidate("b", &[]).await;
    // It has just acted, and stops before its next action.
    setting.acts(&first).await;
    first.send("STOP");
    setting.acts(&second).await;
    first.send("CONT");
    for _ in 0..20 {
        setting.acts(&second).await;
    }
    assert_eq!(setting.leaders(), ["a", "b"]);
    // It is a candidate again.
    second.send("KILL");
    setting.acts(&first).await;
    assert_eq!(setting.leaders(), ["a", "b", "a"]);
}

#[tokio::test]
async fn disconnected_leader_stops_before_another_leads() {
    for link in [Link::Cut, Link::Silent] {
        let setting = Setting::new(&format!("{link:?}")).await;
        let first = setting.candidate("a", &[]).await;
        setting.acts(&first).await;
        let second = setting.candidate("b", &[]).await;
        first.proxy.set(link);
        setting.acts(&second).await;
        first.proxy.set(Link::Up);
        for _ in 0..20 {
            setting.acts(&second).await;
        }
        assert_eq!(setting.leaders(), ["a", "b"], "{link:?}");
        second.proxy.set(link);
        setting.acts(&first).await;
        assert_eq!(setting.leaders(), ["a", "b", "a"], "{link:?}");
    }
}

#[tokio::test]
async fn leader_that_ends_releases_its_lease() {
    let setting = Setting::new("release").await;
    // Without the release, the second one would not lead before the test times out.
    let mut first = setting.candidate("a", &["--lease", "600"]).await;
    setting.acts(&first).await;
    first.send("TERM");
    // Its proxy must go on meanwhile.
    until("the first one ends", || first.process.try_wait().unwrap().is_some()).await;
    assert!(first.process.wait().unwrap().success());
    let lease = setting.client.namespaced::<Lease>(&setting.namespace).get("lease").await.unwrap();
    assert_eq!(lease.spec.unwrap_or_default().holder_identity.as_deref(), Some(""));
    let second = setting.candidate("b", &["--lease", "600"]).await;
    setting.acts(&second).await;
    assert_eq!(setting.leaders(), ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Go"]
async fn candidates_of_client_go_compete_with_ours() {
    let setting = Setting::new("client-go").await;
    let first = setting.candidate("a", &[]).await;
    setting.acts(&first).await;
    let mut second = setting.client_go_candidate("b").await;
    // It waits while our leader renews the lease.
    for _ in 0..80 {
        setting.acts(&first).await;
    }
    first.send("KILL");
    setting.acts(&second).await;
    let third = setting.candidate("c", &[]).await;
    for _ in 0..80 {
        setting.acts(&second).await;
    }
    second.send("TERM");
    until("the second one ends", || second.process.try_wait().unwrap().is_some()).await;
    setting.acts(&third).await;
    assert_eq!(setting.leaders(), ["a", "b", "c"]);
}

/// The in-memory server has no LeaseCandidates.
#[tokio::test]
async fn coordinated_candidates_compete_where_the_server_does_not_coordinate() {
    if std::env::var_os("E2E_KUBECONFIG").is_some() {
        return;
    }
    let setting = Setting::new("fallback").await;
    let first = setting.candidate("a", &["--coordinated", "1.1.0"]).await;
    setting.acts(&first).await;
    let second = setting.candidate("b", &["--coordinated", "1.0.0"]).await;
    first.send("KILL");
    setting.acts(&second).await;
    assert_eq!(setting.leaders(), ["a", "b"]);
}

#[tokio::test]
#[ignore = "needs a real API server: run `cargo xtask e2e`"]
async fn control_plane_selects_the_candidate_with_the_oldest_version() {
    let setting = Setting::new("coordinated").await;
    let newer = setting.candidate("newer", &["--coordinated", "1.1.0", "--lease", "15"]).await;
    setting.acts(&newer).await;
    let lease = setting.client.namespaced::<Lease>(&setting.namespace).get("lease").await.unwrap();
    assert_eq!(lease.spec.unwrap_or_default().strategy.as_deref(), Some("OldestEmulationVersion"));
    let candidates = setting.client.namespaced::<LeaseCandidate>(&setting.namespace);
    let spec = candidates.get("newer").await.unwrap().spec.unwrap_or_default();
    assert_eq!((spec.binary_version.as_str(), spec.lease_name.as_str()), ("1.1.0", "lease"));

    // The leader steps down for an older version.
    let older = setting.candidate("older", &["--coordinated", "1.0.0", "--lease", "15"]).await;
    setting.acts(&older).await;
    assert_eq!(setting.leaders(), ["newer", "older"]);

    older.send("KILL");
    setting.acts(&newer).await;
    assert_eq!(setting.leaders(), ["newer", "older", "newer"]);
}
