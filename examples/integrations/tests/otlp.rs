//! The spans that a collector receives.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use integration_examples::otlp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube_client_runtime::client::Client;
use kube_fake_apiserver::{Calls, Failure, FakeApiServer, Reaction};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;

/// The bodies of the requests to a collector.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Bytes>>>);

impl Collector {
    /// Accepts OTLP over HTTP, and returns the URL.
    async fn listen(&self) -> String {
        let socket = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}/v1/traces", socket.local_addr().unwrap());
        let collector = self.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = socket.accept().await {
                let collector = collector.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| collector.clone().receive(request));
                    let server = auto::Builder::new(TokioExecutor::new());
                    server.serve_connection(TokioIo::new(connection), service).await.unwrap();
                });
            }
        });
        url
    }

    async fn receive(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        assert_eq!(request.uri().path(), "/v1/traces");
        assert_eq!(request.headers()[http::header::CONTENT_TYPE], "application/x-protobuf");
        let body = request.into_body().collect().await.unwrap().to_bytes();
        self.0.lock().unwrap().push(body);
        Ok(Response::new(Full::default()))
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.0.lock().unwrap();
        let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        let resources = requests.flat_map(|request| request.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let attributes = span.attributes.iter();
    attributes
        .map(|attribute| (&*attribute.key, text(attribute.value.as_ref().unwrap().value.as_ref().unwrap())))
        .collect()
}

async fn connect(server: &kube_fake_apiserver::ListeningServer) -> Client {
    let kubeconfig = Kubeconfig::from_yaml(&server.kubeconfig()).unwrap();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_receives_a_span_for_each_call_with_repetitions_as_children_and_no_secrets() {
    const PASSWORD: &str = "correct horse battery staple";
    let collector = Collector::default();
    let provider = otlp::provider(&collector.listen().await, "test").unwrap();
    tracing::subscriber::set_global_default(otlp::subscriber(&provider)).unwrap();

    let server = FakeApiServer::builder().build().unwrap();
    let listening = server.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let secrets = connect(&listening).await.namespaced::<Secret>("default");
    let mut secret = Secret::default();
    secret.metadata.name = Some("login".to_owned());
    secret.data = Some([("password".to_owned(), ByteString(PASSWORD.into()))].into());
    secrets.create(&secret).await.unwrap();
    server.react(Calls::to("get", "secrets"), Reaction::fail(Failure::unavailable()).times(2));
    secrets.get("login").await.unwrap();
    secrets.get("none").await.unwrap_err();
    tokio::task::spawn_blocking(move || provider.shutdown()).await.unwrap().unwrap();

    let spans = collector.spans();
    let named = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let [created] = named("create secrets")[..] else { panic!("{spans:#?}") };
    assert_eq!(created.kind, SpanKind::Client as i32);
    let address = listening.address().to_string();
    let expected = [
        ("http.request.method", "POST"),
        ("http.response.status_code", "201"),
        ("k8s.namespace.name", "default"),
        ("k8s.request.verb", "create"),
        ("k8s.resource.name", "secrets"),
        ("k8s.resource.version", "v1"),
        ("server.address", &address),
        ("url.path", "/api/v1/namespaces/default/secrets"),
    ];
    let found = attributes(created);
    for (name, value) in expected {
        assert_eq!(found.get(name).map(String::as_str), Some(value), "{name} in {found:?}");
    }

    let [repeated, missing] = named("get secrets")[..] else { panic!("{spans:#?}") };
    assert_eq!(attributes(repeated)["http.request.resend_count"], "2");
    assert_eq!(attributes(repeated)["k8s.object.name"], "login");
    let children = spans.iter().filter(|span| span.parent_span_id == repeated.span_id);
    let mut repetitions: Vec<_> =
        children.map(|span| (&*span.name, attributes(span)["http.request.resend_count"].clone())).collect();
    repetitions.sort();
    assert_eq!(repetitions, [("kubernetes_attempt", "1".to_owned()), ("kubernetes_attempt", "2".to_owned())]);
    assert_eq!(missing.status.as_ref().unwrap().code, StatusCode::Error as i32);
    assert_eq!(attributes(missing)["error.type"], "404");
    // The three calls and the two repetitions.
    assert_eq!(spans.len(), 5, "{spans:#?}");

    let encoded = serde_json::to_string(&ByteString(PASSWORD.into())).unwrap();
    for body in &*collector.0.lock().unwrap() {
        let text = String::from_utf8_lossy(body);
        for secret in [PASSWORD, encoded.trim_matches('"'), listening.token(), "Bearer"] {
            assert!(!text.contains(secret), "{secret} was exported");
        }
    }
}
