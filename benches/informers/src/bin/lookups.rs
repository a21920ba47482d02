//! Compares a lookup in our cache with one in kube's store and in compact caches, in one process and on the same objects.
//!
//! `lookups [--seconds 2] [--rounds 5] [--most OBJECTS]`. Each round measures the CPU time of both in turns; the table has the medians. While one of them is
//! measured under changes, only that one receives them, decoded from the same JSON by a second thread.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use aigateway_client::runtime::client::Client;
use aigateway_client::runtime::informer::{CompactOptions, Informer};
use bench_record::Recorder;
use bytes::Bytes;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use http_body::Frame;
use http_body_util::StreamBody;
use informer_benches::{BoxError, number, objects, thread_cpu};
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher;

/// The number of changes per second under load.
const CHANGES: u32 = 10_000;

fn main() -> Result<(), BoxError> {
    println!("| objects | changes/s | ours | kube | ours/kube | compact | compressed |");
    println!("|---|---|---|---|---|---|---|");
    let recorder = Recorder::new("lookups");
    for count in [1_000_u32, 10_000, 100_000].into_iter().filter(|&count| f64::from(count) <= number("most", 1e9)) {
        let count = usize::try_from(count)?;
        let ours = Ours::new(count, None)?;
        let mut kube = Kube::new(count)?;
        let compact = Ours::new(count, Some(CompactOptions::default()))?;
        let compressed = Ours::new(count, Some(CompactOptions::default().compressed()))?;
        for changes in [0, CHANGES] {
            let (mut our_rounds, mut kube_rounds) = (Vec::new(), Vec::new());
            for _ in 0..rounds() {
                our_rounds.push(ours.measure(count, changes));
                kube_rounds.push(kube.measure(count, changes));
            }
            let compact: Vec<f64> = (0..rounds()).map(|_| compact.measure(count, changes)).collect();
            let compressed: Vec<f64> = (0..rounds()).map(|_| compressed.measure(count, changes)).collect();
            let case = format!("{count} objects, {changes} changes/s");
            for (candidate, values) in [
                ("ours", &our_rounds),
                ("kube", &kube_rounds),
                ("ours, compact", &compact),
                ("ours, compressed", &compressed),
            ] {
                recorder.record(&case, "get_ns", candidate, values)?;
            }
            let [our_time, kube_time, compact, compressed] = [our_rounds, kube_rounds, compact, compressed].map(median);
            println!(
                "| {count} | {changes} | {our_time:.1} | {kube_time:.1} | {:.2} | {compact:.1} | {compressed:.1} |",
                our_time / kube_time
            );
        }
    }
    Ok(())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn rounds() -> usize {
    number("rounds", 5.0) as usize
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Returns the nanoseconds of an operation, over a part of `--seconds`.
#[allow(clippy::cast_precision_loss)]
fn time(mut operation: impl FnMut(usize) -> i64) -> f64 {
    let limit = Duration::from_secs_f64(number("seconds", 2.0) / 10.0);
    let now = || thread_cpu().unwrap_or_default();
    let (start, mut count) = (now(), 0_usize);
    while now().saturating_sub(start) < limit {
        for _ in 0..1024 {
            std::hint::black_box(operation(count));
            count += 1;
        }
    }
    now().saturating_sub(start).as_nanos() as f64 / count as f64
}

/// Calls back with changes at the given rate while `work` runs.
fn under_changes<T>(count: usize, changes: u32, mut apply: impl FnMut(&[u8]) + Send, work: impl FnOnce() -> T) -> T {
    if changes == 0 {
        return work();
    }
    let lines: Vec<String> =
        (0..1024).map(|step| objects::line("MODIFIED", place(step, count), count + step)).collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (start, mut sent) = (Instant::now(), 0_usize);
            while !done.load(Ordering::Relaxed) {
                let due = start.elapsed().as_secs_f64() * f64::from(changes);
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                while sent < due as usize {
                    apply(lines[sent % lines.len()].as_bytes());
                    sent += 1;
                }
                std::thread::sleep(Duration::from_micros(100));
            }
        });
        // The changes have started.
        std::thread::sleep(Duration::from_millis(20));
        let result = work();
        done.store(true, Ordering::Relaxed);
        result
    })
}

/// Returns the object of a step, in an order without locality.
fn place(step: usize, count: usize) -> usize {
    step * 7919 % count
}

fn generation(route: &AIGatewayRoute) -> i64 {
    route.metadata.generation.unwrap_or_default()
}

/// Our informer, on a thread of its own.
struct Ours {
    informer: Informer<AIGatewayRoute>,
    lines: UnboundedSender<Bytes>,
}

impl Ours {
    fn new(count: usize, compact: Option<CompactOptions>) -> Result<Self, BoxError> {
        let (lines, received) = unbounded();
        for number in 0..count {
            lines.unbounded_send(objects::line("ADDED", number, number + 1).into())?;
        }
        let end = serde_json::json!({"type": "BOOKMARK", "object": {"metadata": {
            "resourceVersion": count.to_string(), "annotations": {"k8s.io/initial-events-end": "true"}}}});
        lines.unbounded_send(format!("{end}\n").into())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let informer = runtime.block_on(async {
            let mut builder = Client::from(client(received)).all_namespaces::<AIGatewayRoute>().informer();
            if let Some(options) = compact {
                builder = builder.compact_with(options);
            }
            let informer = builder.start();
            informer.synced().await.map(|()| informer)
        })?;
        std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        Ok(Ours { informer, lines })
    }

    fn measure(&self, count: usize, changes: u32) -> f64 {
        let names = (0..1024).map(|step| place(step, count));
        let names: Vec<_> = names.map(|at| (objects::namespace(at), objects::name(at))).collect();
        let lister = self.informer.lister();
        // The receiver exists as long as the informer does.
        let apply = |line: &[u8]| drop(self.lines.unbounded_send(Bytes::copy_from_slice(line)));
        let time = under_changes(count, changes, apply, || {
            time(|step| {
                let (namespace, name) = &names[step % names.len()];
                lister.namespace(namespace).get(name).map_or(0, |route| generation(&route))
            })
        });
        // Changes that were sent and not applied must not disturb the next measurement.
        while !self.lines.is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        time
    }
}

/// Returns a client whose only watch sends these lines.
fn client(lines: UnboundedReceiver<Bytes>) -> kube::Client {
    let lines = Arc::new(std::sync::Mutex::new(Some(lines)));
    let service = tower::service_fn(move |_: http::Request<kube::client::Body>| {
        let lines = lines.lock().ok().and_then(|mut lines| lines.take());
        async move {
            let frames = lines.into_iter().map(|lines| lines.map(|line| Ok::<_, Infallible>(Frame::data(line))));
            let body = StreamBody::new(futures::stream::iter(frames).flatten());
            Ok::<_, Infallible>(http::Response::new(body))
        }
    });
    kube::Client::new(service, "default")
}

/// kube's store.
struct Kube {
    store: Store<AIGatewayRoute>,
    writer: Writer<AIGatewayRoute>,
}

impl Kube {
    fn new(count: usize) -> Result<Self, BoxError> {
        let mut writer = Writer::default();
        writer.apply_watcher_event(&watcher::Event::Init);
        for number in 0..count {
            let route = serde_json::from_str(&objects::route(number, number + 1).to_string())?;
            writer.apply_watcher_event(&watcher::Event::InitApply(route));
        }
        writer.apply_watcher_event(&watcher::Event::InitDone);
        Ok(Kube { store: writer.as_reader(), writer })
    }

    fn measure(&mut self, count: usize, changes: u32) -> f64 {
        let names = (0..1024).map(|step| place(step, count));
        let names = names.map(|at| ObjectRef::new(&objects::name(at)).within(&objects::namespace(at)));
        let names: Vec<ObjectRef<AIGatewayRoute>> = names.collect();
        let Kube { store, writer } = self;
        let apply = |line: &[u8]| {
            if let Ok(kube::core::WatchEvent::Modified(route)) = serde_json::from_slice(line) {
                writer.apply_watcher_event(&watcher::Event::Apply(route));
            }
        };
        under_changes(count, changes, apply, || {
            time(|step| store.get(&names[step % names.len()]).map_or(0, |route| generation(&route)))
        })
    }
}
