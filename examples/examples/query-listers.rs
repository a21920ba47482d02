//! Finds the routes to a backend and the policies of a backend with informers:
//! `cargo run --package examples --example query-listers NAMESPACE BACKEND`.

use std::error::Error;

use aigateway_client::aigateway::v1beta1::{AIGatewayRoute, BackendSecurityPolicy};
use aigateway_client::{Clientset, SharedInformerFactory};

/// Returns namespace and name of each backend of a route.
fn backends(route: &AIGatewayRoute) -> Vec<(String, String)> {
    let namespace = route.metadata.namespace.clone().unwrap_or_default();
    let rules = route.spec.iter().flat_map(|spec| &spec.rules);
    let refs = rules.flat_map(|rule| rule.backend_refs.iter().flatten());
    refs.map(|backend| (backend.namespace.clone().unwrap_or_else(|| namespace.clone()), backend.name.clone())).collect()
}

/// Returns namespace and name of each target of a policy.
fn targets(policy: &BackendSecurityPolicy) -> Vec<(String, String)> {
    let namespace = policy.metadata.namespace.clone().unwrap_or_default();
    let refs = policy.spec.iter().flat_map(|spec| spec.target_refs.iter().flatten());
    refs.map(|target| (namespace.clone(), target.name.clone())).collect()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(namespace), Some(backend)) = (arguments.next(), arguments.next()) else {
        println!("usage: query-listers NAMESPACE BACKEND");
        return Ok(());
    };
    let clients = Clientset::try_default().await?;
    let factory = SharedInformerFactory::builder(&clients).strip_managed_fields().build();
    let routes = factory.aigateway().v1beta1().ai_gateway_routes().informer();
    let policies = factory.aigateway().v1beta1().backend_security_policies().informer();
    let routes_by_backend = routes.add_index(backends);
    let policies_by_target = policies.add_index(targets);
    factory.start();
    factory.wait_for_cache_sync().await?;

    let backend = (namespace, backend);
    for route in routes.lister().by_index(routes_by_backend, &backend) {
        println!("route {:?} of {:?}", route.metadata.name, route.metadata.namespace);
    }
    for policy in policies.lister().by_index(policies_by_target, &backend) {
        println!("policy {:?}", policy.metadata.name);
    }
    factory.shutdown().await;
    Ok(())
}
