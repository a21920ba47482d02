//! The status of informers and controllers as JSON.

use serde_json::{Value, json};

use crate::controllers::controller::ControllerStatus;
use crate::informer::InformerStatus;

pub(super) fn informers(statuses: &[InformerStatus]) -> Value {
    statuses.iter().map(informer).collect()
}

fn informer(status: &InformerStatus) -> Value {
    let reflectors = status.reflectors.iter().map(|health| {
        json!({
            "namespace": health.namespace,
            "phase": format!("{:?}", health.phase),
            "problem": health.problem.as_ref().map(ToString::to_string),
        })
    });
    let handlers = status.handlers.iter().map(|handler| {
        json!({
            "name": handler.name,
            "queued": handler.depth,
            "delivered": handler.delivered,
            "synced": handler.synced,
            "panics": handler.panics,
        })
    });
    json!({
        "name": status.name,
        "group": status.kind.group,
        "version": status.kind.version,
        "kind": status.kind.kind,
        "synced": status.synced,
        "ready": status.is_ready(),
        "resourceVersion": status.resource_version.as_ref().map(ToString::to_string),
        "secondsSinceLastResponse": status.since_last_response.map(|time| time.as_secs_f64()),
        "objects": status.objects,
        "jsonBytes": status.json_bytes,
        "undecodableObjects": status.undecodable,
        "reflectors": reflectors.collect::<Vec<_>>(),
        "handlers": handlers.collect::<Vec<_>>(),
    })
}

pub(super) fn controllers(statuses: &[ControllerStatus]) -> Value {
    statuses.iter().map(controller).collect()
}

fn controller(status: &ControllerStatus) -> Value {
    let queue = status.queue.as_ref().map(|queue| {
        json!({
            "ready": queue.depth.iter().map(|(_, items)| items).sum::<usize>(),
            "delayed": queue.delayed,
            "processing": queue.processing,
            "secondsOfLongestRunning": queue.longest_running.as_secs_f64(),
        })
    });
    json!({
        "name": status.name,
        "running": status.running,
        "workers": status.workers,
        "active": status.active,
        "successes": status.successes,
        "errors": status.errors,
        "panics": status.panics,
        "queue": queue,
        "informers": status.informers.iter().map(|informer| &informer.name).collect::<Vec<_>>(),
    })
}
