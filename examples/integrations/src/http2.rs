//! A client with one HTTP/2 connection.
//!
//! kube's own stack uses HTTP/1.1, where each open watch occupies a connection.

use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt};
use kube_client_runtime::client::Client;
use tower::{BoxError, ServiceBuilder};

/// Creates a client whose requests, those of [`Client::kube`] included, are streams of one HTTP/2 connection.
///
/// # Errors
/// Returns an error if the certificates or the credentials of the configuration are not valid.
pub fn connect(config: &kube::Config) -> Result<Client, kube::Error> {
    let tls = config.rustls_client_config()?;
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http2().build();
    let http =
        hyper_util::client::legacy::Client::builder(TokioExecutor::new()).http2_only(true).build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::from(kube::Client::new(service, config.default_namespace.clone())))
}
