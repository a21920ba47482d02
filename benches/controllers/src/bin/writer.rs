//! Creates routes on a real server, and then changes them at a rate.
//!
//! `writer --kubeconfig-file FILE --objects 1000 --rate 0`. Without a rate, it ends after the objects were created; with one, it
//! changes existing objects until it is stopped.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use futures::{StreamExt, TryStreamExt};
use informer_benches::{BoxError, client, number, objects};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

/// The number of requests at the same time.
const CONCURRENCY: usize = 8;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
async fn main() -> Result<(), BoxError> {
    let client = client().await?;
    let (count, rate) = (number("objects", 1000.0) as usize, number("rate", 0.0));
    if rate == 0.0 { create(&client, count).await } else { change(client, count, rate).await }
}

async fn create(client: &Client, count: usize) -> Result<(), BoxError> {
    let created = futures::stream::iter(0..count).map(|number| async move {
        let mut object = objects::route(number, 0);
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("uid");
            metadata.remove("resourceVersion");
        }
        let route: AIGatewayRoute = serde_json::from_value(object)?;
        let routes = Api::namespaced(client.clone(), &objects::namespace(number));
        routes.create(&PostParams::default(), &route).await?;
        Ok::<_, BoxError>(())
    });
    created.buffer_unordered(CONCURRENCY).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// Sends all changes that are due, so that the rate does not depend on the duration of a request.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
async fn change(client: Client, count: usize, rate: f64) -> Result<(), BoxError> {
    let permits = Arc::new(tokio::sync::Semaphore::new(CONCURRENCY));
    let (start, mut sent) = (Instant::now(), 0);
    loop {
        while sent < (start.elapsed().as_secs_f64() * rate) as usize {
            let permit = Arc::clone(&permits).acquire_owned().await?;
            let (number, client) = (sent % count, client.clone());
            sent += 1;
            tokio::spawn(async move {
                let routes: Api<AIGatewayRoute> = Api::namespaced(client, &objects::namespace(number));
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
                let patch = json!({"metadata": {"annotations": {"sent": now.to_string()}}});
                let name = objects::name(number);
                if let Err(error) = routes.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await {
                    eprintln!("{error}");
                }
                drop(permit);
            });
        }
        tokio::time::sleep(Duration::from_secs_f64(1.0 / rate / 4.0)).await;
    }
}
