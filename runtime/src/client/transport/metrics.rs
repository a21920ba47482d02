//! Metrics of requests, under the names of client-go.
//!
//! Source: `k8s.io/component-base/metrics/prometheus/restclient/metrics.go`. The format is Prometheus' text format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};

/// The upper bounds of the durations, in seconds, as in component-base.
const BOUNDS: [f64; 12] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0];

/// The methods that are counted separately; the last one represents all others.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OTHER"];

/// The status of an attempt without a response.
const NO_RESPONSE: u16 = 0;

/// The metrics of a transport.
#[derive(Default)]
pub(super) struct Metrics {
    in_flight: [AtomicU64; METHODS.len()],
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    /// By method and status.
    requests: BTreeMap<(usize, u16), u64>,
    retries: BTreeMap<(usize, u16), u64>,
    durations: [Histogram; METHODS.len()],
    waits: [Histogram; METHODS.len()],
}

#[derive(Clone, Copy, Default)]
struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    fn observe(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        if let Some(bucket) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[bucket] += 1;
        }
        self.count += 1;
        self.sum += seconds;
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
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.requests.entry((method, code(status))).or_default() += 1;
        counted.durations[method].observe(duration);
    }

    pub(super) fn limited(&self, method: &Method, wait: Duration) {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).waits[index(method)].observe(wait);
    }

    pub(super) fn retried(&self, method: &Method, status: Option<StatusCode>) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.retries.entry((index(method), code(status))).or_default() += 1;
    }

    /// Returns the metrics in Prometheus' text format; metrics without observations have no samples.
    pub(super) fn text(&self, host: &str) -> String {
        let host = escaped(host);
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        head(&mut text, "rest_client_requests_total", "counter", "Number of requests by status, method and host.");
        for ((method, code), count) in &counted.requests {
            let labels = format!("code=\"{}\",host=\"{host}\",method=\"{}\"", label(*code), METHODS[*method]);
            let _ = writeln!(text, "rest_client_requests_total{{{labels}}} {count}");
        }
        head(&mut text, "rest_client_request_retries_total", "counter", "Number of retries by status, verb and host.");
        for ((method, code), count) in &counted.retries {
            let labels = format!("code=\"{}\",verb=\"{}\",host=\"{host}\"", label(*code), METHODS[*method]);
            let _ = writeln!(text, "rest_client_request_retries_total{{{labels}}} {count}");
        }
        let name = "rest_client_request_duration_seconds";
        histogram(&mut text, name, "Duration of requests by verb and host.", &host, &counted.durations);
        let name = "rest_client_rate_limiter_duration_seconds";
        histogram(&mut text, name, "Wait for the rate limit of the client by verb and host.", &host, &counted.waits);
        head(&mut text, "rest_client_requests_in_flight", "gauge", "Calls that have not ended, by verb and host.");
        for (in_flight, verb) in self.in_flight.iter().zip(METHODS) {
            let count = in_flight.load(Ordering::Relaxed);
            let _ = writeln!(text, "rest_client_requests_in_flight{{verb=\"{verb}\",host=\"{host}\"}} {count}");
        }
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn histogram(text: &mut String, name: &str, help: &str, host: &str, of_methods: &[Histogram]) {
    head(text, name, "histogram", help);
    for (histogram, verb) in of_methods.iter().zip(METHODS).filter(|(histogram, _)| histogram.count > 0) {
        let labels = format!("verb=\"{verb}\",host=\"{host}\"");
        let mut below = 0;
        for (count, bound) in histogram.buckets.iter().zip(BOUNDS) {
            below += count;
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {below}");
        }
        let Histogram { count, sum, .. } = histogram;
        let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {count}");
    }
}

/// Returns the label of a status; `<error>` without a response, as in client-go.
fn label(code: u16) -> String {
    if code == NO_RESPONSE { "<error>".to_owned() } else { code.to_string() }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
