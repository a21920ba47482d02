//! Runs the controller of `examples/src/backend_catalog.rs`: `cargo run --package examples --example backend-catalog`. It runs
//! until Ctrl-C or SIGTERM.

use aigateway_client::runtime::client::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().any(|argument| argument == "--help") {
        println!("usage: backend-catalog\nmetrics and health: http://127.0.0.1:8080");
        return Ok(());
    }
    let client = Client::try_default().await?;
    let manager = examples::backend_catalog::manager(&client, ([127, 0, 0, 1], 8080).into())?;
    println!("{}", manager.run().await?);
    Ok(())
}
