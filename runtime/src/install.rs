//! Installing CRDs.

mod served;

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use crate::client::{Client, Cluster, Error, Patch, PatchOptions};
pub(crate) use served::Definition;

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

/// Applies CRDs server-side, without force, and waits until each is established and its served versions are in discovery. Needs
/// the verbs get, list, watch, create and patch for CRDs.
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
            Definition::of(self.crd).wait_until_served(self.client, self.options.timeout).await?;
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
        answer.map_err(
            |error| {
                if error.field_conflicts().is_empty() { self.failed(error) } else { self.conflict(&error) }
            },
        )
    }

    fn conflict(&self, error: &Error) -> InstallError {
        let (mut managers, fields): (Vec<_>, Vec<_>) =
            error.field_conflicts().into_iter().map(|conflict| (conflict.manager, conflict.field)).unzip();
        managers.sort();
        managers.dedup();
        InstallError::Conflict { crd: self.name.to_owned(), managers, fields }
    }
}
