//! Installing CRDs.

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use crate::client::{Client, Cluster, Error, Patch, PatchOptions};

/// Options of [`install`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallOptions {
    /// The field manager.
    pub field_manager: String,
    /// The timeout for each CRD to be established and in discovery.
    pub timeout: Duration,
    /// Runs all checks without storing anything, and does not wait.
    pub dry_run: bool,
}

impl Default for InstallOptions {
    fn default() -> Self {
        InstallOptions {
            field_manager: "kube-client-runtime".to_owned(),
            timeout: Duration::from_secs(30),
            dry_run: false,
        }
    }
}

/// An installed CRD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The CRD's name.
    pub name: String,
    /// Whether the CRD was created; otherwise it was updated.
    pub created: bool,
    /// The resource version.
    pub resource_version: String,
}

/// An error of [`install`]. The CRDs before it in the list are installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// Another field manager owns fields that the CRD sets to other values.
    #[error("{crd}: {} set other values for {}; apply the CRD as that manager, or remove its fields", .managers.join(", "), .fields.join(", "))]
    Conflict {
        /// The CRD.
        crd: String,
        /// The managers that own the fields.
        managers: Vec<String>,
        /// The fields.
        fields: Vec<String>,
    },
    /// Objects may be stored in a version that the new CRD does not have.
    #[error("{crd}: objects may be stored as {}, which the new CRD does not have; migrate them and remove the version from status.storedVersions first", .versions.join(", "))]
    DropsStoredVersion {
        /// The CRD.
        crd: String,
        /// The versions.
        versions: Vec<String>,
    },
    /// The API server did not accept the CRD's names.
    #[error("{crd}: names are not accepted: {message}")]
    NamesNotAccepted {
        /// The CRD.
        crd: String,
        /// The message of the condition `NamesAccepted`.
        message: String,
    },
    /// The CRD did not become ready in time.
    #[error("{crd}: not {waiting_for} within {timeout:?}")]
    Timeout {
        /// The CRD.
        crd: String,
        /// The awaited state.
        waiting_for: &'static str,
        /// The timeout.
        timeout: Duration,
    },
    /// A request failed.
    #[error("{crd}: {source}")]
    Request {
        /// The CRD.
        crd: String,
        /// The error of the request.
        source: Box<Error>,
    },
}

/// The interval between two requests while waiting.
const POLL: Duration = Duration::from_millis(100);

/// Applies CRDs server-side, without force, and waits until each is established and its served versions are in discovery.
///
/// # Errors
/// See [`InstallError`]. A CRD that conflicts, or that lacks a stored version, is not changed.
pub async fn install(
    client: &Client,
    crds: &[CustomResourceDefinition],
    options: &InstallOptions,
) -> Result<Vec<Installed>, InstallError> {
    let mut installed = Vec::new();
    for crd in crds {
        let install = Install { client, crd, name: crd.metadata.name.as_deref().unwrap_or_default(), options };
        installed.push(install.run().await?);
    }
    Ok(installed)
}

struct Install<'a> {
    client: &'a Client,
    crd: &'a CustomResourceDefinition,
    name: &'a str,
    options: &'a InstallOptions,
}

impl Install<'_> {
    async fn run(&self) -> Result<Installed, InstallError> {
        let before = self.crds().get_opt(self.name).await.map_err(|source| self.failed(source))?;
        if let Some(before) = &before {
            self.check_stored_versions(before)?;
        }
        let applied = self.apply().await?;
        if !self.options.dry_run {
            let wait = async {
                self.wait_established().await?;
                self.wait_discovery().await
            };
            wait.await?;
        }
        let resource_version = applied.metadata.resource_version.unwrap_or_default();
        Ok(Installed { name: self.name.to_owned(), created: before.is_none(), resource_version })
    }

    fn crds(&self) -> Cluster<CustomResourceDefinition> {
        self.client.cluster()
    }

    fn failed(&self, source: Error) -> InstallError {
        InstallError::Request { crd: self.name.to_owned(), source: Box::new(source) }
    }

    fn check_stored_versions(&self, before: &CustomResourceDefinition) -> Result<(), InstallError> {
        let stored = before.status.as_ref().and_then(|status| status.stored_versions.clone()).unwrap_or_default();
        let kept = |version: &String| self.crd.spec.versions.iter().any(|kept| kept.name == *version);
        let versions: Vec<String> = stored.into_iter().filter(|version| !kept(version)).collect();
        if versions.is_empty() {
            Ok(())
        } else {
            Err(InstallError::DropsStoredVersion { crd: self.name.to_owned(), versions })
        }
    }

    async fn apply(&self) -> Result<CustomResourceDefinition, InstallError> {
        let mut options = PatchOptions::manager(&self.options.field_manager);
        options.dry_run = self.options.dry_run;
        let answer = self.crds().patch(self.name, &Patch::Apply(self.crd), &options).await;
        answer.map_err(|error| {
            if error.is_conflict() && !error.causes().is_empty() { self.conflict(&error) } else { self.failed(error) }
        })
    }

    /// The server names managers only in its messages: `conflict with "kubectl" using v1`.
    fn conflict(&self, error: &Error) -> InstallError {
        let mut managers: Vec<String> = Vec::new();
        let mut fields = Vec::new();
        for cause in error.causes() {
            managers.extend(cause.message.split('"').nth(1).map(str::to_owned));
            fields.push(cause.field);
        }
        managers.sort();
        managers.dedup();
        InstallError::Conflict { crd: self.name.to_owned(), managers, fields }
    }

    async fn wait_established(&self) -> Result<(), InstallError> {
        self.poll_until("established", async || {
            let crd = self.crds().get(self.name).await.map_err(|source| self.failed(source))?;
            let conditions = crd.status.and_then(|status| status.conditions).unwrap_or_default();
            if let Some(refused) =
                conditions.iter().find(|condition| condition.type_ == "NamesAccepted" && condition.status == "False")
            {
                let message = refused.message.clone().unwrap_or_default();
                return Err(InstallError::NamesNotAccepted { crd: self.name.to_owned(), message });
            }
            Ok(conditions.iter().any(|condition| condition.type_ == "Established" && condition.status == "True"))
        })
        .await
    }

    async fn wait_discovery(&self) -> Result<(), InstallError> {
        let spec = &self.crd.spec;
        for version in spec.versions.iter().filter(|version| version.served) {
            let api_version = format!("{}/{}", spec.group, version.name);
            self.poll_until("in discovery", async || {
                match self.client.kube().list_api_group_resources(&api_version).await {
                    Ok(list) => Ok(list.resources.iter().any(|resource| resource.name == spec.names.plural)),
                    Err(kube::Error::Api(status)) if status.code == 404 || status.code == 503 => Ok(false),
                    Err(source) => Err(self.failed(Error::discovery(&api_version, source))),
                }
            })
            .await?;
        }
        Ok(())
    }

    async fn poll_until(
        &self,
        waiting_for: &'static str,
        mut ready: impl AsyncFnMut() -> Result<bool, InstallError>,
    ) -> Result<(), InstallError> {
        let timeout = self.options.timeout;
        let wait = async {
            while !ready().await? {
                tokio::time::sleep(POLL).await;
            }
            Ok(())
        };
        let late = |_| Err(InstallError::Timeout { crd: self.name.to_owned(), waiting_for, timeout });
        tokio::time::timeout(timeout, wait).await.unwrap_or_else(late)
    }
}
