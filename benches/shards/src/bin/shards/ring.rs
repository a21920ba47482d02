//! The sharder of kubernetes-controller-sharding, and its ring.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use kube_client_runtime::client::DeleteOptions;
use kube_client_runtime::manifests::{ApplyManifestsOptions, Manifests, apply_manifests};
use serde_json::json;
use shard_benches::BoxError;

use crate::cli::Cli;
use crate::process;
use crate::proxy::Proxy;
use crate::server::ApiServer;

/// The port of the sharder's webhook, which cannot be configured.
const PORT: u16 = 9443;
/// The name of the ring, which is that of the group of replicas.
const RING: &str = "maps";
/// The name of the webhook's configuration, which the sharder writes.
const WEBHOOK: &str = "controllerring-maps";

/// A running sharder.
pub(crate) struct Ring {
    sharder: Child,
    proxy: Proxy,
}

impl Ring {
    /// Installs the CRD, creates the ring for a namespace, and starts the sharder.
    pub(crate) async fn start(cli: &Cli, server: &ApiServer, namespace: &str, folder: &Path) -> Result<Self, BoxError> {
        let missing = "the division `ring` needs the sharder and its CRD: pass --sharder PROGRAM and --crd FILE";
        let (sharder, crd) = cli.sharder.as_ref().zip(cli.crd.as_ref()).ok_or(missing)?;
        let ring = folder.join("ring.json");
        std::fs::write(
            &ring,
            json!({
                "apiVersion": "sharding.timebertt.dev/v1alpha1",
                "kind": "ControllerRing",
                "metadata": {"name": RING},
                "spec": {
                    "resources": [{"group": "", "resource": "configmaps"}],
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                },
            })
            .to_string(),
        )?;
        let manifests = Manifests::new().path(crd).path(&ring);
        let report = apply_manifests(&server.client, &manifests, &ApplyManifestsOptions::new("shards")).await?;
        println!("{report}");
        let proxy = Proxy::start(server.access.server.clone()).await?;
        let kubeconfig = folder.join("sharder.kubeconfig");
        server.access.write(&kubeconfig, proxy.port)?;
        let config = configure(folder)?;
        let output = File::create(folder.join("sharder.err"))?;
        let mut command = Command::new(sharder);
        command.arg("--config").arg(config).env("KUBECONFIG", kubeconfig).env("LEADER_ELECT", "false");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let sharder = command.spawn().map_err(|error| format!("cannot run {}: {error}", sharder.display()))?;
        let ring = Ring { sharder, proxy };
        ring.ready(server).await?;
        Ok(ring)
    }

    async fn ready(&self, server: &ApiServer) -> Result<(), BoxError> {
        let webhooks = server.client.cluster::<MutatingWebhookConfiguration>();
        for _ in 0..60 {
            if webhooks.get_opt(WEBHOOK).await?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Err("the sharder did not write its webhook within 30 seconds: see sharder.err in the folder of the logs".into())
    }

    pub(crate) fn cpu(&self) -> f64 {
        process::cpu(self.sharder.id())
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.proxy.bytes()
    }

    /// Stops the sharder, and deletes its webhook.
    pub(crate) async fn stop(mut self, server: &ApiServer) -> Result<(), BoxError> {
        self.sharder.kill()?;
        self.sharder.wait()?;
        let webhooks = server.client.cluster::<MutatingWebhookConfiguration>();
        webhooks.delete_with(WEBHOOK, &DeleteOptions::default()).await?;
        Ok(())
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let _ = self.sharder.kill();
        let _ = self.sharder.wait();
    }
}

/// Writes the certificate of the webhook and the configuration of the sharder, whose path is returned.
fn configure(folder: &Path) -> Result<std::path::PathBuf, BoxError> {
    let certificate = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let pem = certificate.cert.pem();
    std::fs::write(folder.join("tls.crt"), &pem)?;
    std::fs::write(folder.join("tls.key"), certificate.signing_key.serialize_pem())?;
    let config = folder.join("sharder.json");
    std::fs::write(
        &config,
        json!({
            "apiVersion": "config.sharding.timebertt.dev/v1alpha1",
            "kind": "SharderConfig",
            "health": {"bindAddress": "0"},
            "metrics": {"bindAddress": "0"},
            // As those of the replicas, its requests are not limited.
            "clientConnection": {"qps": 2000, "burst": 4000},
            "webhook": {
                "server": {"certDir": folder},
                "config": {"clientConfig": {
                    "url": format!("https://127.0.0.1:{PORT}"),
                    "caBundle": base64::engine::general_purpose::STANDARD.encode(&pem),
                }},
            },
        })
        .to_string(),
    )?;
    Ok(config)
}
