//! A minimal controller that labels each AIServiceBackend with the name of its API schema:
//! `cargo run --package examples --example small-controller`. It runs until Ctrl-C.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use aigateway_client::aigateway::v1beta1::AIServiceBackend;
use aigateway_client::runtime::client::Error;
use aigateway_client::runtime::informer::HandlerOptions;
use aigateway_client::{Clientset, SharedInformerFactory};
use futures::StreamExt;
use kube::runtime::controller::{Action, Config};

const LABEL: &str = "example.com/schema";

async fn reconcile(backend: Arc<AIServiceBackend>, clients: Arc<Clientset>) -> Result<Action, Error> {
    let Some(spec) = &backend.spec else { return Ok(Action::await_change()) };
    let schema = spec.schema.name.as_str().to_lowercase();
    let current = backend.metadata.labels.as_ref().and_then(|labels| labels.get(LABEL));
    if current != Some(&schema) {
        let namespace = backend.metadata.namespace.as_deref().unwrap_or_default();
        let name = backend.metadata.name.as_deref().unwrap_or_default();
        let backends = clients.aigateway_v1beta1().ai_service_backends(namespace);
        let label = |backend: &mut AIServiceBackend| {
            backend.metadata.labels.get_or_insert_default().insert(LABEL.to_owned(), schema.clone());
        };
        backends.modify(name, label).await?;
        println!("{namespace}/{name}: {schema}");
    }
    Ok(Action::await_change())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    if std::env::args().any(|argument| argument == "--help") {
        println!("usage: small-controller");
        return Ok(());
    }
    let clients = Clientset::try_default().await?;
    let factory = SharedInformerFactory::new(&clients);
    let informer = factory.aigateway().v1beta1().ai_service_backends().informer();
    let feed = informer.controller_feed(HandlerOptions::named("labels"))?;
    factory.start();
    factory.wait_for_cache_sync().await?;

    let error_policy = |_: Arc<AIServiceBackend>, error: &Error, _: Arc<Clientset>| {
        eprintln!("{error}");
        Action::requeue(Duration::from_secs(10))
    };
    let no_other_triggers = futures::stream::pending();
    let controller = feed.run(reconcile, error_policy, Arc::new(clients), Config::default(), no_other_triggers);
    tokio::select! {
        () = controller.for_each(|_| async {}) => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    factory.shutdown().await;
    Ok(())
}
