//! Kubeconfigs of the replicas: those of the API server, with the address of a proxy.

use std::path::Path;

use kube::config::Kubeconfig;
use shard_benches::BoxError;

/// The kubeconfig of the API server.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    kubeconfig: Kubeconfig,
    /// The address of the API server.
    pub(crate) server: Server,
}

/// The address of an API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Access {
    /// Reads a kubeconfig whose current context names an API server with HTTPS.
    pub(crate) fn read(path: &Path) -> Result<Self, BoxError> {
        let mut kubeconfig = Kubeconfig::read_from(path)?;
        let current = kubeconfig.current_context.clone().ok_or("no current context: set one with kubectl config")?;
        let context = kubeconfig.contexts.iter().find(|context| context.name == current);
        let name = context.and_then(|context| context.context.as_ref()).map(|context| context.cluster.clone());
        kubeconfig.clusters.retain(|cluster| Some(&cluster.name) == name.as_ref());
        let cluster = kubeconfig.clusters.first().and_then(|cluster| cluster.cluster.as_ref());
        let url = cluster.and_then(|cluster| cluster.server.as_deref()).unwrap_or_default();
        let address =
            url.strip_prefix("https://").ok_or_else(|| format!("{url:?} is no HTTPS address of an API server"))?;
        let address = address.split('/').next().unwrap_or_default();
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "443"));
        let server = Server { host: host.to_owned(), port: port.parse()? };
        Ok(Access { kubeconfig, server })
    }

    /// Writes a kubeconfig with another address of the API server, whose certificate stays the same.
    pub(crate) fn write(&self, path: &Path, port: u16) -> Result<(), BoxError> {
        let mut kubeconfig = self.kubeconfig.clone();
        for cluster in kubeconfig.clusters.iter_mut().filter_map(|cluster| cluster.cluster.as_mut()) {
            cluster.server = Some(format!("https://127.0.0.1:{port}"));
            cluster.tls_server_name.get_or_insert_with(|| self.server.host.clone());
        }
        std::fs::write(path, serde_json::to_string(&kubeconfig)?)?;
        Ok(())
    }
}
