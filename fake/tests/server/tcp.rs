//! Users over TCP.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube_fake_apiserver::{Builder, FakeApiServer, ListeningServer, User};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

async fn listen(builder: Builder) -> ListeningServer {
    let address = "127.0.0.1:0".parse().expect("an address");
    builder.build().expect("a server").listen(address).await.expect("a listening server")
}

/// Returns the decoded value of a field of a kubeconfig.
fn field(kubeconfig: &str, name: &str) -> Vec<u8> {
    let value = kubeconfig.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: ")));
    STANDARD.decode(value.expect("the field")).expect("base64")
}

/// Sends a request with the credentials of a kubeconfig and returns the code and the body.
async fn send(server: &ListeningServer, kubeconfig: Option<&str>, token: &str, request: &str) -> (u16, Value) {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(server.certificate_authority().as_bytes()).expect("a certificate");
    roots.add(authority).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let config = match kubeconfig {
        Some(kubeconfig) => {
            let certificate = field(kubeconfig, "client-certificate-data");
            let certificate = CertificateDer::from_pem_slice(&certificate).expect("a certificate");
            let key = PrivateKeyDer::from_pem_slice(&field(kubeconfig, "client-key-data")).expect("a key");
            config.with_client_auth_cert(vec![certificate], key).expect("a client certificate")
        }
        None => config.with_no_client_auth(),
    };
    let socket = tokio::net::TcpStream::connect(server.address()).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.expect("TLS");
    let [method, path, body] = request.split(' ').collect::<Vec<_>>()[..] else { panic!("not a request: {request}") };
    let authorization = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{authorization}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.expect("a request");
    let mut response = String::new();
    // The peer may close without a notification.
    let _ = stream.read_to_string(&mut response).await;
    let code = response.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    let body = response.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (code, serde_json::from_str(body).unwrap_or_default())
}

const WHO_AM_I: &str = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews {}";
const PODS: &str = "GET /api/v1/pods {}";

fn jane() -> User {
    User::new("jane").with_group("developers").with_group("testers")
}

#[tokio::test]
async fn token_identifies_its_user() {
    let server = listen(FakeApiServer::builder().rbac().user(jane().with_token("secret"))).await;
    let (code, review) = send(&server, None, "secret", WHO_AM_I).await;
    assert_eq!((code, &review["status"]["userInfo"]["username"]), (201, &json!("jane")));
    assert_eq!(send(&server, None, server.token(), PODS).await.0, 200);
    let kubeconfig = server.kubeconfig_as(&User::new("joe"));
    let token = kubeconfig.lines().find_map(|line| line.trim().strip_prefix("token: ")).expect("a token");
    let message =
        "pods is forbidden: User \"joe\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    let (code, status) = send(&server, None, token, PODS).await;
    assert_eq!((code, &status["message"]), (403, &json!(message)));
}

#[tokio::test]
async fn invalid_token_is_unauthorized() {
    let server = listen(FakeApiServer::builder().rbac()).await;
    let unauthorized = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "Unauthorized",
        "reason": "Unauthorized", "code": 401,
    });
    for path in [PODS, "GET /version {}"] {
        assert_eq!(send(&server, None, "wrong", path).await, (401, unauthorized.clone()), "{path}");
    }
}

#[tokio::test]
async fn request_without_credentials_is_anonymous_if_allowed() {
    let message = "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    let server = listen(FakeApiServer::builder().rbac()).await;
    let (code, status) = send(&server, None, "", PODS).await;
    assert_eq!((code, &status["message"]), (403, &json!(message)));
    assert_eq!(send(&server, None, "", "GET /version {}").await.0, 200);
    let server = listen(FakeApiServer::builder().rbac().anonymous(false)).await;
    assert_eq!(send(&server, None, "", PODS).await.0, 401);
    assert_eq!(send(&server, None, "", "GET /version {}").await.0, 401);
    // Without RBAC, only health checks and the version need no token.
    let server = listen(FakeApiServer::builder()).await;
    assert_eq!(send(&server, None, "", PODS).await.0, 401);
    assert_eq!(send(&server, None, "", "GET /version {}").await.0, 200);
}

#[tokio::test]
async fn client_certificate_identifies_its_user() {
    let server = listen(FakeApiServer::builder().rbac()).await;
    let kubeconfig = server.kubeconfig_with_certificate(&jane()).expect("a certificate");
    let (code, review) = send(&server, Some(&kubeconfig), "", WHO_AM_I).await;
    let info = &review["status"]["userInfo"];
    assert_eq!((code, &info["username"]), (201, &json!("jane")));
    assert_eq!(info["groups"], json!(["developers", "testers", "system:authenticated"]));
    let id = &info["extra"]["authentication.kubernetes.io/credential-id"][0];
    assert!(id.as_str().is_some_and(|id| id.len() == "X509SHA256=".len() + 64), "{id}");
    let root = User::new("root").with_group("system:masters");
    let kubeconfig = server.kubeconfig_with_certificate(&root).expect("a certificate");
    assert_eq!(send(&server, Some(&kubeconfig), "", PODS).await.0, 200);
}

#[tokio::test]
async fn client_certificate_of_another_authority_is_rejected() {
    let server = listen(FakeApiServer::builder()).await;
    let other = listen(FakeApiServer::builder()).await;
    let kubeconfig = other.kubeconfig_with_certificate(&jane()).expect("a certificate");
    assert_eq!(send(&server, Some(&kubeconfig), "", PODS).await.0, 0);
}
