//! Waiting until the kind of a CRD is served.

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use super::InstallError;
use crate::client::wait::{Combine, WaitErrorCause, condition};
use crate::client::{Client, Error};
use crate::types::HasConditions;

const ESTABLISHED: &str = "Established";
const NAMES_ACCEPTED: &str = "NamesAccepted";

/// The interval between two requests for discovery.
const POLL: Duration = Duration::from_millis(100);

/// What a wait needs of a CRD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Definition {
    /// The name of the CRD.
    pub(crate) name: String,
    /// The group.
    pub(crate) group: String,
    /// The plural.
    pub(crate) plural: String,
    /// The served versions.
    pub(crate) versions: Vec<String>,
}

impl Definition {
    pub(crate) fn of(crd: &CustomResourceDefinition) -> Self {
        let served = crd.spec.versions.iter().filter(|version| version.served);
        Definition {
            name: crd.metadata.name.clone().unwrap_or_default(),
            group: crd.spec.group.clone(),
            plural: crd.spec.names.plural.clone(),
            versions: served.map(|version| version.name.clone()).collect(),
        }
    }

    /// Waits until the CRD is established and its served versions are in discovery, each at most for `timeout`.
    pub(crate) async fn wait_until_served(&self, client: &Client, timeout: Duration) -> Result<(), InstallError> {
        self.wait_established(client, timeout).await?;
        self.wait_discovery(client, timeout).await
    }

    fn failed(&self, source: Error) -> InstallError {
        InstallError::Request { crd: self.name.clone(), source: Box::new(source) }
    }

    async fn wait_established(&self, client: &Client, timeout: Duration) -> Result<(), InstallError> {
        let crds = client.cluster::<CustomResourceDefinition>();
        let established = condition(ESTABLISHED, "True").fail_if(condition(NAMES_ACCEPTED, "False"));
        let Err(error) = crds.wait_for(&self.name, established, timeout).await else { return Ok(()) };
        Err(match error.cause {
            WaitErrorCause::Failed(reason) => {
                let refused = error.last.first().and_then(|crd| crd.find_condition(NAMES_ACCEPTED));
                let message = refused.map_or(reason, |refused| refused.message);
                InstallError::NamesNotAccepted { crd: self.name.clone(), message }
            }
            WaitErrorCause::Request(source) => InstallError::Request { crd: self.name.clone(), source },
            WaitErrorCause::Timeout { .. } => self.late("established", timeout),
        })
    }

    /// Polls: discovery cannot be watched.
    async fn wait_discovery(&self, client: &Client, timeout: Duration) -> Result<(), InstallError> {
        for version in &self.versions {
            let api_version = format!("{}/{version}", self.group);
            let wait = async {
                while !self.is_discovered(client, &api_version).await? {
                    tokio::time::sleep(POLL).await;
                }
                Ok(())
            };
            let late = |_| Err(self.late("in discovery", timeout));
            tokio::time::timeout(timeout, wait).await.unwrap_or_else(late)?;
        }
        Ok(())
    }

    async fn is_discovered(&self, client: &Client, api_version: &str) -> Result<bool, InstallError> {
        match client.kube().list_api_group_resources(api_version).await {
            Ok(list) => Ok(list.resources.iter().any(|resource| resource.name == self.plural)),
            Err(kube::Error::Api(status)) if status.code == 404 || status.code == 503 => Ok(false),
            Err(source) => Err(self.failed(Error::discovery(api_version, source))),
        }
    }

    fn late(&self, waiting_for: &'static str, timeout: Duration) -> InstallError {
        InstallError::Timeout { crd: self.name.clone(), waiting_for, timeout }
    }
}
