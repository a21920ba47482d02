//! Our controller on the canned server.

use std::convert::Infallible;
use std::sync::Arc;

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use controller_benches::{Recorder, workers};
use informer_benches::{BoxError, client, print};
use kube_client_runtime::client::Client;
use kube_client_runtime::controllers::Controller;

async fn reconcile(route: Arc<AIGatewayRoute>, recorder: Arc<Recorder>) -> Result<(), Infallible> {
    recorder.reconcile(&route).await;
    Ok(())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), BoxError> {
    let client = Client::from(client().await?);
    let recorder = Arc::new(Recorder::default());
    let informer = client.all_namespaces::<AIGatewayRoute>().informer().on_error(|error| eprintln!("{error}")).build();
    let controller =
        Controller::builder("routes", &informer).workers(workers().into()).reconcile(reconcile, Arc::clone(&recorder));
    tokio::spawn(async move { controller.run(std::future::pending()).await });
    print(&recorder.measure().await?)
}
