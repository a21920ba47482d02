//! Metrics of informers in Prometheus' text format.
//!
//! The format is Prometheus' text format 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write;
use std::time::Duration;

use super::handler::HandlerMetrics;
use super::status::InformerStatus;

/// Returns the metrics of informers, for a program to append to its own at `/metrics`.
///
/// | metric | type | labels |
/// |---|---|---|
/// | `informer_synced`, `informer_ready` | gauge, 0 or 1 | `informer` |
/// | `informer_objects`, `informer_json_bytes`, `informer_undecodable_objects` | gauge | `informer` |
/// | `informer_heard_seconds` | gauge, seconds since the last response of the API server | `informer` |
/// | `informer_resource_version` | gauge | `informer` |
/// | `informer_lists_total`, `informer_watches_total`, `informer_events_total`, `informer_bookmarks_total`, `informer_errors_total` | counter | `informer` |
/// | `informer_handler_queue_depth`, `informer_handler_synced` | gauge | `informer`, `handler` |
/// | `informer_handler_delivered_total`, `informer_handler_folded_total`, `informer_handler_panics_total` | counter | `informer`, `handler` |
/// | `informer_handler_waited_seconds_total`, `informer_handler_worked_seconds_total` | counter, seconds | `informer`, `handler` |
pub fn metrics_text(informers: &[InformerStatus]) -> String {
    let mut text = String::new();
    for (name, kind, help, value) in OF_INFORMERS {
        head(&mut text, name, kind, help);
        for informer in informers {
            if let Some(value) = value(informer) {
                let _ = writeln!(text, "{name}{{informer=\"{}\"}} {value}", escaped(&informer.name));
            }
        }
    }
    for (name, kind, help, value) in OF_HANDLERS {
        head(&mut text, name, kind, help);
        for informer in informers {
            for handler in &informer.handlers {
                let labels = format!("informer=\"{}\",handler=\"{}\"", escaped(&informer.name), escaped(&handler.name));
                let _ = writeln!(text, "{name}{{{labels}}} {}", value(handler));
            }
        }
    }
    text
}

type OfInformer = fn(&InformerStatus) -> Option<String>;
type OfHandler = fn(&HandlerMetrics) -> String;

const OF_INFORMERS: &[(&str, &str, &str, OfInformer)] = &[
    ("informer_synced", "gauge", "Whether the first list is complete.", |of| Some(flag(of.synced))),
    ("informer_ready", "gauge", "Whether it has synced and has no problem.", |of| Some(flag(of.is_ready()))),
    ("informer_objects", "gauge", "Objects in the cache.", |of| Some(of.objects.to_string())),
    ("informer_json_bytes", "gauge", "Length of the JSON of all objects in the cache.", |of| {
        Some(of.json_bytes.to_string())
    }),
    ("informer_undecodable_objects", "gauge", "Objects that cannot be decoded.", |of| Some(of.undecodable.to_string())),
    ("informer_heard_seconds", "gauge", "Time since the last response of the API server.", |of| {
        of.since_last_response.map(seconds)
    }),
    ("informer_resource_version", "gauge", "Version up to which the cache is complete.", |of| {
        of.resource_version.as_ref().map(ToString::to_string)
    }),
    ("informer_lists_total", "counter", "Lists completed.", |of| Some(of.lists.to_string())),
    ("informer_watches_total", "counter", "Watches opened.", |of| Some(of.watches.to_string())),
    ("informer_events_total", "counter", "Objects sent by lists and watches.", |of| Some(of.events.to_string())),
    ("informer_bookmarks_total", "counter", "Bookmarks sent by watches.", |of| Some(of.bookmarks.to_string())),
    ("informer_errors_total", "counter", "Requests that failed.", |of| Some(of.errors.to_string())),
];

const OF_HANDLERS: &[(&str, &str, &str, OfHandler)] = &[
    ("informer_handler_queue_depth", "gauge", "Events in the handler's queue.", |of| of.depth.to_string()),
    ("informer_handler_synced", "gauge", "Whether the handler has received the initial objects.", |of| flag(of.synced)),
    ("informer_handler_delivered_total", "counter", "Events delivered.", |of| of.delivered.to_string()),
    ("informer_handler_folded_total", "counter", "Events folded into a queued one.", |of| of.folded.to_string()),
    ("informer_handler_panics_total", "counter", "Calls that panicked.", |of| of.panics.to_string()),
    ("informer_handler_waited_seconds_total", "counter", "Time that delivered events spent in the queue.", |of| {
        seconds(of.waited)
    }),
    ("informer_handler_worked_seconds_total", "counter", "Time spent in the handler.", |of| seconds(of.worked)),
];

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn flag(value: bool) -> String {
    u8::from(value).to_string()
}

fn seconds(time: Duration) -> String {
    time.as_secs_f64().to_string()
}

/// Escapes backslashes, quotes and newlines in a label's value.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
