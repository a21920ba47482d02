//! Spans of calls, with the attribute names of OpenTelemetry.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>,
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/k8s/>. Neither bodies nor headers are recorded.

use http::{Request, Response};
use kube::client::Body;
use tracing::field::{Empty, display};
use tracing::{Span, info_span};

use super::target::Target;

/// Returns the span of a call.
pub(super) fn call<B>(request: &Request<B>, host: &str) -> Span {
    let span = info_span!(
        "kubernetes_call",
        otel.kind = "client",
        otel.name = Empty,
        otel.status_code = Empty,
        http.request.method = Empty,
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        url.path = Empty,
        server.address = Empty,
        error.r#type = Empty,
        k8s.request.verb = Empty,
        k8s.resource.group = Empty,
        k8s.resource.version = Empty,
        k8s.resource.name = Empty,
        k8s.namespace.name = Empty,
        k8s.object.name = Empty,
    );
    if !span.is_disabled() {
        describe(&span, request, host);
    }
    span
}

fn describe<B>(span: &Span, request: &Request<B>, host: &str) {
    let target = Target::of(request.uri().path());
    let verb = target.verb(request.method(), request.uri());
    let what = if target.resource.is_empty() { request.uri().path() } else { target.resource };
    span.record("otel.name", display(format_args!("{verb} {what}")));
    span.record("http.request.method", request.method().as_str());
    span.record("url.path", request.uri().path());
    span.record("k8s.request.verb", verb);
    let fields = [
        ("server.address", host),
        ("k8s.resource.group", target.group),
        ("k8s.resource.version", target.version),
        ("k8s.resource.name", target.resource),
        ("k8s.namespace.name", target.namespace),
        ("k8s.object.name", target.name),
    ];
    for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        span.record(field, value);
    }
}

/// Returns the span of an attempt: a child of the call for each repetition. The first attempt is the call itself.
pub(super) fn attempt(attempt: u32) -> Span {
    if attempt == 0 {
        return Span::none();
    }
    Span::current().record("http.request.resend_count", attempt);
    info_span!("kubernetes_attempt", otel.kind = "client", http.request.resend_count = attempt)
}

/// Records the result in the current span.
pub(super) fn finish(result: &Result<Response<Body>, kube::Error>) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    match result {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            if status.is_client_error() || status.is_server_error() {
                span.record("otel.status_code", "ERROR");
                span.record("error.type", status.as_str());
            }
        }
        Err(error) => {
            span.record("otel.status_code", "ERROR");
            let kind = if super::find_timeout(error).is_some() { "timeout" } else { "connection" };
            span.record("error.type", kind);
        }
    }
}
