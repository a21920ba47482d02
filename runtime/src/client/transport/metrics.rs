//! Metrics of requests, under the names of client-go.
//!
//! Source: `k8s.io/component-base/metrics/prometheus/restclient/metrics.go`.

use std::array;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};

use crate::prometheus::{Histogram, Kind, Text};

/// The upper bounds of the durations, in seconds, as in component-base.
const BOUNDS: [f64; 12] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0];

/// The methods that are counted separately; the last one represents all others.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OTHER"];

/// The status of an attempt without a response.
const NO_RESPONSE: u16 = 0;

/// The metrics of a transport.
pub(super) struct Metrics {
    in_flight: [AtomicU64; METHODS.len()],
    durations: [Histogram; METHODS.len()],
    waits: [Histogram; METHODS.len()],
    counted: Mutex<Counted>,
}

/// Counts by method and status.
#[derive(Default)]
struct Counted {
    requests: BTreeMap<(usize, u16), u64>,
    retries: BTreeMap<(usize, u16), u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            in_flight: Default::default(),
            durations: array::from_fn(|_| Histogram::new(&BOUNDS)),
            waits: array::from_fn(|_| Histogram::new(&BOUNDS)),
            counted: Mutex::default(),
        }
    }
}

/// A call in flight; it ends when this is dropped.
pub(super) struct InFlight<'m>(&'m AtomicU64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn index(method: &Method) -> usize {
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1)
}

fn code(status: Option<StatusCode>) -> u16 {
    status.map_or(NO_RESPONSE, |status| status.as_u16())
}

impl Metrics {
    pub(super) fn start(&self, method: &Method) -> InFlight<'_> {
        let in_flight = &self.in_flight[index(method)];
        in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(in_flight)
    }

    pub(super) fn answered(&self, method: &Method, status: Option<StatusCode>, duration: Duration) {
        let method = index(method);
        self.durations[method].observe(duration.as_secs_f64());
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.requests.entry((method, code(status))).or_default() += 1;
    }

    pub(super) fn limited(&self, method: &Method, wait: Duration) {
        self.waits[index(method)].observe(wait.as_secs_f64());
    }

    pub(super) fn retried(&self, method: &Method, status: Option<StatusCode>) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.retries.entry((index(method), code(status))).or_default() += 1;
    }

    /// Returns the metrics in Prometheus' text format; metrics without observations have no samples.
    pub(super) fn text(&self, host: &str) -> String {
        let mut text = Text::default();
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let help = "Number of requests by status, method and host.";
        let mut requests = text.metric("rest_client_requests_total", Kind::Counter, help);
        for ((method, code), count) in &counted.requests {
            requests.sample(&[("code", &label(*code)), ("host", host), ("method", METHODS[*method])], count);
        }
        let help = "Number of retries by status, verb and host.";
        let mut retries = text.metric("rest_client_request_retries_total", Kind::Counter, help);
        for ((method, code), count) in &counted.retries {
            retries.sample(&[("code", &label(*code)), ("verb", METHODS[*method]), ("host", host)], count);
        }
        drop(counted);
        let help = "Duration of requests by verb and host.";
        histograms(&mut text, "rest_client_request_duration_seconds", help, host, &self.durations);
        let help = "Wait for the rate limit of the client by verb and host.";
        histograms(&mut text, "rest_client_rate_limiter_duration_seconds", help, host, &self.waits);
        let help = "Calls that have not ended, by verb and host.";
        let mut in_flight = text.metric("rest_client_requests_in_flight", Kind::Gauge, help);
        for (count, verb) in self.in_flight.iter().zip(METHODS) {
            in_flight.sample(&[("verb", verb), ("host", host)], count.load(Ordering::Relaxed));
        }
        text.into_string()
    }
}

fn histograms(text: &mut Text, name: &'static str, help: &str, host: &str, of_methods: &[Histogram]) {
    let mut metric = text.metric(name, Kind::Histogram, help);
    for (histogram, verb) in of_methods.iter().zip(METHODS).filter(|(histogram, _)| histogram.count() > 0) {
        metric.histogram(&[("verb", verb), ("host", host)], histogram);
    }
}

/// Returns the label of a status; `<error>` without a response, as in client-go.
fn label(code: u16) -> String {
    if code == NO_RESPONSE { "<error>".to_owned() } else { code.to_string() }
}
