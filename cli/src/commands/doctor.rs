//! `aigwctl doctor`

use std::fmt;
use std::process::ExitCode;

use aigateway_client::crds::crds;
use clap::Args;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube_client_runtime::client::Client;

use crate::args::{Globals, Input};
use crate::error::CliError;
use crate::inventory::Inventory;
use crate::kinds::{INFERENCE, KindName, NEIGHBOURS};
use crate::lint::lint;
use crate::output::{self, visible};

/// The checks of `lint` that concern the cluster and not a single manifest.
const CHECKS: [&str; 4] = ["stuck-finalizer", "old-version", "too-many-rules", "large-configuration"];

/// Check a cluster: versions, CRDs and their stored versions, stuck finalizers, sizes near limits
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0, no problems; 1, problems; 2, the command cannot run.")]
pub(crate) struct Arguments {}

/// A result.
enum Diagnosis {
    Ok(String),
    Problem { what: String, remedy: String },
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Diagnosis::Ok(what) => writeln!(out, "ok       {}", visible(what)),
            Diagnosis::Problem { what, remedy } => writeln!(out, "problem  {}: {}", visible(what), visible(remedy)),
        }
    }
}

fn problem(what: impl Into<String>, remedy: impl Into<String>) -> Diagnosis {
    Diagnosis::Problem { what: what.into(), remedy: remedy.into() }
}

/// Runs the command.
pub(crate) async fn run(_: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let client = globals.client().await?;
    let version = client.kube().apiserver_version().await.map_err(|error| CliError::Kube(Box::new(error)))?;
    let own = env!("CARGO_PKG_VERSION");
    let mut found = vec![Diagnosis::Ok(format!("Kubernetes {}, aigwctl {own}", version.git_version))];
    for crd in crds() {
        found.extend(definition(&client, &crd).await?);
    }
    let inventory = Inventory::load(&Input::default(), globals).await?;
    found.extend(neighbours(&inventory));
    let findings = lint(&inventory, &[]);
    for name in CHECKS {
        let of_check: Vec<_> = findings.iter().filter(|finding| finding.reason == name).collect();
        if of_check.is_empty() {
            found.push(Diagnosis::Ok(name.to_owned()));
        }
        found.extend(of_check.into_iter().map(|finding| {
            let object = finding.object.as_ref().map(ToString::to_string).unwrap_or_default();
            problem(object, finding.message.as_str())
        }));
    }
    output::print(&found.iter().map(ToString::to_string).collect::<Vec<_>>().concat())?;
    let is_healthy = found.iter().all(|diagnosis| matches!(diagnosis, Diagnosis::Ok(_)));
    Ok(ExitCode::from(u8::from(!is_healthy)))
}

/// Compares an installed CRD with the embedded one.
async fn definition(client: &Client, expected: &CustomResourceDefinition) -> Result<Vec<Diagnosis>, CliError> {
    let name = expected.metadata.name.clone().unwrap_or_default();
    let Some(installed) = client.cluster::<CustomResourceDefinition>().get_opt(&name).await? else {
        return Ok(vec![problem(name, "the CRD is not installed: run aigwctl install-crds")]);
    };
    let mut found = Vec::new();
    let versions = |crd: &CustomResourceDefinition| -> Vec<String> {
        crd.spec.versions.iter().filter(|version| version.served).map(|version| version.name.clone()).collect()
    };
    let missing: Vec<String> =
        versions(expected).into_iter().filter(|version| !versions(&installed).contains(version)).collect();
    if !missing.is_empty() {
        let what = format!("{name} does not serve {}", missing.join(", "));
        found.push(problem(what, "run aigwctl install-crds"));
    }
    let storage = installed.spec.versions.iter().find(|version| version.storage).map(|version| version.name.clone());
    let stored = installed.status.and_then(|status| status.stored_versions).unwrap_or_default();
    let old: Vec<String> = stored.into_iter().filter(|version| Some(version) != storage.as_ref()).collect();
    if !old.is_empty() {
        let what = format!("{name} may have objects stored as {}", old.join(", "));
        found.push(problem(what, "run aigwctl migrate-storage"));
    }
    if found.is_empty() {
        found.push(Diagnosis::Ok(format!("{name}: stored as {}", storage.unwrap_or_default())));
    }
    Ok(found)
}

/// Returns whether the kinds of neighbours are served and can be read.
fn neighbours(inventory: &Inventory) -> Vec<Diagnosis> {
    let check = |kind: &KindName| {
        let name = kind.qualified();
        let count = inventory.of_kind(kind.group, kind.kind).count();
        match () {
            // The inference extension is optional.
            () if !inventory.is_served(kind.group, kind.kind) && kind.group == INFERENCE => {
                Diagnosis::Ok(format!("{name}: not served, and not required"))
            }
            () if !inventory.is_served(kind.group, kind.kind) => {
                problem(format!("{name} is not served"), "install Gateway API and Envoy Gateway")
            }
            () if inventory.knows(kind.group, kind.kind) => Diagnosis::Ok(format!("{name}: {count} objects")),
            () => problem(name, "cannot be listed: check the permissions, and whether its API server answers"),
        }
    };
    NEIGHBOURS.iter().map(check).collect()
}
