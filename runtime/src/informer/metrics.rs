//! Metrics of informers in Prometheus' text format.
//!
//! Source of the names that component-base also has: `k8s.io/component-base/metrics/prometheus/clientgo/fifo/metrics.go`,
//! `k8s.io/client-go/tools/cache/informer_metrics.go` (0.37).

use std::time::Duration;

use super::handler::HandlerMetrics;
use super::status::InformerStatus;
use super::version::ResourceVersion;
use crate::prometheus::{Kind, Text};

/// Returns the metrics of informers, for a program to append to its own at `/metrics`.
///
/// The first three have the names and labels of component-base 0.37, so that dashboards for Kubernetes' components show them;
/// `name` is the name of the informer, as is `informer` in the others.
///
/// | metric | type | labels |
/// |---|---|---|
/// | `informer_queued_items` | gauge: changes received that are not in the cache yet | `name`, `group`, `version`, `resource` |
/// | `informer_processing_latency_seconds` | histogram: time to apply changes that were received together | `name`, `group`, `version`, `resource` |
/// | `informer_store_resource_version` | gauge: the last 15 digits of the version up to which the cache is complete; 0 before the first list | `name`, `group`, `version`, `resource` |
/// | `informer_consistent_read_wait_seconds` | histogram, of informers with a consistent client: wait of reads for writes | `informer` |
/// | `informer_synced`, `informer_ready` | gauge, 0 or 1 | `informer` |
/// | `informer_objects`, `informer_json_bytes`, `informer_undecodable_objects` | gauge | `informer` |
/// | `informer_heard_seconds` | gauge, seconds since the last response of the API server | `informer` |
/// | `informer_lists_total`, `informer_watches_total`, `informer_events_total`, `informer_bookmarks_total`, `informer_foreign_objects_total`, `informer_errors_total` | counter | `informer` |
/// | `informer_handler_queue_depth`, `informer_handler_synced` | gauge | `informer`, `handler` |
/// | `informer_handler_delivered_total`, `informer_handler_folded_total`, `informer_handler_panics_total` | counter | `informer`, `handler` |
/// | `informer_handler_waited_seconds_total`, `informer_handler_worked_seconds_total` | counter, seconds | `informer`, `handler` |
pub fn metrics_text(informers: &[InformerStatus]) -> String {
    let mut text = Text::default();
    as_in_component_base(&mut text, informers);
    for (name, kind, help, value) in OF_INFORMERS {
        let mut metric = text.metric(name, *kind, help);
        for informer in informers {
            if let Some(value) = value(informer) {
                metric.sample(&[("informer", &informer.name)], value);
            }
        }
    }
    for (name, kind, help, value) in OF_HANDLERS {
        let mut metric = text.metric(name, *kind, help);
        for informer in informers {
            for handler in &informer.handlers {
                metric.sample(&[("informer", &informer.name), ("handler", &handler.name)], value(handler));
            }
        }
    }
    let help = "Wait of consistent reads for writes.";
    let mut waits = text.metric("informer_consistent_read_wait_seconds", Kind::Histogram, help);
    for informer in informers {
        if let Some(reads) = &informer.consistent_reads {
            waits.histogram(&[("informer", &informer.name)], reads);
        }
    }
    text.into_string()
}

/// Writes the metrics that component-base has, too.
fn as_in_component_base(text: &mut Text, informers: &[InformerStatus]) {
    let help = "Changes received that are not in the cache yet.";
    let mut queued = text.metric("informer_queued_items", Kind::Gauge, help);
    informers.iter().for_each(|informer| queued.sample(&resource_labels(informer), informer.queued));
    let help = "Time to apply changes to the cache and the queues of the handlers.";
    let mut latency = text.metric("informer_processing_latency_seconds", Kind::Histogram, help);
    informers.iter().for_each(|informer| latency.histogram(&resource_labels(informer), &informer.processing));
    let help = "The 15 least significant digits of the version up to which the cache is complete.";
    let mut version = text.metric("informer_store_resource_version", Kind::Gauge, help);
    for informer in informers {
        let reached = informer.resource_version.as_ref().map_or(0, ResourceVersion::last_digits);
        version.sample(&resource_labels(informer), reached);
    }
}

fn resource_labels(informer: &InformerStatus) -> [(&str, &str); 4] {
    let resource = &informer.resource;
    [
        ("name", &informer.name),
        ("group", &resource.group),
        ("version", &resource.version),
        ("resource", &resource.resource),
    ]
}

type OfInformer = fn(&InformerStatus) -> Option<String>;
type OfHandler = fn(&HandlerMetrics) -> String;

const OF_INFORMERS: &[(&str, Kind, &str, OfInformer)] = &[
    ("informer_synced", Kind::Gauge, "Whether the first list is complete.", |of| Some(flag(of.synced))),
    ("informer_ready", Kind::Gauge, "Whether it has synced and has no problem.", |of| Some(flag(of.is_ready()))),
    ("informer_objects", Kind::Gauge, "Objects in the cache.", |of| Some(of.objects.to_string())),
    ("informer_json_bytes", Kind::Gauge, "Length of the JSON of all objects in the cache.", |of| {
        Some(of.json_bytes.to_string())
    }),
    ("informer_undecodable_objects", Kind::Gauge, "Objects that cannot be decoded.", |of| {
        Some(of.undecodable.to_string())
    }),
    ("informer_heard_seconds", Kind::Gauge, "Time since the last response of the API server.", |of| {
        of.since_last_response.map(seconds)
    }),
    ("informer_lists_total", Kind::Counter, "Lists completed.", |of| Some(of.lists.to_string())),
    ("informer_watches_total", Kind::Counter, "Watches opened.", |of| Some(of.watches.to_string())),
    ("informer_events_total", Kind::Counter, "Objects sent by lists and watches.", |of| Some(of.events.to_string())),
    ("informer_bookmarks_total", Kind::Counter, "Bookmarks sent by watches.", |of| Some(of.bookmarks.to_string())),
    ("informer_foreign_objects_total", Kind::Counter, "Objects of other shards that the server sent.", |of| {
        Some(of.foreign.to_string())
    }),
    ("informer_errors_total", Kind::Counter, "Requests that failed.", |of| Some(of.errors.to_string())),
];

const OF_HANDLERS: &[(&str, Kind, &str, OfHandler)] = &[
    ("informer_handler_queue_depth", Kind::Gauge, "Events in the handler's queue.", |of| of.depth.to_string()),
    ("informer_handler_synced", Kind::Gauge, "Whether the handler has received the initial objects.", |of| {
        flag(of.synced)
    }),
    ("informer_handler_delivered_total", Kind::Counter, "Events delivered.", |of| of.delivered.to_string()),
    ("informer_handler_folded_total", Kind::Counter, "Events folded into a queued one.", |of| of.folded.to_string()),
    ("informer_handler_panics_total", Kind::Counter, "Calls that panicked.", |of| of.panics.to_string()),
    ("informer_handler_waited_seconds_total", Kind::Counter, "Time that delivered events spent in the queue.", |of| {
        seconds(of.waited)
    }),
    ("informer_handler_worked_seconds_total", Kind::Counter, "Time spent in the handler.", |of| seconds(of.worked)),
];

fn flag(value: bool) -> String {
    u8::from(value).to_string()
}

fn seconds(time: Duration) -> String {
    time.as_secs_f64().to_string()
}
