//! The kubeconfig of a server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::client_certificate::ClientCertificate;

/// The name of the cluster, the user and the context.
const NAME: &str = "kube-fake-apiserver";

/// How a client identifies its user.
pub(super) enum Credentials<'c> {
    Token(&'c str),
    Certificate(&'c ClientCertificate),
}

impl Credentials<'_> {
    fn fields(&self) -> String {
        match self {
            Credentials::Token(token) => format!("token: {token}"),
            Credentials::Certificate(client) => format!(
                "client-certificate-data: {}\n    client-key-data: {}",
                STANDARD.encode(&client.certificate),
                STANDARD.encode(&client.key)
            ),
        }
    }
}

/// Returns a kubeconfig with one cluster, one user and one context.
pub(super) fn text(url: &str, authority: &str, credentials: &Credentials<'_>) -> String {
    let (authority, credentials) = (STANDARD.encode(authority), credentials.fields());
    format!(
        "apiVersion: v1
kind: Config
current-context: {NAME}
clusters:
- name: {NAME}
  cluster:
    server: {url}
    certificate-authority-data: {authority}
users:
- name: {NAME}
  user:
    {credentials}
contexts:
- name: {NAME}
  context:
    cluster: {NAME}
    user: {NAME}
    namespace: default
"
    )
}
