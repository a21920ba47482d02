//! The API server of a scenario: the one that `E2E_KUBECONFIG` names, otherwise an in-memory server.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aigateway_client::Clientset;
use aigateway_client::crds::{InstallOptions, install};
use k8s_openapi::api::core::v1::Namespace;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube_fake_apiserver::{Builder, FakeApiServer, ListeningServer};
use tokio::sync::OnceCell;

/// A client and a namespace that only one scenario uses.
pub struct Backend {
    /// Clients of all kinds.
    pub clients: Clientset,
    /// Existing, empty namespace.
    pub namespace: String,
    /// Server that stops when this value is dropped, if any.
    pub listening: Option<ListeningServer>,
}

static INSTALLED: OnceCell<()> = OnceCell::const_new();
static NAMESPACES: AtomicUsize = AtomicUsize::new(0);

/// Creates a backend with the CRDs installed.
///
/// # Panics
/// If the cluster that `E2E_KUBECONFIG` names cannot be used.
pub async fn backend() -> Backend {
    let Ok(path) = std::env::var("E2E_KUBECONFIG") else { return in_memory().await };
    let kubeconfig = Kubeconfig::read_from(path).expect("E2E_KUBECONFIG is a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("a usable kubeconfig");
    let clients = Clientset::try_from(config).expect("a client for the kubeconfig");
    INSTALLED
        .get_or_init(|| async {
            install(clients.client(), &aigateway_client::crds(), &InstallOptions::default())
                .await
                .expect("CRDs are installed");
        })
        .await;
    let namespace = namespace(&clients).await;
    Backend { clients, namespace, listening: None }
}

static SERVER: LazyLock<FakeApiServer> = LazyLock::new(|| {
    let server = FakeApiServer::builder().crds(aigateway_client::crds()).and_then(Builder::build);
    server.expect("an in-memory server")
});

/// Creates a backend with a separate in-memory server.
async fn in_memory() -> Backend {
    let clients = Clientset::from(SERVER.fork().client());
    let namespace = namespace(&clients).await;
    Backend { clients, namespace, listening: None }
}

/// Creates a backend with a separate in-memory server that is accessed over TCP with its kubeconfig.
///
/// # Panics
/// If it cannot listen, or if its kubeconfig cannot be used.
pub async fn over_tcp() -> Backend {
    let listening = SERVER.fork().listen(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let kubeconfig = Kubeconfig::from_yaml(&listening.kubeconfig()).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let clients = Clientset::try_from(config.expect("a configuration")).expect("a client for the kubeconfig");
    let namespace = namespace(&clients).await;
    Backend { clients, namespace, listening: Some(listening) }
}

/// Creates a backend on the cluster that `E2E_KUBECONFIG` names.
///
/// # Panics
/// If `E2E_KUBECONFIG` is not set, or if its cluster cannot be used.
pub async fn real_backend() -> Backend {
    assert!(std::env::var_os("E2E_KUBECONFIG").is_some(), "E2E_KUBECONFIG is not set: run `make e2e`");
    backend().await
}

/// Creates a namespace. A label allows scripts to remove all of them.
///
/// # Panics
/// If the API server does not create it.
pub async fn namespace(clients: &Clientset) -> String {
    let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(format!("aigateway-e2e-{}-{number}", std::process::id()));
    namespace.metadata.labels = Some([("aigateway-client/e2e".to_owned(), "true".to_owned())].into());
    let created = clients.client().cluster::<Namespace>().create(&namespace).await.expect("a namespace");
    created.metadata.name.unwrap_or_default()
}
