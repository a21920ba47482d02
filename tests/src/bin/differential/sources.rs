//! CRDs of the kinds that scripts use.

use std::path::{Path, PathBuf};

use kube_fake_apiserver::FakeApiServer;
use kube_structural_schema::{Crd, Scope, Source, read};

use crate::BoxError;

pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, BoxError> {
    if paths.is_empty() {
        let crds = aigateway_client::crds();
        let source = |crd: &_| Ok(Source::new("a CRD of the client", serde_json::to_string(crd)?));
        return crds.iter().map(source).collect();
    }
    let mut sources = Vec::new();
    paths.iter().try_for_each(|path| find(path, &mut sources))?;
    Ok(sources)
}

fn find(path: &Path, sources: &mut Vec<Source>) -> Result<(), BoxError> {
    if path.is_dir() {
        for entry in path.read_dir()? {
            find(&entry?.path(), sources)?;
        }
    } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json") {
        sources.push(Source::new(path.display().to_string(), std::fs::read(path)?));
    }
    Ok(())
}

/// Removes cluster-scoped objects of earlier runs.
async fn clear(client: &kube::Client, crd: &Crd) -> Result<(), BoxError> {
    if crd.scope == Scope::Namespaced {
        return Ok(());
    }
    let Some(version) = crd.versions.iter().find(|version| version.served) else { return Ok(()) };
    let path = format!("/apis/{}/{}/{}", crd.group, version.name, crd.names.plural);
    let list: serde_json::Value = client.request(http::Request::get(&path).body(Vec::new())?).await?;
    for item in list["items"].as_array().into_iter().flatten() {
        let path = format!("{path}/{}", item["metadata"]["name"].as_str().unwrap_or_default());
        let patch = http::Request::patch(&path).header("content-type", "application/merge-patch+json");
        client.request_text(patch.body(br#"{"metadata":{"finalizers":null}}"#.to_vec())?).await?;
        // Objects that were terminating have been deleted by the patch.
        let _ = client.request_text(http::Request::delete(&path).body(Vec::new())?).await;
    }
    Ok(())
}

/// Installs CRDs on the real server; skips CRDs that one of the servers refuses.
pub(crate) async fn install_accepted(client: &kube::Client, sources: &[Source]) -> Result<Vec<Crd>, BoxError> {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    let options = aigateway_client::crds::InstallOptions::default();
    let clients = aigateway_client::Clientset::from(client.clone());
    let mut accepted = Vec::new();
    for source in sources {
        let found = match read(std::slice::from_ref(source)) {
            Ok(found) => found.crds,
            Err(problems) => {
                println!("skipped: not a valid CRD: {problems}");
                continue;
            }
        };
        for crd in found {
            if let Err(error) = FakeApiServer::builder().crds_yaml(crd.document.to_string()).build() {
                println!("skipped: refused by the in-memory server: {error}");
                continue;
            }
            let definition: CustomResourceDefinition = serde_json::from_value(crd.document.clone())?;
            match aigateway_client::crds::install(clients.client(), &[definition], &options).await {
                Ok(_) => {
                    clear(client, &crd).await?;
                    accepted.push(crd);
                }
                Err(error) => println!("skipped: refused by the real server: {error}"),
            }
        }
    }
    Ok(accepted)
}
