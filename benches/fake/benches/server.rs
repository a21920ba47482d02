//! Benchmarks of the in-memory server, an echo service and, if `E2E_KUBECONFIG` is set, a real server.
//!
//! The cost of the server per request is the difference between the in-memory server and the echo.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use aigateway_client::aigateway::v1beta1::{
    AIServiceBackend, AIServiceBackendBackendRef, AIServiceBackendSpec, APISchema,
};
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use futures::{StreamExt, TryStreamExt};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, ListParams, PostParams, WatchParams};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client};
use kube_fake_apiserver::{Builder, FakeApiServer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

static NUMBER: AtomicUsize = AtomicUsize::new(0);

fn server() -> FakeApiServer {
    FakeApiServer::builder().crds(aigateway_client::crds()).and_then(Builder::build).expect("a server")
}

fn name() -> String {
    format!("bench-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Creates a client of a service that responds with the body of the last write.
fn echo() -> Client {
    let last = std::sync::Arc::new(std::sync::Mutex::new(Bytes::new()));
    let service = tower::service_fn(move |request: Request<Body>| {
        let last = std::sync::Arc::clone(&last);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let mut last = last.lock().expect("the lock is not poisoned");
            if head.method == Method::POST {
                *last = body;
            }
            Ok::<_, Infallible>(Response::new(Full::new(last.clone())))
        }
    });
    Client::new(service, "default")
}

async fn real() -> Option<Client> {
    let path = std::env::var("E2E_KUBECONFIG").ok()?;
    let kubeconfig = Kubeconfig::read_from(path).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let client = Client::try_from(config.expect("a configuration")).expect("a client");
    let clients = aigateway_client::Clientset::from(client.clone());
    let options = aigateway_client::crds::InstallOptions::default();
    aigateway_client::crds::install(clients.client(), &aigateway_client::crds(), &options).await.expect("installed");
    Some(client)
}

fn config_map() -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name());
    map.data = Some([("key".to_owned(), "value".to_owned())].into());
    map
}

fn backend() -> AIServiceBackend {
    let backend_ref = AIServiceBackendBackendRef::new("openai").group("gateway.envoyproxy.io").kind("Backend");
    AIServiceBackend::new(name(), AIServiceBackendSpec::new(backend_ref, APISchema::new("OpenAI")))
}

trait Object: Clone + std::fmt::Debug + Serialize + DeserializeOwned + kube::Resource<DynamicType = ()> {}
impl<K: Clone + std::fmt::Debug + Serialize + DeserializeOwned + kube::Resource<DynamicType = ()>> Object for K {}

async fn create_and_get<K: Object>(api: &Api<K>, object: &K) {
    api.create(&PostParams::default(), object).await.expect("created");
    black_box(api.get(object.meta().name.as_deref().unwrap_or_default()).await.expect("object exists"));
}

fn requests<K>(criterion: &mut Criterion, runtime: &Runtime, kind: &str, object: fn() -> K)
where
    K: Object + kube::Resource<Scope = kube::core::NamespaceResourceScope>,
{
    let mut group = criterion.benchmark_group(format!("create + get {kind}"));
    let mut servers = vec![
        ("echo", runtime.block_on(async { echo() })),
        ("in memory", runtime.block_on(async { server().client() })),
    ];
    servers.extend(runtime.block_on(real()).map(|client| ("real", client)));
    for (name, client) in servers {
        let api: Api<K> = Api::default_namespaced(client);
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(create_and_get(&api, &object())));
        });
    }
    group.finish();
}

/// Measures a typical test: a new server on which an object is created, read, updated, listed and deleted.
fn lifecycles(criterion: &mut Criterion, runtime: &Runtime) {
    let original = runtime.block_on(async { server() });
    let mut group = criterion.benchmark_group("fork + create, get, update, list, delete");
    group.bench_function("in memory", |bencher| {
        bencher.iter(|| runtime.block_on(lifecycle(&Api::default_namespaced(original.fork().client()))));
    });
    if let Some(client) = runtime.block_on(real()) {
        let api = Api::default_namespaced(client);
        group.bench_function("real", |bencher| bencher.iter(|| runtime.block_on(lifecycle(&api))));
    }
    group.finish();
}

async fn lifecycle(api: &Api<AIServiceBackend>) {
    let object = backend();
    let name = object.metadata.name.clone().unwrap_or_default();
    api.create(&PostParams::default(), &object).await.expect("created");
    let mut changed = api.get(&name).await.expect("object exists");
    changed.metadata.labels = Some([("changed".to_owned(), "yes".to_owned())].into());
    black_box(api.replace(&name, &PostParams::default(), &changed).await.expect("replaced"));
    black_box(api.list(&ListParams::default()).await.expect("a list"));
    black_box(api.delete(&name, &DeleteParams::default()).await.expect("deleted"));
}

/// Measures the time from a write until a watcher receives its event.
fn watches(criterion: &mut Criterion, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("create + watch event");
    let mut servers = vec![("in memory", runtime.block_on(async { server().client() }))];
    servers.extend(runtime.block_on(real()).map(|client| ("real", client)));
    for (name, client) in servers {
        let api: Api<ConfigMap> = Api::default_namespaced(client);
        let version = runtime.block_on(api.list(&ListParams::default())).expect("a list").metadata.resource_version;
        let events = runtime.block_on(api.watch(&WatchParams::default(), &version.unwrap_or_default()));
        let mut events = events.expect("a watch").boxed();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    api.create(&PostParams::default(), &config_map()).await.expect("created");
                    black_box(events.try_next().await.expect("an event"));
                });
            });
        });
        let (options, all) = (DeleteParams::default(), ListParams::default());
        runtime.block_on(api.delete_collection(&options, &all)).expect("deleted");
    }
    group.finish();
}

fn servers(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let first = server();
    let mut group = criterion.benchmark_group("build a server of six CRDs");
    let crds = aigateway_client::crds();
    let build = || FakeApiServer::builder().crds(&crds).and_then(Builder::build).expect("a server");
    group.bench_function("from cached CRDs", |bencher| bencher.iter(|| black_box(build())));
    group.bench_function("fork", |bencher| bencher.iter(|| black_box(first.fork())));
    group.finish();
    requests(criterion, &runtime, "ConfigMap", config_map);
    requests(criterion, &runtime, "AIServiceBackend", backend);
    lifecycles(criterion, &runtime);
    watches(criterion, &runtime);
}

criterion_group!(benches, servers);
criterion_main!(benches);
