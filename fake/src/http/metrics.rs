//! Metrics in the text format of Prometheus: the number of requests.
//!
//! Source: `apiserver/pkg/endpoints/metrics/metrics.go`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use ::http::{Method, StatusCode};
use bytes::Bytes;

use super::answer::Answer;
use super::media;
use super::request::ApiRequest;
use super::route::Route;
use super::verb::Verb;

const TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const REQUESTS: &str = "apiserver_request_total";
/// Further combinations of labels are not counted.
const MAX_SERIES: usize = 5000;
const HELP: &str = "Number of requests by verb, dry run, group, version, resource, scope, component and HTTP code.";

/// The number of requests for each combination of labels.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<BTreeMap<Labels, u64>>);

/// The labels, in the order in which they are printed.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    code: u16,
    dry_run: bool,
    group: String,
    resource: String,
    scope: &'static str,
    subresource: String,
    verb: String,
    version: String,
}

impl Metrics {
    /// Counts a request that was answered.
    pub(super) fn count(&self, request: &ApiRequest, code: StatusCode) {
        let labels = Labels::of(request, code);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Requests for resources that do not exist must not fill the memory.
        if counts.len() < MAX_SERIES || counts.contains_key(&labels) {
            *counts.entry(labels).or_default() += 1;
        }
    }

    /// Answers a request for the metrics.
    pub(super) fn answer(&self) -> Answer {
        let mut text = format!("# HELP {REQUESTS} [STABLE] {HELP}\n# TYPE {REQUESTS} counter\n");
        for (labels, count) in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            // Writing to memory cannot fail.
            let _ = writeln!(text, "{REQUESTS}{{{}}} {count}", labels.text());
        }
        Answer::bytes(TYPE, Bytes::from(text))
    }
}

impl Labels {
    fn of(request: &ApiRequest, code: StatusCode) -> Self {
        let mut labels = Labels {
            code: code.as_u16(),
            dry_run: !request.query.text("dryRun").is_empty(),
            group: String::new(),
            resource: String::new(),
            scope: "",
            subresource: String::new(),
            verb: request.head.method.to_string(),
            version: String::new(),
        };
        let Route::Resource(path) = &request.route else {
            request.head.uri.path().clone_into(&mut labels.subresource);
            return labels;
        };
        labels.group.clone_from(&path.group);
        labels.resource.clone_from(&path.resource);
        labels.subresource.clone_from(&path.subresource);
        labels.version.clone_from(&path.version);
        labels.scope = match (path.name.as_str(), path.namespace.as_str()) {
            // A create is counted as a request to the object.
            ("", _) if request.verb == Verb::Create => "resource",
            ("", "") => "cluster",
            ("", _) => "namespace",
            _ => "resource",
        };
        labels.verb = match request.verb {
            Verb::List | Verb::Watch | Verb::DeleteCollection => request.verb.name().to_uppercase(),
            Verb::Patch if request.content_type.media_type() == media::APPLY_PATCH => "APPLY".to_owned(),
            _ if request.head.method == Method::HEAD => "GET".to_owned(),
            _ => labels.verb,
        };
        labels
    }

    fn text(&self) -> String {
        // Non-resource requests are not those of a component.
        let component = if self.resource.is_empty() { "" } else { "apiserver" };
        let dry_run = if self.dry_run { "All" } else { "" };
        let code = self.code.to_string();
        let pairs = [
            ("code", code.as_str()),
            ("component", component),
            ("dry_run", dry_run),
            ("group", &self.group),
            ("resource", &self.resource),
            ("scope", self.scope),
            ("subresource", &self.subresource),
            ("verb", &self.verb),
            ("version", &self.version),
        ];
        pairs.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).join(",")
    }
}

/// Escapes the value of a label.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
