//! Users over TCP.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube_fake_apiserver::{Builder, FakeApiServer, ListeningServer, User};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
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

/// Connects with the client certificate of a kubeconfig, if any.
async fn connect(server: &ListeningServer, kubeconfig: Option<&str>) -> TlsStream<TcpStream> {
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
    let socket = TcpStream::connect(server.address()).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.expect("TLS")
}

/// Sends a request with the credentials of a kubeconfig and returns the code and the body.
async fn send(server: &ListeningServer, kubeconfig: Option<&str>, token: &str, request: &str) -> (u16, Value) {
    let mut stream = connect(server, kubeconfig).await;
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

/// Sends the handshake of RFC 6455, section 1.3, and returns the connection and the head of the response.
async fn open_websocket(server: &ListeningServer, path: &str, token: &str) -> (TlsStream<TcpStream>, String) {
    let mut stream = connect(server, None).await;
    let text = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: keep-alive, Upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(text.as_bytes()).await.expect("a request");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a response"));
    }
    (stream, String::from_utf8(head).expect("text"))
}

/// Returns the first byte and the content of the next frame.
async fn frame(stream: &mut TlsStream<TcpStream>) -> (u8, Vec<u8>) {
    let kind = stream.read_u8().await.expect("a frame");
    let length = match stream.read_u8().await.expect("a length") {
        126 => usize::from(stream.read_u16().await.expect("a length")),
        length => usize::from(length),
    };
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await.expect("the content");
    (kind, content)
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn watch_over_websocket_has_a_message_for_each_event() {
    let jane = jane().with_token("secret");
    let server = listen(FakeApiServer::builder().user(jane)).await;
    let (mut stream, head) = open_websocket(&server, &format!("{MAPS}?watch=true"), "secret").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
    for name in ["a", "b"] {
        let create = format!(r#"POST {MAPS} {{"metadata":{{"name":"{name}"}}}}"#);
        assert_eq!(send(&server, None, "secret", &create).await.0, 201);
        let (kind, event) = frame(&mut stream).await;
        let event: Value = serde_json::from_slice(&event).expect("an event");
        assert_eq!((kind, &event["type"], &event["object"]["metadata"]["name"]), (0x81, &json!("ADDED"), &json!(name)));
    }
    // A ping, and a close message, both with an empty mask.
    stream.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.expect("a ping");
    assert_eq!(frame(&mut stream).await.0, 0x8a);
    stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.expect("a close message");
    assert_eq!(frame(&mut stream).await.0, 0x88);
}

#[tokio::test]
async fn error_of_a_watch_over_websocket_is_a_response() {
    let server = listen(FakeApiServer::builder().user(jane().with_token("secret"))).await;
    let (_, head) = open_websocket(&server, "/api/v1/namespaces/default/widgets?watch=1", "secret").await;
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    let (_, head) = open_websocket(&server, MAPS, "secret").await;
    assert!(head.starts_with("HTTP/1.1 200 "), "only watches use WebSocket: {head}");
    let (_, head) = open_websocket(&server, &format!("{MAPS}?watch=true"), "other").await;
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
}
