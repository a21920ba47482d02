//! Lists the AIGatewayRoutes of all namespaces: `cargo run --package examples --example list-routes [LABEL_SELECTOR]`.

use aigateway_client::Clientset;
use aigateway_client::runtime::client::{Error, ListOptions};
use aigateway_client::runtime::types::Condition;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let selector = std::env::args().nth(1);
    if selector.as_deref() == Some("--help") {
        println!("usage: list-routes [LABEL_SELECTOR]");
        return Ok(());
    }
    let clients = Clientset::try_default().await?;
    let routes = clients.aigateway_v1beta1().all_ai_gateway_routes();
    let mut options = ListOptions { label_selector: selector, limit: Some(500), ..ListOptions::default() };
    loop {
        let page = routes.list(&options).await?;
        for route in page.items {
            let rules = route.spec().map_or(0, |spec| spec.rules.len());
            let conditions = route.status.iter().flat_map(|status| status.conditions.iter().flatten());
            let accepted = conditions.filter(|condition| condition.type_ == "Accepted").any(Condition::is_true);
            let (namespace, name) =
                (route.metadata.namespace.unwrap_or_default(), route.metadata.name.unwrap_or_default());
            println!("{namespace}/{name}: {rules} rules, {}", if accepted { "accepted" } else { "not accepted" });
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => options.continue_token = Some(token),
            None => return Ok(()),
        }
    }
}
