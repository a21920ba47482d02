//! What to do about the most common errors.

use std::fmt;

use super::{Error, Reason};

/// The message of an API server for a path that it does not serve.
const NOT_SERVED: &str = "the server could not find the requested resource";
/// The same as plain text, from a server without the group.
const PAGE_NOT_FOUND: &str = "404 page not found";

impl Error {
    /// Returns whether the kind is not served. It may be served soon: its CRD, or another API server of the same control plane,
    /// may be late.
    #[cfg(feature = "manifests")]
    pub(crate) fn is_not_served(&self) -> bool {
        self.status().is_some_and(|status| status.code == 404 && is_not_served(status.message.trim()))
    }

    /// Returns what to do about the error, for the most common ones.
    pub fn remedy(&self) -> Option<&'static str> {
        if let Some(status) = self.status() {
            let message = status.message.trim();
            return match status.code {
                404 if is_not_served(message) => Some(
                    "the kind is not served: install its CRD, or use a version that the CRD serves (kubectl api-resources)",
                ),
                401 => Some(
                    "the credentials are missing, invalid or expired: log in again, and check the context of the kubeconfig",
                ),
                403 => Some("grant the verb in a Role or ClusterRole, and bind it to the user"),
                _ => None,
            };
        }
        let (Reason::Transport(source) | Reason::FateUnknown(source)) = &self.reason else { return None };
        match &**source {
            kube::Error::InferConfig(_) => {
                Some("set KUBECONFIG, create ~/.kube/config, or run in a pod with a service account")
            }
            kube::Error::Auth(_) => Some("check the user of the kubeconfig's context, and log in again"),
            kube::Error::TlsRequired => Some("enable the features `rustls-tls` and `ring` of kube"),
            error => connection(error),
        }
    }
}

/// Returns whether an API server does not serve a path, according to its message.
fn is_not_served(message: &str) -> bool {
    matches!(message, NOT_SERVED | PAGE_NOT_FOUND)
}

/// Returns what to do about a failed connection.
fn connection(error: &kube::Error) -> Option<&'static str> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
        {
            return Some(
                "is the cluster running, and is the context of the kubeconfig the right one? (kubectl cluster-info)",
            );
        }
        next = error.source();
    }
    None
}

/// A remedy behind a message.
pub(super) struct Suffix(pub(super) Option<&'static str>);

impl fmt::Display for Suffix {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |remedy| write!(out, "; {remedy}"))
    }
}
