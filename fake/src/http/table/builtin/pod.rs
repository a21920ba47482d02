//! Columns of pods.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cells::{AGE, Definition, NONE, is_true, items, since, str_at, text_or};
use crate::metadata;

pub(super) const POD: &[Definition] = &[
    ("Ready", "string", 0, |object, now| summary(object, now).ready.into()),
    ("Status", "string", 0, |object, now| summary(object, now).status.into()),
    ("Restarts", "string", 0, |object, now| summary(object, now).restarts.into()),
    AGE,
    ("IP", "string", 1, |object, _| text_or(object, "/status/podIPs/0/ip", NONE)),
    ("Node", "string", 1, |object, _| text_or(object, "/spec/nodeName", NONE)),
    ("Nominated Node", "string", 1, |object, _| text_or(object, "/status/nominatedNodeName", NONE)),
    ("Readiness Gates", "string", 1, |object, _| gates(object).into()),
];

/// Returns the conditions of the row of a pod that has ended.
pub(in super::super) fn conditions(pod: &Value) -> Option<Value> {
    let (reason, message) = match str_at(pod, "/status/phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]))
}

struct Summary {
    ready: String,
    status: String,
    restarts: String,
}

/// The restarts of containers, and when the last container ended before one.
#[derive(Clone, Default)]
struct Restarts {
    count: i64,
    last: String,
}

impl Restarts {
    fn add(&mut self, container: &Value) {
        self.count += container["restartCount"].as_i64().unwrap_or_default();
        // Times in one format have the order of their texts.
        let ended = str_at(container, "/lastState/terminated/finishedAt");
        if self.last.as_str() < ended {
            ended.clone_into(&mut self.last);
        }
    }
}

fn summary(pod: &Value, now: Timestamp) -> Summary {
    let is_restartable = |name: &Value| {
        let container = items(pod, "/spec/initContainers").iter().find(|container| container["name"] == *name);
        container.is_some_and(|container| container["restartPolicy"] == "Always")
    };
    let sidecars = items(pod, "/spec/initContainers").iter().filter(|one| one["restartPolicy"] == "Always").count();
    let total = items(pod, "/spec/containers").len() + sidecars;
    let mut status = match (str_at(pod, "/status/reason"), str_at(pod, "/status/phase")) {
        ("", phase) => phase.to_owned(),
        (reason, _) => reason.to_owned(),
    };
    let is_gated = |one: &Value| one["type"] == "PodScheduled" && one["reason"] == "SchedulingGated";
    if items(pod, "/status/conditions").iter().any(is_gated) {
        "SchedulingGated".clone_into(&mut status);
    }
    let (mut ready, mut all, mut of_sidecars) = (0, Restarts::default(), Restarts::default());
    let mut initializing = None;
    for (index, container) in items(pod, "/status/initContainerStatuses").iter().enumerate() {
        all.add(container);
        let restartable = is_restartable(&container["name"]);
        if restartable {
            of_sidecars.add(container);
        }
        if container.pointer("/state/terminated/exitCode").is_some_and(|code| *code == 0) {
            continue;
        }
        if restartable && container["started"] == true {
            ready += usize::from(container["ready"] == true);
            continue;
        }
        initializing = Some(init_status(container, index, items(pod, "/spec/initContainers").len()));
        break;
    }
    let is_initialized = initializing.is_none() || is_true(pod, "Initialized");
    status = initializing.unwrap_or(status);
    if is_initialized {
        all = of_sidecars;
        status = running_status(pod, status, &mut ready, &mut all);
    }
    let is_terminal = matches!(str_at(pod, "/status/phase"), "Succeeded" | "Failed");
    if metadata::is_deleting(pod) && str_at(pod, "/status/reason") == "NodeLost" {
        "Unknown".clone_into(&mut status);
    } else if metadata::is_deleting(pod) && !is_terminal {
        "Terminating".clone_into(&mut status);
    }
    let restarts = match (all.count, all.last.as_str()) {
        (0, _) | (_, "") => all.count.to_string(),
        (count, last) => format!("{count} ({} ago)", since(last, now)),
    };
    Summary { ready: format!("{ready}/{total}"), status, restarts }
}

/// Returns the status of a pod whose init container has not succeeded.
fn init_status(container: &Value, index: usize, total: usize) -> String {
    if let Some(terminated) = container.pointer("/state/terminated").filter(|state| state.is_object()) {
        return format!("Init:{}", ended(terminated));
    }
    match str_at(container, "/state/waiting/reason") {
        "" | "PodInitializing" => format!("Init:{index}/{total}"),
        reason => format!("Init:{reason}"),
    }
}

/// Returns why a container ended.
fn ended(terminated: &Value) -> String {
    let number = |name: &str| terminated[name].as_i64().unwrap_or_default();
    match terminated["reason"].as_str().unwrap_or_default() {
        "" if number("signal") != 0 => format!("Signal:{}", number("signal")),
        "" => format!("ExitCode:{}", number("exitCode")),
        reason => reason.to_owned(),
    }
}

/// Returns the status of a pod whose init containers have ended.
fn running_status(pod: &Value, mut status: String, ready: &mut usize, restarts: &mut Restarts) -> String {
    let (mut has_running, mut error) = (false, None);
    for container in items(pod, "/status/containerStatuses").iter().rev() {
        restarts.add(container);
        let terminated = container.pointer("/state/terminated").filter(|state| state.is_object());
        match (str_at(container, "/state/waiting/reason"), terminated) {
            ("", None) => {
                if container["ready"] == true && container.pointer("/state/running").is_some_and(Value::is_object) {
                    has_running = true;
                    *ready += 1;
                }
            }
            ("", Some(terminated)) => {
                status = ended(terminated);
                if terminated["exitCode"].as_i64().unwrap_or_default() != 0 {
                    error = Some(status.clone());
                }
            }
            (reason, _) => reason.clone_into(&mut status),
        }
    }
    match (status.as_str(), error) {
        ("Completed", _) if has_running && is_true(pod, "Ready") => "Running".to_owned(),
        ("Completed", Some(error)) => error,
        ("Completed", None) if has_running => "NotReady".to_owned(),
        _ => status,
    }
}

fn gates(pod: &Value) -> String {
    let gates = items(pod, "/spec/readinessGates");
    if gates.is_empty() {
        return NONE.to_owned();
    }
    let open = gates.iter().filter(|gate| is_true(pod, gate["conditionType"].as_str().unwrap_or_default())).count();
    format!("{open}/{}", gates.len())
}
