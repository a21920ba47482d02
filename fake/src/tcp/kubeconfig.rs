//! The kubeconfig of a server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The name of the cluster, the user and the context.
const NAME: &str = "kube-fake-apiserver";

/// Returns a kubeconfig with one cluster, one user and one context.
pub(super) fn text(url: &str, authority: &str, token: &str) -> String {
    let authority = STANDARD.encode(authority);
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
    token: {token}
contexts:
- name: {NAME}
  context:
    cluster: {NAME}
    user: {NAME}
    namespace: default
"
    )
}
