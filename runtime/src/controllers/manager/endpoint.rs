//! What the HTTP endpoint answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;

use super::debug;
use super::health::{self, Check};
use crate::client::Client;
use crate::controllers::controller::{self, Controller, ControllerStatus};
use crate::controllers::election::{self, LeaderElector};
use crate::controllers::sharding::Sharding;
use crate::informer::{self, InformerFactory, InformerStatus};

/// How long the lease may be out of date before the process is unhealthy, as in client-go's programs.
const LEASE_TOLERANCE: Duration = Duration::from_secs(20);

/// The parts of which the endpoint reports.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) client: Client,
    pub(super) informers: InformerFactory,
    pub(super) controllers: Vec<Controller>,
    pub(super) elector: Option<LeaderElector>,
    pub(super) sharding: Option<Arc<dyn Sharding>>,
}

/// The endpoint with the checks and metrics of the program.
pub(super) struct Answers {
    pub(super) endpoint: Endpoint,
    pub(super) health_checks: Vec<Check>,
    pub(super) ready_checks: Vec<Check>,
    pub(super) metrics: Vec<Box<dyn Fn() -> String + Send + Sync>>,
}

impl Endpoint {
    /// The checks of the parts, for `/healthz`.
    pub(super) fn health_checks(&self) -> Vec<Check> {
        let elector = self.elector.clone().into_iter();
        let check = |elector: LeaderElector| {
            Check::new(
                "leaderElection",
                Arc::new(move || elector.check(LEASE_TOLERANCE).map_err(|error| error.to_string())),
            )
        };
        let mut checks: Vec<Check> = elector.map(check).collect();
        if let Some(sharding) = self.sharding.clone() {
            checks.push(Check::new("sharding", Arc::new(move || sharding.check())));
        }
        checks
    }

    /// The checks of the parts, for `/readyz`.
    pub(super) fn ready_checks(&self) -> Vec<Check> {
        let informers = self.informers.clone();
        let check = move || {
            let not_ready: Vec<String> =
                informers.status().iter().filter(|status| !status.is_ready()).map(ToString::to_string).collect();
            if not_ready.is_empty() { Ok(()) } else { Err(not_ready.join("; ")) }
        };
        vec![Check::new("informers", Arc::new(check))]
    }

    fn informer_statuses(&self) -> Vec<InformerStatus> {
        self.informers.status()
    }

    fn controller_statuses(&self) -> Vec<ControllerStatus> {
        self.controllers.iter().map(Controller::status).collect()
    }

    fn metrics_text(&self) -> String {
        let mut text = self.client.metrics_text();
        text += &informer::metrics_text(&self.informer_statuses());
        text += &controller::metrics_text(&self.controller_statuses());
        if let Some(elector) = &self.elector {
            text += &election::metrics_text(std::slice::from_ref(elector));
        }
        if let Some(sharding) = &self.sharding {
            text += &sharding.metrics_text();
        }
        text
    }
}

impl Answers {
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET is supported\n".to_owned());
            response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let verbose = request.uri().query().is_some_and(|query| query.split('&').any(is_verbose));
        match request.uri().path() {
            "/metrics" => self.metrics(),
            path @ ("/healthz" | "/livez") => checked(path, &self.health_checks, verbose),
            path @ "/readyz" => checked(path, &self.ready_checks, verbose),
            "/debug/informers" => json(&debug::informers(&self.endpoint.informer_statuses())),
            "/debug/controllers" => json(&debug::controllers(&self.endpoint.controller_statuses())),
            "/debug/sharding" => match &self.endpoint.sharding {
                Some(sharding) => json(&sharding.status()),
                None => text(StatusCode::NOT_FOUND, "the manager was built without sharding\n".to_owned()),
            },
            _ => text(
                StatusCode::NOT_FOUND,
                "not found; there are /metrics, /healthz, /readyz, /debug/informers, /debug/controllers and \
                 /debug/sharding\n"
                    .to_owned(),
            ),
        }
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        let mut body = self.endpoint.metrics_text();
        self.metrics.iter().for_each(|more| body += &more());
        let mut response = text(StatusCode::OK, body);
        let format = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, format);
        response
    }
}

fn is_verbose(parameter: &str) -> bool {
    parameter == "verbose" || parameter.starts_with("verbose=")
}

fn checked(path: &str, checks: &[Check], verbose: bool) -> Response<Full<Bytes>> {
    let (passed, body) = health::run(path.trim_start_matches('/'), checks, verbose);
    text(if passed { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }, body)
}

fn json(value: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::OK, format!("{value:#}\n"));
    let format = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, format);
    response
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let format = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, format);
    response
}
