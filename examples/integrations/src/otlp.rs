//! Export of the spans of requests to an OpenTelemetry collector, by OTLP over HTTP.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;

/// Creates a provider that exports spans to the collector at a URL such as `http://collector:4318/v1/traces`, in batches and
/// from a thread of its own. Must be called inside of a tokio runtime.
///
/// # Errors
/// Returns an error if the URL is not valid.
pub fn provider(collector: &str, service: &'static str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime::new())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(collector)
        .build()?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}

/// Returns a subscriber for [`tracing::subscriber::set_global_default`].
///
/// The spans of the clients have the level INFO. They contain neither headers nor bodies.
pub fn subscriber(provider: &SdkTracerProvider) -> impl Subscriber + Send + Sync + use<> {
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("kube-client-runtime"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    tracing_subscriber::registry().with(layer.with_filter(LevelFilter::INFO))
}

/// An HTTP client of the exporter, whose thread has no runtime: requests run on that of the program.
#[derive(Clone, Debug)]
struct OnRuntime {
    runtime: Handle,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl OnRuntime {
    fn new() -> Self {
        OnRuntime { runtime: Handle::current(), client: Client::builder(TokioExecutor::new()).build_http() }
    }
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let call = async move {
            let (head, body) = client.request(request.map(Full::new)).await?.into_parts();
            Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
        };
        self.runtime.spawn(call).await?
    }
}
