//! The CRDs that scripts are about.

use std::path::{Path, PathBuf};

use kube_fake_apiserver::FakeApiServer;
use kube_structural_schema::{Crd, Scope, Source, read};

use crate::Failed;

pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Failed> {
    if paths.is_empty() {
        let crds = aigateway_client::crds();
        let source = |crd: &_| Ok(Source::new("a CRD of the client", serde_json::to_string(crd)?));
        return crds.iter().map(source).collect();
    }
    let mut sources = Vec::new();
    paths.iter().try_for_each(|path| find(path, &mut sources))?;
    Ok(sources)
}

fn find(path: &Path, sources: &mut Vec<Source>) -> Result<(), Failed> {
    if path.is_dir() {
        for entry in path.read_dir()? {
            find(&entry?.path(), sources)?;
        }
    } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json") {
        sources.push(Source::new(path.display().to_string(), std::fs::read(path)?));
    }
    Ok(())
}

/// Removes what an earlier run has left of a kind that belongs to the cluster.
async fn clear(client: &kube::Client, crd: &Crd) -> Result<(), Failed> {
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
        // What was being deleted is gone by now.
        let _ = client.request_text(http::Request::delete(&path).body(Vec::new())?).await;
    }
    Ok(())
}

/// Gives the real server the CRDs, and waits until it serves them. Those that one of the servers refuses are left out.
pub(crate) async fn accepted(client: &kube::Client, sources: &[Source]) -> Result<Vec<Crd>, Failed> {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    let options = aigateway_client::crds::InstallOptions::default();
    let clients = aigateway_client::Clientset::from(client.clone());
    let mut accepted = Vec::new();
    for source in sources {
        let found = match read(std::slice::from_ref(source)) {
            Ok(found) => found.crds,
            Err(problems) => {
                println!("left out, because it is no CRD: {problems}");
                continue;
            }
        };
        for crd in found {
            if let Err(error) = FakeApiServer::builder().crds_yaml(crd.document.to_string()).build() {
                println!("left out, because the server in memory refuses it: {error}");
                continue;
            }
            let definition: CustomResourceDefinition = serde_json::from_value(crd.document.clone())?;
            match aigateway_client::crds::install(clients.client(), &[definition], &options).await {
                Ok(_) => {
                    clear(client, &crd).await?;
                    accepted.push(crd);
                }
                Err(error) => println!("left out, because the real server refuses it: {error}"),
            }
        }
    }
    Ok(accepted)
}
