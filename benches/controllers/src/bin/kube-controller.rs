//! kube's controller on the canned server, with the same types.

use std::convert::Infallible;
use std::sync::Arc;

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use controller_benches::{Recorder, workers};
use futures::StreamExt;
use informer_benches::{BoxError, client, print};
use kube::Api;
use kube::runtime::controller::{Action, Config};
use kube::runtime::{Controller, watcher};

async fn reconcile(route: Arc<AIGatewayRoute>, recorder: Arc<Recorder>) -> Result<Action, Infallible> {
    recorder.reconcile(&route).await;
    Ok(Action::await_change())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), BoxError> {
    let routes: Api<AIGatewayRoute> = Api::all(client().await?);
    let recorder = Arc::new(Recorder::default());
    let policy = |_, _: &Infallible, _| Action::await_change();
    let reconciliations = Controller::new(routes, watcher::Config::default().streaming_lists())
        .with_config(Config::default().concurrency(workers()))
        .run(reconcile, policy, Arc::clone(&recorder));
    tokio::spawn(reconciliations.for_each(|result| async move {
        if let Err(error) = result {
            eprintln!("{error}");
        }
    }));
    print(&recorder.measure().await?)
}
