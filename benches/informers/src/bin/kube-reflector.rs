//! kube's reflector on the canned server, with the same types.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use futures::{StreamExt, pin_mut};
use informer_benches::{
    BoxError, Measurements, argument, client, cost, cpu, flag, latency, measure, memory, number, percentiles, print,
};
use kube::runtime::reflector::{ObjectRef, Store, reflector, store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, ResourceExt};

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), BoxError> {
    let routes: Api<AIGatewayRoute> = Api::all(client().await?);
    let config = if flag("list") { watcher::Config::default() } else { watcher::Config::default().streaming_lists() };
    let (reader, writer) = store();
    let strip = flag("strip");
    let events = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&events);
    let (sender, mut latencies) = tokio::sync::mpsc::unbounded_channel();
    let start = Instant::now();
    tokio::spawn(async move {
        let stream = watcher(routes, config).modify(move |route| {
            if strip {
                route.managed_fields_mut().clear();
            }
        });
        let stream = reflector(writer, stream).default_backoff().applied_objects();
        pin_mut!(stream);
        while let Some(event) = stream.next().await {
            if let Some(route) = event.ok().filter(|route| route.metadata.annotations.is_some()) {
                let sent = route.metadata.annotations.as_ref().and_then(|all| all.get("sent"));
                if sent.is_some_and(|sent| sent != "0") {
                    counted.fetch_add(1, Ordering::Relaxed);
                    let _ = sender.send(latency(sent));
                }
            }
        }
    });
    reader.wait_until_ready().await?;
    let mut measurements = Measurements::new();
    measurements.insert("sync_ms", start.elapsed().as_secs_f64() * 1e3);
    measurements.insert("cpu_ms", cpu()?.as_secs_f64() * 1e3);
    measurements.insert("peak_mb", memory("VmHWM")?);
    #[allow(clippy::cast_precision_loss)]
    measurements.insert("objects", reader.len() as f64);
    match argument("mode").unwrap_or_default().as_str() {
        "lister" => lister(&mut measurements, &reader),
        "latency" => {
            let before = cpu()?;
            tokio::time::sleep(Duration::from_secs_f64(number("seconds", 3.0))).await;
            cost(&mut measurements, events.load(Ordering::Relaxed), before)?;
            let mut all = Vec::new();
            while let Ok(latency) = latencies.try_recv() {
                all.extend(latency);
            }
            percentiles(&mut measurements, all);
        }
        _ => {
            tokio::time::sleep(Duration::from_millis(500)).await;
            measurements.insert("steady_mb", memory("VmRSS")?);
        }
    }
    print(&measurements)
}

fn lister(measurements: &mut Measurements, reader: &Store<AIGatewayRoute>) {
    let objects = reader.len();
    let generation = |route: &AIGatewayRoute| route.metadata.generation.unwrap_or_default();
    let names: Vec<ObjectRef<AIGatewayRoute>> = (0..1024)
        .map(|number| number * 7919 % objects)
        .map(|number| ObjectRef::new(&format!("route-{number}")).within(&format!("namespace-{}", number % 100)))
        .collect();
    measure(measurements, "get_ns", |number| {
        reader.get(&names[number % names.len()]).map_or(0, |route| generation(&route))
    });
    measure(measurements, "namespace_ns", |number| {
        let namespace = format!("namespace-{}", number % 100);
        let all = reader.state();
        all.iter()
            .filter(|route| route.metadata.namespace.as_ref() == Some(&namespace))
            .map(|route| generation(route))
            .sum()
    });
    measure(measurements, "selector_ns", |_| {
        let has = |route: &&Arc<AIGatewayRoute>| {
            route
                .metadata
                .labels
                .as_ref()
                .and_then(|labels| labels.get("example.com/label-3"))
                .is_some_and(|value| value == "value-7")
        };
        reader.state().iter().filter(has).map(|route| generation(route)).sum()
    });
}
