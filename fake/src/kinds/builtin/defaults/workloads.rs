//! Defaults of workloads: `apps`, `batch` and replication controllers.

use serde_json::{Map, Value, json};

use super::super::strategy::TEMPLATE_GENERATION;
use super::{default, default_text, each, entries, has, pod, set, storage, text, within, within_new};

/// Sets the defaults of the specification of a workload.
fn with_spec(object: &mut Value, change: impl FnOnce(&mut Value)) {
    within_new(object, "spec", |spec| {
        change(spec);
        within(spec, "template", pod::template);
    });
}

pub(super) fn deployment(object: &mut Value) {
    with_spec(object, |spec| {
        default(spec, "replicas", 1);
        within_new(spec, "strategy", |strategy| {
            default_text(strategy, "type", "RollingUpdate");
            if text(strategy, "type") == "RollingUpdate" {
                within_new(strategy, "rollingUpdate", |update| {
                    default(update, "maxUnavailable", "25%");
                    default(update, "maxSurge", "25%");
                });
            }
        });
        default(spec, "revisionHistoryLimit", 10);
        default(spec, "progressDeadlineSeconds", 600);
    });
}

pub(super) fn daemon_set(object: &mut Value) {
    // The template generation is a field of the internal type, and always encoded as an annotation.
    within_new(object, "metadata", |metadata| {
        within_new(metadata, "annotations", |annotations| default(annotations, TEMPLATE_GENERATION, "0"));
    });
    with_spec(object, |spec| {
        within_new(spec, "updateStrategy", |strategy| {
            default_text(strategy, "type", "RollingUpdate");
            if text(strategy, "type") == "RollingUpdate" {
                within_new(strategy, "rollingUpdate", |update| {
                    default(update, "maxUnavailable", 1);
                    default(update, "maxSurge", 0);
                });
            }
        });
        default(spec, "revisionHistoryLimit", 10);
    });
}

pub(super) fn replica_set(object: &mut Value) {
    with_spec(object, |spec| default(spec, "replicas", 1));
}

pub(super) fn stateful_set(object: &mut Value) {
    with_spec(object, |spec| {
        default_text(spec, "podManagementPolicy", "OrderedReady");
        within_new(spec, "updateStrategy", |strategy| {
            if text(strategy, "type").is_empty() {
                set(strategy, "type", "RollingUpdate");
                default(strategy, "rollingUpdate", json!({}));
            }
            if text(strategy, "type") == "RollingUpdate" {
                within(strategy, "rollingUpdate", |update| {
                    default(update, "partition", 0);
                    default(update, "maxUnavailable", 1);
                });
            }
        });
        within_new(spec, "persistentVolumeClaimRetentionPolicy", |policy| {
            default_text(policy, "whenDeleted", "Retain");
            default_text(policy, "whenScaled", "Retain");
        });
        default(spec, "replicas", 1);
        default(spec, "revisionHistoryLimit", 10);
        each(spec, "volumeClaimTemplates", |claim| {
            storage::claim(claim);
            set(claim, "apiVersion", "v1");
            set(claim, "kind", "PersistentVolumeClaim");
        });
    });
}

pub(super) fn replication_controller(object: &mut Value) {
    let labels = template_labels(object);
    within_new(object, "spec", |spec| {
        default(spec, "replicas", 1);
        if let Some(labels) = labels.clone().filter(|_| entries(spec, "selector").is_empty()) {
            set(spec, "selector", labels);
        }
        within(spec, "template", pod::template);
    });
    add_labels(object, labels);
}

pub(super) fn job(object: &mut Value) {
    with_spec(object, job_spec);
    let labels = template_labels(object);
    add_labels(object, labels);
}

/// Sets the defaults that jobs have, but not the templates of cron jobs.
fn job_spec(spec: &mut Value) {
    if !has(spec, "parallelism") {
        default(spec, "completions", 1);
    }
    default(spec, "parallelism", 1);
    let limit = if has(spec, "backoffLimitPerIndex") { i32::MAX } else { 6 };
    default(spec, "backoffLimit", limit);
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    let replaced = if has(spec, "podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    default(spec, "podReplacementPolicy", replaced);
    default(spec, "manualSelector", false);
    conditions(spec);
}

/// Sets the status of the conditions in a failure policy.
fn conditions(spec: &mut Value) {
    within(spec, "podFailurePolicy", |policy| {
        each(policy, "rules", |rule| {
            each(rule, "onPodConditions", |condition| default_text(condition, "status", "True"));
        });
    });
}

pub(super) fn cron_job(object: &mut Value) {
    within_new(object, "spec", |spec| {
        default_text(spec, "concurrencyPolicy", "Allow");
        default(spec, "suspend", false);
        default(spec, "successfulJobsHistoryLimit", 3);
        default(spec, "failedJobsHistoryLimit", 1);
        within(spec, "jobTemplate", |job| {
            within(job, "spec", |spec| {
                conditions(spec);
                within(spec, "template", pod::template);
            });
        });
    });
}

fn template_labels(object: &Value) -> Option<Map<String, Value>> {
    object.pointer("/spec/template/metadata/labels").and_then(Value::as_object).cloned()
}

/// Adds labels to an object that has none.
fn add_labels(object: &mut Value, labels: Option<Map<String, Value>>) {
    if let Some(labels) = labels.filter(|_| entries(&object["metadata"], "labels").is_empty()) {
        within_new(object, "metadata", |metadata| set(metadata, "labels", labels));
    }
}
