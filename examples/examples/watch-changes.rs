//! Prints the changes of AIGatewayRoutes until Ctrl-C: `cargo run --package examples --example watch-changes [NAMESPACE]`.

use std::error::Error;

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use aigateway_client::runtime::informer::{FinalState, HandlerFuncs};
use aigateway_client::{Clientset, SharedInformerFactory};

fn name(route: &AIGatewayRoute) -> String {
    let metadata = &route.metadata;
    format!("{}/{}", metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref().unwrap_or_default())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let namespace = std::env::args().nth(1);
    if namespace.as_deref() == Some("--help") {
        println!("usage: watch-changes [NAMESPACE]");
        return Ok(());
    }
    let clients = Clientset::try_default().await?;
    let factory: SharedInformerFactory = match namespace {
        Some(namespace) => SharedInformerFactory::builder(&clients).namespace(namespace).build(),
        None => SharedInformerFactory::new(&clients),
    };
    let routes = factory.aigateway().v1beta1().ai_gateway_routes().informer();
    routes.add_event_handler(
        HandlerFuncs::new()
            .on_add(|route, initial| println!("{}: {}", if initial { "existing" } else { "added" }, name(&route)))
            .on_update(|old, new| {
                let spec = if old.metadata.generation == new.metadata.generation { "" } else { " (spec)" };
                println!("updated: {}{spec}", name(&new));
            })
            .on_delete(|route, state| {
                let note = if state == FinalState::Known { "" } else { " (final state unknown)" };
                println!("deleted: {}{note}", name(&route));
            }),
    )?;
    factory.start();
    factory.wait_for_cache_sync().await?;
    println!("{} routes; waiting for changes", routes.snapshot().len());
    tokio::signal::ctrl_c().await?;
    factory.shutdown().await;
    Ok(())
}
