//! The rotation of an API key: a new Secret, the BackendSecurityPolicy that refers to it, and the deletion of the old Secret.
//!
//! Each step is skipped if it is done already: an interrupted rotation is completed by repeating it.

use std::collections::BTreeMap;
use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::BackendSecurityPolicy;
use aigateway_client::runtime::client::wait::{WaitError, WaitOptions};
use aigateway_client::runtime::client::{Error, ListOptions, Namespaced};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;

use crate::acceptance::{accepted, accepted_since};

/// The key of the Secret that AI Gateway reads.
const KEY: &str = "apiKey";

/// The annotation of a new Secret that names the Secret that it replaces.
const REPLACES: &str = "example.com/replaces";

/// A rotation.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The namespace of the policy and of both Secrets.
    pub namespace: String,
    /// The BackendSecurityPolicy.
    pub policy: String,
    /// The name of the new Secret.
    pub secret: String,
    /// The new API key.
    pub api_key: String,
    /// How long the controller may need.
    pub timeout: Duration,
}

/// What became of the old Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Old {
    /// It was deleted.
    Deleted(String),
    /// It is kept, because another policy refers to it.
    Shared(String),
    /// It does not exist.
    None,
}

/// Why a rotation failed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The policy has no API key.
    #[error("the policy {0} has no spec.apiKey: only API keys are rotated")]
    NoApiKey(String),
    /// The new Secret exists with another key.
    #[error("the Secret {0} exists and contains another API key: choose another name")]
    Exists(String),
    /// The policy was not accepted.
    #[error("the policy was not accepted with the new Secret, and refers to {old} again: {cause}")]
    RolledBack {
        /// The old Secret.
        old: String,
        /// Why it was not accepted.
        cause: Box<WaitError<BackendSecurityPolicy>>,
    },
    /// A policy that refers to the new Secret since an earlier run is not accepted.
    #[error("the policy is not accepted: {0}")]
    NotAccepted(Box<WaitError<BackendSecurityPolicy>>),
    /// A request failed.
    #[error(transparent)]
    Request(#[from] Error),
}

impl Rotation {
    /// Rotates the API key.
    ///
    /// # Errors
    /// Returns an error if a request fails or if the policy is not accepted.
    pub async fn run(&self, clients: &Clientset) -> Result<Old, RotationError> {
        let policies = clients.aigateway_v1beta1().backend_security_policies(&self.namespace);
        let secrets = clients.client().namespaced::<Secret>(&self.namespace);
        let current = secret_of(&policies.get(&self.policy).await?).map(str::to_owned);
        let current = current.ok_or_else(|| RotationError::NoApiKey(self.policy.clone()))?;
        let replaced = self.create_secret(&secrets, &current).await?;
        self.point_to_secret(&policies, &current).await?;
        self.delete_old(&policies, &secrets, &replaced).await
    }

    /// Creates the new Secret, and returns the name of the one that it replaces.
    async fn create_secret(&self, secrets: &Namespaced<Secret>, current: &str) -> Result<String, RotationError> {
        let data = BTreeMap::from([(KEY.to_owned(), ByteString(self.api_key.clone().into_bytes()))]);
        if let Some(found) = secrets.get_opt(&self.secret).await? {
            if found.data.as_ref().and_then(|data| data.get(KEY)) != data.get(KEY) {
                return Err(RotationError::Exists(self.secret.clone()));
            }
            let annotations = found.metadata.annotations.unwrap_or_default();
            return Ok(annotations.get(REPLACES).cloned().unwrap_or_default());
        }
        let mut secret = Secret { data: Some(data), ..Secret::default() };
        secret.metadata.name = Some(self.secret.clone());
        secret.metadata.annotations = Some(BTreeMap::from([(REPLACES.to_owned(), current.to_owned())]));
        secrets.create(&secret).await?;
        Ok(current.to_owned())
    }

    /// Makes the policy refer to the new Secret, and waits until it is accepted.
    async fn point_to_secret(
        &self,
        policies: &Namespaced<BackendSecurityPolicy>,
        current: &str,
    ) -> Result<(), RotationError> {
        let mut before = BackendSecurityPolicy::default();
        let change = |policy: &mut BackendSecurityPolicy| {
            before = policy.clone();
            set_secret(policy, &self.secret);
        };
        let written = policies.modify(&self.policy, change).await?;
        let options = WaitOptions::new(self.timeout).after(&written);
        if current == self.secret {
            let waited = policies.wait_for(&self.policy, accepted(), options).await;
            return waited.map(|_| ()).map_err(|error| RotationError::NotAccepted(Box::new(error)));
        }
        let Err(cause) = policies.wait_for(&self.policy, accepted_since(&before, &written), options).await else {
            return Ok(());
        };
        policies.modify(&self.policy, |policy| set_secret(policy, current)).await?;
        Err(RotationError::RolledBack { old: current.to_owned(), cause: Box::new(cause) })
    }

    /// Deletes the old Secret unless another policy refers to it.
    async fn delete_old(
        &self,
        policies: &Namespaced<BackendSecurityPolicy>,
        secrets: &Namespaced<Secret>,
        old: &str,
    ) -> Result<Old, RotationError> {
        if old.is_empty() || old == self.secret {
            return Ok(Old::None);
        }
        let all = policies.list(&ListOptions::default()).await?;
        if all.items.iter().any(|policy| secret_of(policy) == Some(old)) {
            return Ok(Old::Shared(old.to_owned()));
        }
        match secrets.delete(old).await {
            Ok(_) => Ok(Old::Deleted(old.to_owned())),
            Err(error) if error.is_not_found() => Ok(Old::None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns the name of the Secret with the API key.
fn secret_of(policy: &BackendSecurityPolicy) -> Option<&str> {
    Some(&policy.spec.as_ref()?.api_key.as_ref()?.secret_ref.name)
}

/// Sets the name of the Secret with the API key.
fn set_secret(policy: &mut BackendSecurityPolicy, name: &str) {
    if let Some(key) = policy.spec.as_mut().and_then(|spec| spec.api_key.as_mut()) {
        name.clone_into(&mut key.secret_ref.name);
    }
}
