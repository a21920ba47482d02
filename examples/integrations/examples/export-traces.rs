//! Lists the ConfigMaps of the cluster and exports the spans of the requests:
//! `cargo run --package integration-examples --example export-traces [COLLECTOR]`.
//!
//! COLLECTOR is the URL of a collector that accepts OTLP over HTTP; the default is `http://localhost:4318/v1/traces`.

use integration_examples::otlp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::client::{Client, ListOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let collector = std::env::args().nth(1).unwrap_or_else(|| "http://localhost:4318/v1/traces".to_owned());
    if collector == "--help" {
        println!("usage: export-traces [COLLECTOR]");
        return Ok(());
    }
    let provider = otlp::provider(&collector, "export-traces")?;
    tracing::subscriber::set_global_default(otlp::subscriber(&provider))?;

    let maps = Client::try_default().await?.all_namespaces::<ConfigMap>();
    println!("{} ConfigMaps", maps.list(&ListOptions::default()).await?.items.len());

    // Exports the last batch. The exporter needs the runtime meanwhile.
    tokio::task::spawn_blocking(move || provider.shutdown()).await??;
    Ok(())
}
