//! Columns of workloads.

use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::cells::{
    AGE, Definition, NONE, bool_or, int_at, is_true, joined, labels, length, number, selector, since, str_at, text_at,
    text_or,
};
use crate::kinds::builtin::selector_text;
use crate::metadata;
use kube_structural_schema::columns::age;

pub(super) const SCALE: &[Definition] = &[
    ("Desired", "integer", 0, |object, _| number(object, "/spec/replicas")),
    ("Available", "integer", 0, |object, _| number(object, "/status/replicas")),
    ("Age", "date", 0, super::cells::created_ago),
];

const DESIRED: Definition = ("Desired", "integer", 0, |object, _| number(object, "/spec/replicas"));
const CURRENT: Definition = ("Current", "integer", 0, |object, _| number(object, "/status/replicas"));
const READY: Definition = ("Ready", "integer", 0, |object, _| number(object, "/status/readyReplicas"));
const CONTAINERS: Definition = ("Containers", "string", 1, |object, _| of_containers(object, "name"));
const IMAGES: Definition = ("Images", "string", 1, |object, _| of_containers(object, "image"));
const SELECTOR: Definition = ("Selector", "string", 1, |object, _| selector(object.pointer("/spec/selector")));

pub(super) fn columns(kind: &str) -> &'static [Definition] {
    match kind {
        "Deployment" => DEPLOYMENT,
        "ReplicaSet" => REPLICA_SET,
        "ReplicationController" => REPLICATION_CONTROLLER,
        "StatefulSet" => &[("Ready", "string", 0, |object, _| ready(object)), AGE, CONTAINERS, IMAGES],
        "DaemonSet" => DAEMON_SET,
        "Job" => JOB,
        "CronJob" => CRON_JOB,
        "PodTemplate" => &[
            ("Containers", "string", 0, |object, _| joined(object, "/template/spec/containers", "name").into()),
            ("Images", "string", 0, |object, _| joined(object, "/template/spec/containers", "image").into()),
            ("Pod Labels", "string", 0, |object, _| labels(object.pointer("/template/metadata/labels"))),
        ],
        "ControllerRevision" => &[
            ("Controller", "string", 0, |object, _| controller(object).into()),
            ("Revision", "string", 0, |object, _| number(object, "/revision")),
            AGE,
        ],
        "PodDisruptionBudget" => &[
            ("Min Available", "string", 0, |object, _| count_or_share(object, "/spec/minAvailable")),
            ("Max Unavailable", "string", 0, |object, _| count_or_share(object, "/spec/maxUnavailable")),
            ("Allowed Disruptions", "integer", 0, |object, _| number(object, "/status/disruptionsAllowed")),
            AGE,
        ],
        _ => super::CREATED_AT,
    }
}

const DEPLOYMENT: &[Definition] = &[
    ("Ready", "string", 0, |object, _| ready(object)),
    ("Up-to-date", "string", 0, |object, _| number(object, "/status/updatedReplicas")),
    ("Available", "string", 0, |object, _| number(object, "/status/availableReplicas")),
    AGE,
    CONTAINERS,
    IMAGES,
    ("Selector", "string", 1, |object, _| {
        object.pointer("/spec/selector").map(selector_text).unwrap_or_default().into()
    }),
];

const REPLICA_SET: &[Definition] = &[DESIRED, CURRENT, READY, AGE, CONTAINERS, IMAGES, SELECTOR];

const REPLICATION_CONTROLLER: &[Definition] = &[
    DESIRED,
    CURRENT,
    READY,
    AGE,
    CONTAINERS,
    IMAGES,
    ("Selector", "string", 1, |object, _| labels(object.pointer("/spec/selector"))),
];

const DAEMON_SET: &[Definition] = &[
    ("Desired", "integer", 0, |object, _| number(object, "/status/desiredNumberScheduled")),
    ("Current", "integer", 0, |object, _| number(object, "/status/currentNumberScheduled")),
    ("Ready", "integer", 0, |object, _| number(object, "/status/numberReady")),
    ("Up-to-date", "integer", 0, |object, _| number(object, "/status/updatedNumberScheduled")),
    ("Available", "integer", 0, |object, _| number(object, "/status/numberAvailable")),
    ("Node Selector", "string", 0, |object, _| labels(object.pointer("/spec/template/spec/nodeSelector"))),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

const JOB: &[Definition] = &[
    ("Status", "string", 0, |object, _| job_status(object).into()),
    ("Completions", "string", 0, |object, _| completions(object).into()),
    ("Duration", "string", 0, |object, now| duration(object, now).into()),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

const CRON_JOB: &[Definition] = &[
    ("Schedule", "string", 0, |object, _| text_at(object, "/spec/schedule")),
    ("Timezone", "string", 0, |object, _| text_or(object, "/spec/timeZone", NONE)),
    ("Suspend", "boolean", 0, |object, _| suspended(object)),
    ("Active", "integer", 0, |object, _| length(object, "/status/active")),
    ("Last Schedule", "string", 0, |object, now| match str_at(object, "/status/lastScheduleTime") {
        "" => NONE.into(),
        time => since(time, now).into(),
    }),
    AGE,
    ("Containers", "string", 1, |object, _| joined(object, JOB_CONTAINERS, "name").into()),
    ("Images", "string", 1, |object, _| joined(object, JOB_CONTAINERS, "image").into()),
    ("Selector", "string", 1, |object, _| selector(object.pointer("/spec/jobTemplate/spec/selector"))),
];

const JOB_CONTAINERS: &str = "/spec/jobTemplate/spec/template/spec/containers";

fn of_containers(object: &Value, field: &str) -> Value {
    joined(object, "/spec/template/spec/containers", field).into()
}

fn ready(object: &Value) -> Value {
    format!("{}/{}", int_at(object, "/status/readyReplicas"), int_at(object, "/spec/replicas")).into()
}

/// Go prints the pointer of a missing value as `<unset>`, and the others as text.
fn suspended(object: &Value) -> Value {
    match bool_or(object, "/spec/suspend", false) {
        Value::Bool(true) => "True".into(),
        _ if object.pointer("/spec/suspend").is_none_or(Value::is_null) => super::cells::UNSET.into(),
        _ => "False".into(),
    }
}

fn count_or_share(object: &Value, pointer: &str) -> Value {
    match object.pointer(pointer) {
        Some(Value::Number(number)) => number.to_string().into(),
        Some(Value::String(share)) => share.as_str().into(),
        _ => "N/A".into(),
    }
}

fn controller(object: &Value) -> String {
    let owners = metadata::get(object, "ownerReferences").and_then(Value::as_array).into_iter().flatten();
    let Some(owner) = owners.into_iter().find(|owner| owner["controller"] == true) else { return NONE.to_owned() };
    let text = |name: &str| owner[name].as_str().unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
    format!("{}{}/{}", text("kind").to_lowercase(), group.to_lowercase(), text("name"))
}

fn completions(object: &Value) -> String {
    let succeeded = int_at(object, "/status/succeeded");
    let parallelism = int_at(object, "/spec/parallelism");
    match object.pointer("/spec/completions").and_then(Value::as_i64) {
        Some(completions) => format!("{succeeded}/{completions}"),
        None if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        None => format!("{succeeded}/1"),
    }
}

fn job_status(object: &Value) -> &'static str {
    let is_deleting = metadata::is_deleting(object);
    match () {
        () if is_true(object, "Complete") => "Complete",
        () if is_true(object, "Failed") => "Failed",
        () if is_deleting => "Terminating",
        () if is_true(object, "Suspended") => "Suspended",
        () if is_true(object, "FailureTarget") => "FailureTarget",
        () if is_true(object, "SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

/// Returns how long a job has run.
fn duration(object: &Value, now: Timestamp) -> String {
    let start = str_at(object, "/status/startTime");
    if start.is_empty() {
        return String::new();
    }
    let end = str_at(object, "/status/completionTime").parse::<Timestamp>().unwrap_or(now);
    age(start, end)
}

/// Returns a number of seconds as kubectl prints durations.
pub(super) fn seconds(seconds: i64) -> String {
    let start = Timestamp::UNIX_EPOCH;
    start
        .checked_add(seconds.clamp(0, 1 << 32).seconds())
        .map_or_else(|_| String::new(), |end| age(&start.to_string(), end))
}
