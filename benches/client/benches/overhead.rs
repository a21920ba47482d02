//! The overhead of a call: `kube::Api::get` next to the `get` of our client with rate limit, retries and metrics, over the same
//! service without a network. There is no subscriber of tracing.
//!
//! Prints the allocations and the time of both. The target is at most three allocations and one microsecond above kube's; more
//! allocations are an error. The printed time is that of the fastest of many alternating batches, which other load of the machine
//! does not change.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bench_record::Recorder;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use http_body_util::Full;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::client::Body;
use kube_client_runtime::client::{Client, Namespaced, RateLimit};
use tokio::runtime::Runtime;

/// The allocations of a call that ours may add.
const MORE_ALLOCATIONS: u64 = 3;

const OBJECT: &str = r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"one","namespace":"default","uid":"9ac88c02-79c2-44d2-9a58-0e88b4ddee74","resourceVersion":"10"},"data":{"key":"value"}}"#;

/// A client of kube for a service that returns one object.
fn service() -> kube::Client {
    let service = tower::service_fn(|_: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(OBJECT.as_bytes()))))
    });
    kube::Client::new(service, "default")
}

/// Returns a client with everything that costs something; the limit is never reached.
fn ours(kube: kube::Client) -> Namespaced<ConfigMap> {
    Client::builder().rate_limit(RateLimit::new(1e9, 1_000_000)).over(kube).namespaced("default")
}

/// Returns the allocations of a call, after those of the first ones.
fn allocations<F: Future>(runtime: &Runtime, call: impl Fn() -> F) -> u64 {
    let run = || {
        runtime.block_on(async {
            black_box(call().await);
        });
    };
    (0..100).for_each(|_| run());
    let calls = 100;
    allocation_counter::measure(|| (0..calls).for_each(|_| run())).count_total / calls
}

/// Returns the time of a call in the fastest batch.
fn fastest<A: Future, B: Future>(runtime: &Runtime, one: impl Fn() -> A, other: impl Fn() -> B) -> [Duration; 2] {
    const CALLS: u32 = 500;
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..400 {
        let start = Instant::now();
        (0..CALLS).for_each(|_| drop(black_box(runtime.block_on(one()))));
        let middle = Instant::now();
        (0..CALLS).for_each(|_| drop(black_box(runtime.block_on(other()))));
        let times = [(middle - start) / CALLS, middle.elapsed() / CALLS];
        fastest = [fastest[0].min(times[0]), fastest[1].min(times[1])];
    }
    fastest
}

fn record(measure: &str, [ours, kube]: [Vec<f64>; 2]) {
    let recorder = Recorder::new("calls");
    for (candidate, values) in [("ours", ours), ("kube", kube)] {
        recorder.record("get without a network", measure, candidate, &values).expect("the file of measurements");
    }
}

fn get(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _entered = runtime.enter();
    let api: Api<ConfigMap> = Api::namespaced(service(), "default");
    let client = ours(service());
    let theirs = || async { api.get("one").await.expect("an object") };
    let ours = || async { client.get("one").await.expect("an object") };
    let (with_kube, with_ours) = (allocations(&runtime, theirs), allocations(&runtime, ours));
    record(
        "allocations",
        [with_ours, with_kube].map(|count| vec![f64::from(u32::try_from(count).unwrap_or(u32::MAX))]),
    );
    println!("allocations of a get: kube {with_kube}, ours {with_ours}");
    let [kube_time, our_time] = fastest(&runtime, theirs, ours);
    record("time_us", [our_time, kube_time].map(|time| vec![time.as_secs_f64() * 1e6]));
    println!("time of a get: kube {kube_time:?}, ours {our_time:?}, {:?} more", our_time.saturating_sub(kube_time));

    let mut group = criterion.benchmark_group("get");
    group.bench_function("kube", |bencher| bencher.iter(|| runtime.block_on(theirs())));
    group.bench_function("ours", |bencher| bencher.iter(|| runtime.block_on(ours())));
    group.finish();
    assert!(with_ours <= with_kube + MORE_ALLOCATIONS, "more than {MORE_ALLOCATIONS} allocations above kube's");
}

criterion_group!(benches, get);
criterion_main!(benches);
