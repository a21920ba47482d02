//! Moves the requests of an AIGatewayRoute from one backend to another in steps, and back if a step is not accepted:
//! `cargo run --package examples --example canary-weights ROUTE STABLE CANARY [PERCENT…]`, or `… --in-memory` without a cluster.
//!
//! The route is in the namespace of the kubeconfig, and one of its rules has both backends.

use std::error::Error;
use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use examples::canary::Canary;
use examples::in_memory;
use serde_json::json;

const USAGE: &str = "usage: canary-weights ROUTE STABLE CANARY [PERCENT…]\n       canary-weights --in-memory";

/// The time between two steps. Transition times of conditions are in seconds: with less, equal conditions of two steps would not
/// be distinguished.
const PAUSE: Duration = Duration::from_secs(2);

/// Returns the percentages of the arguments.
fn steps(arguments: &[String]) -> Result<Vec<u8>, String> {
    let step = |text: &String| {
        let percent = text.trim_end_matches('%').parse().ok().filter(|percent| *percent <= 100);
        percent.ok_or_else(|| format!("{text:?} is not a percentage from 0 to 100"))
    };
    if arguments.is_empty() { Ok(vec![10, 25, 50, 100]) } else { arguments.iter().map(step).collect() }
}

/// Returns the clientset of an API server in memory with a route that has both backends.
async fn in_memory(stable: &str, canary: &str) -> Result<Clientset, Box<dyn Error>> {
    let clients = in_memory::clients(|_| None, |_| None);
    let route: AIGatewayRoute = serde_json::from_value(json!({
        "metadata": {"name": "models"},
        "spec": {"rules": [{"backendRefs": [{"name": stable, "weight": 100}, {"name": canary, "weight": 0}]}]},
    }))?;
    clients.aigateway_v1beta1().ai_gateway_routes("default").create(&route).await?;
    Ok(clients)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (clients, route, stable, canary, steps) = match arguments.as_slice() {
        [flag] if flag == "--in-memory" => {
            (in_memory("v1", "v2").await?, "models", "v1".to_owned(), "v2".to_owned(), steps(&[])?)
        }
        [route, stable, canary, rest @ ..] if !route.starts_with('-') => {
            (Clientset::try_default().await?, route.as_str(), stable.clone(), canary.clone(), steps(rest)?)
        }
        _ => {
            println!("{USAGE}");
            return Ok(());
        }
    };
    let routes = clients.aigateway_v1beta1().ai_gateway_routes(clients.client().default_namespace());
    let release = Canary { stable, canary, steps, pause: PAUSE, timeout: Duration::from_secs(60) };
    let report = |percent| println!("{route}: {percent}% of the requests go to {}", release.canary);
    release.shift(&routes, route, report).await?;
    Ok(())
}
