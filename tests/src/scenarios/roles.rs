//! Programs with the roles of the deployment guide.

mod programs;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::{
    AIServiceBackend, AIServiceBackendBackendRef, AIServiceBackendSpec, APISchema,
};
use aigateway_client::crds::{InstallOptions, install};
use aigateway_client::runtime::CustomResourceDefinition;
use aigateway_client::runtime::client::{Error, ListOptions, Patch, PatchOptions};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ObjectReference, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::Api;
use kube::api::PostParams;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use serde_json::{Value, json};

use super::permissions::manifests;
use crate::backend::Backend;

pub use programs::programs_run_with_their_documented_role;

/// A service account with a single role of the guide.
struct Account {
    token: String,
}

/// Creates a service account with this role.
async fn create_account(backend: &Backend, role: &str) -> Account {
    let client = backend.clients.client();
    let manifests = manifests(&backend.namespace);
    let is_role = |manifest: &&Value| manifest["kind"] == "ClusterRole" && manifest["metadata"]["name"] == role;
    let mut manifest = manifests.iter().find(is_role).unwrap_or_else(|| panic!("the guide has no {role}")).clone();
    // A unique name separates the roles of concurrent runs.
    let name = format!("{role}-{}", backend.namespace);
    manifest["metadata"]["name"] = json!(name);
    let binding = json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": role, "namespace": backend.namespace}],
    });
    let role_object: ClusterRole = serde_json::from_value(manifest).expect("a role");
    let binding: ClusterRoleBinding = serde_json::from_value(binding).expect("a binding");
    let service_account: ServiceAccount =
        serde_json::from_value(json!({"metadata": {"name": role}})).expect("an account");
    client.cluster::<ClusterRole>().create(&role_object).await.unwrap_or_else(|error| panic!("{error}"));
    client.cluster::<ClusterRoleBinding>().create(&binding).await.unwrap_or_else(|error| panic!("{error}"));
    let accounts: Api<ServiceAccount> = Api::namespaced(client.kube().clone(), &backend.namespace);
    accounts.create(&PostParams::default(), &service_account).await.expect("an account");
    let request = TokenRequest { spec: TokenRequestSpec::default(), ..TokenRequest::default() };
    let answer = accounts.create_token_request(role, &PostParams::default(), &request).await.expect("a token");
    let account = Account { token: answer.status.expect("a token").token };
    account.assert_access_is_limited().await;
    account
}

impl Account {
    /// Returns the kubeconfig of this run with the account's token.
    fn kubeconfig(&self) -> kube::config::Kubeconfig {
        let path = std::env::var("E2E_KUBECONFIG").expect("E2E_KUBECONFIG is set");
        let mut kubeconfig = kube::config::Kubeconfig::read_from(path).expect("a kubeconfig");
        for user in &mut kubeconfig.auth_infos {
            user.auth_info = Some(kube::config::AuthInfo {
                token: Some(self.token.clone().into()),
                ..kube::config::AuthInfo::default()
            });
        }
        kubeconfig
    }

    /// Verifies that roles are enforced: no role of the guide allows reading Secrets or deleting CRDs.
    async fn assert_access_is_limited(&self) {
        let client = self.clients().await;
        let secrets = client.client().namespaced::<Secret>("default").list(&ListOptions::default()).await;
        assert!(secrets.is_err_and(|error| error.is_forbidden()), "Secrets can be read");
        let crd = "aigatewayroutes.aigateway.envoyproxy.io";
        let deleted = client.client().cluster::<CustomResourceDefinition>().delete(crd).await;
        assert!(deleted.is_err_and(|error| error.is_forbidden()), "CRDs can be deleted");
    }

    async fn clients(&self) -> Clientset {
        let options = kube::config::KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(self.kubeconfig(), &options).await.expect("a configuration");
        Clientset::try_from(config).expect("clients")
    }
}

/// Repeats a request until the authorizer has received the account's role.
async fn retry_while_forbidden<T>(mut request: impl AsyncFnMut() -> Result<T, Error>) -> T {
    for _ in 0..2000 {
        match request().await {
            Err(error) if error.is_forbidden() => tokio::task::yield_now().await,
            result => return result.unwrap_or_else(|error| panic!("{error}")),
        }
    }
    panic!("the role does not allow this request");
}

/// Performs the requests of controllers: modifies objects and their status, sets finalizers, writes events and leases.
///
/// # Panics
/// If a request is refused.
pub async fn controller_role_is_sufficient(backend: Backend) {
    let target = AIServiceBackendBackendRef::new("openai").group("gateway.envoyproxy.io").kind("Backend");
    let object = AIServiceBackend::new("one", AIServiceBackendSpec::new(target, APISchema::new("OpenAI")));
    let admin = backend.clients.aigateway_v1beta1().ai_service_backends(&backend.namespace);
    let object = admin.create(&object).await.unwrap_or_else(|error| panic!("{error}"));

    let clients = create_account(&backend, "aigateway-controller").await.clients().await;
    let backends = clients.aigateway_v1beta1().ai_service_backends(&backend.namespace);
    let finalizer = |object: &mut AIServiceBackend| object.metadata.finalizers = Some(vec!["example.com/a".to_owned()]);
    retry_while_forbidden(async || backends.modify("one", finalizer).await).await;
    let mut unfinalized = backends.get("one").await.unwrap_or_else(|error| panic!("{error}"));
    unfinalized.metadata.finalizers = None;
    backends.update(&unfinalized).await.unwrap_or_else(|error| panic!("{error}"));
    let status = Patch::Merge(json!({"status": {"conditions": []}}));
    backends.patch_status("one", &status, &PatchOptions::default()).await.unwrap_or_else(|error| panic!("{error}"));

    let leases = clients.client().namespaced::<Lease>(&backend.namespace);
    let lease: Lease = serde_json::from_value(json!({"metadata": {"name": "leader"}})).expect("a lease");
    leases.create(&lease).await.unwrap_or_else(|error| panic!("{error}"));
    leases
        .modify("leader", |lease| lease.spec.get_or_insert_default().holder_identity = Some("a".to_owned()))
        .await
        .unwrap_or_else(|error| panic!("{error}"));

    let recorder = Recorder::new(clients.kube().clone(), Reporter::from("small-controller"));
    let regarding = ObjectReference {
        api_version: Some("aigateway.envoyproxy.io/v1beta1".to_owned()),
        kind: Some("AIServiceBackend".to_owned()),
        name: object.metadata.name.clone(),
        namespace: object.metadata.namespace.clone(),
        uid: object.metadata.uid.clone(),
        ..ObjectReference::default()
    };
    let event = Event {
        type_: EventType::Normal,
        reason: "Labeled".to_owned(),
        note: None,
        action: "Label".to_owned(),
        secondary: None,
    };
    // The second publication patches the first event.
    for _ in 0..2 {
        recorder.publish(&event, &regarding).await.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Installs the CRDs with the role of the guide.
///
/// # Panics
/// If a request is refused.
pub async fn installer_role_is_sufficient(backend: Backend) {
    let clients = create_account(&backend, "aigateway-crd-installer").await.clients().await;
    let crds = clients.client().cluster::<CustomResourceDefinition>();
    retry_while_forbidden(async || crds.get("aigatewayroutes.aigateway.envoyproxy.io").await).await;
    let installed = install(clients.client(), &aigateway_client::crds(), &InstallOptions::default()).await;
    assert_eq!(installed.unwrap_or_else(|error| panic!("{error}")).len(), 6);
}
