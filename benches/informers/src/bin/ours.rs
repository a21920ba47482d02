//! Our informer on the canned server; with `--compact` or `--compressed`, with a compact cache.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use aigateway_client::runtime::client::Client;
use aigateway_client::runtime::informer::{
    CompactOptions, HandlerFuncs, Index, Informer, Selector, strip_managed_fields,
};
use informer_benches::{
    BoxError, Measurements, argument, client, cost, cpu, flag, latency, measure, memory, number, percentiles, print,
};

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), BoxError> {
    let client = Client::from(client().await?);
    let mut builder = client.all_namespaces::<AIGatewayRoute>().informer();
    let (mut options, is_compact) = (CompactOptions::default(), flag("compact") || flag("compressed"));
    if flag("compressed") {
        options = options.compressed();
    }
    builder = match (is_compact, flag("strip")) {
        (true, true) => builder.compact_with(options.without_managed_fields()),
        (true, false) => builder.compact_with(options),
        (false, true) => builder.transform(strip_managed_fields),
        (false, false) => builder,
    };
    if flag("list") {
        builder = builder.without_streaming();
    }
    let informer = builder.on_error(|error| eprintln!("{error}")).build();
    let mode = argument("mode").unwrap_or_default();
    let team = (mode == "lister").then(|| informer.add_label_index("team"));
    let (latencies, events) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    for handler in 0..number("handlers", 1.0) as usize {
        let (latencies, events) = (Arc::clone(&latencies), Arc::clone(&events));
        informer.add_event_handler(HandlerFuncs::new().on_update(move |_: Arc<AIGatewayRoute>, route| {
            events.fetch_add(1, Ordering::Relaxed);
            if handler == 0 {
                let sent = route.metadata.annotations.as_ref().and_then(|all| all.get("sent"));
                latencies.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(latency(sent));
            }
        }))?;
    }
    let start = Instant::now();
    informer.start();
    informer.synced().await?;
    let mut measurements = Measurements::new();
    measurements.insert("sync_ms", start.elapsed().as_secs_f64() * 1e3);
    measurements.insert("cpu_ms", cpu()?.as_secs_f64() * 1e3);
    measurements.insert("peak_mb", memory("VmHWM")?);
    #[allow(clippy::cast_precision_loss)]
    measurements.insert("objects", informer.snapshot().len() as f64);
    match mode.as_str() {
        "lister" => lister(&mut measurements, &informer, team.ok_or("no index")?),
        "latency" => {
            let before = cpu()?;
            tokio::time::sleep(Duration::from_secs_f64(number("seconds", 3.0))).await;
            cost(&mut measurements, events.load(Ordering::Relaxed), before)?;
            let latencies = std::mem::take(&mut *latencies.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            percentiles(&mut measurements, latencies);
        }
        _ => {
            tokio::time::sleep(Duration::from_millis(500)).await;
            measurements.insert("steady_mb", memory("VmRSS")?);
        }
    }
    print(&measurements)
}

fn lister(measurements: &mut Measurements, informer: &Informer<AIGatewayRoute>, team: Index<AIGatewayRoute, String>) {
    let lister = informer.lister();
    let objects = informer.snapshot().len();
    let generation = |route: &AIGatewayRoute| route.metadata.generation.unwrap_or_default();
    let names: Vec<(String, String)> = (0..1024)
        .map(|number| number * 7919 % objects)
        .map(|number| (format!("namespace-{}", number % 100), format!("route-{number}")))
        .collect();
    let namespaces: Vec<String> = (0..100).map(|number| format!("namespace-{number}")).collect();
    let teams: Vec<String> = (0..100).map(|number| format!("team-{number}")).collect();
    measure(measurements, "get_ns", |number| {
        let (namespace, name) = &names[number % names.len()];
        lister.namespace(namespace).get(name).map_or(0, |route| generation(&route))
    });
    measure(measurements, "get_same_ns", |_| {
        let (namespace, name) = &names[0];
        lister.namespace(namespace).get(name).map_or(0, |route| generation(&route))
    });
    measure(measurements, "namespace_ns", |number| {
        let snapshot = lister.snapshot();
        snapshot.namespace(&namespaces[number % 100]).map(|route| generation(route)).sum()
    });
    measure(measurements, "namespace_arcs_ns", |number| {
        lister.namespace(&namespaces[number % 100]).all().iter().map(|route| generation(route)).sum()
    });
    measure(measurements, "index_ns", |number| {
        let snapshot = lister.snapshot();
        snapshot.by_index(team, &teams[number % 100]).map(|route| generation(route)).sum()
    });
    // A label without an index.
    let selector = Selector::everything().equal("example.com/label-3", "value-7");
    measure(measurements, "selector_ns", |_| lister.list(&selector).iter().map(|route| generation(route)).sum());
}
