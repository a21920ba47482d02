//! The API server that `E2E_KUBECONFIG` names.

use std::sync::atomic::{AtomicUsize, Ordering};

use aigateway_client::Clientset;
use aigateway_client::crds::{InstallOptions, install};
use k8s_openapi::api::core::v1::Namespace;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::sync::OnceCell;

/// A client, and a namespace that nobody else uses.
pub struct Backend {
    /// All clients.
    pub clients: Clientset,
    /// The namespace; it exists.
    pub namespace: String,
}

static INSTALLED: OnceCell<()> = OnceCell::const_new();
static NAMESPACES: AtomicUsize = AtomicUsize::new(0);

/// The backend, with the CRDs installed; `None` where no API server is named, which is said on standard error.
///
/// # Panics
/// If one is named, but cannot be used.
pub async fn backend() -> Option<Backend> {
    let Ok(path) = std::env::var("E2E_KUBECONFIG") else {
        eprintln!("skipped: E2E_KUBECONFIG names no cluster; `make e2e` starts one");
        return None;
    };
    let kubeconfig = Kubeconfig::read_from(path).expect("E2E_KUBECONFIG is a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("the kubeconfig works");
    let clients = Clientset::try_from(config).expect("a client for the kubeconfig");
    INSTALLED
        .get_or_init(|| async {
            install(clients.client(), &aigateway_client::crds(), &InstallOptions::default())
                .await
                .expect("the CRDs can be installed");
        })
        .await;
    let namespace = namespace(&clients).await;
    Some(Backend { clients, namespace })
}

/// A new namespace. All of them carry a label, by which a script can remove them.
///
/// # Panics
/// If the API server does not make it.
pub async fn namespace(clients: &Clientset) -> String {
    let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(format!("aigateway-e2e-{}-{number}", std::process::id()));
    namespace.metadata.labels = Some([("aigateway-client/e2e".to_owned(), "true".to_owned())].into());
    let created = clients.client().cluster::<Namespace>().create(&namespace).await.expect("a namespace");
    created.metadata.name.unwrap_or_default()
}
