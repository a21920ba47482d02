//! Runs the controller of model catalogues until Ctrl-C or SIGTERM.

use kube_client_runtime::client::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().any(|argument| argument == "--help") {
        println!("usage: model-catalogue\nmetrics and health: http://0.0.0.0:8080");
        return Ok(());
    }
    tracing_subscriber::fmt().init();
    let client = Client::try_default().await?;
    let manager = model_catalogue::manager(&client, client.default_namespace(), ([0, 0, 0, 0], 8080).into())?;
    println!("{}", manager.run().await?);
    Ok(())
}
