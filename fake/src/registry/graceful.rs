//! Graceful deletion of pods: the kubelet deletes a pod that runs on its node after the grace period.
//!
//! Source: `apiserver/pkg/registry/rest/delete.go`, `kubernetes/pkg/registry/core/pod/strategy.go`.

use serde_json::Value;

use super::delete::DeleteOutcome;
use super::delete_options::DeleteOptions;
use super::{Registry, Target};
use crate::metadata::{self, get, set, text};

/// The grace period of a pod that has none, in seconds.
const DEFAULT_GRACE: i64 = 30;

impl Registry {
    /// Marks a pod for deletion if it has a grace period. Returns nothing if the object is deleted at once.
    pub(super) fn delete_gracefully(
        &mut self,
        target: &Target,
        live: &Value,
        options: &DeleteOptions,
    ) -> Option<DeleteOutcome> {
        if target.kind.coded() != Some(("", "Pod")) {
            return None;
        }
        let mut pod = live.clone();
        let pending = get(live, "deletionGracePeriodSeconds").and_then(Value::as_i64);
        if metadata::is_deleting(live) {
            // A grace period can only be shortened.
            let pending = pending.filter(|pending| *pending > 0)?;
            let Some(period) = options.grace_period_seconds.filter(|period| *period < pending) else {
                return Some(DeleteOutcome::Object(pod));
            };
            if period <= 0 {
                return None;
            }
            let before = text(live, "deletionTimestamp").parse::<jiff::Timestamp>().ok()?;
            mark(&mut pod, before.as_second() - pending + period, period);
        } else {
            let period = grace_period(live, options);
            if period == 0 {
                return None;
            }
            mark(&mut pod, self.clock.now().as_second() + period, period);
            set(&mut pod, "generation", Some((metadata::generation(live) + 1).into()));
        }
        if !options.is_dry_run() {
            self.put(target, &mut pod);
        }
        Some(DeleteOutcome::Object(pod))
    }
}

fn grace_period(pod: &Value, options: &DeleteOptions) -> i64 {
    let is_bound = pod.pointer("/spec/nodeName").and_then(Value::as_str).is_some_and(|node| !node.is_empty());
    let has_ended = matches!(pod.pointer("/status/phase").and_then(Value::as_str), Some("Failed" | "Succeeded"));
    if !is_bound || has_ended {
        return 0;
    }
    let own = pod.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64);
    match options.grace_period_seconds.or(own).unwrap_or(DEFAULT_GRACE) {
        ..0 => 1,
        period => period,
    }
}

fn mark(pod: &mut Value, deleted_at: i64, period: i64) {
    let deleted_at = jiff::Timestamp::from_second(deleted_at).unwrap_or(jiff::Timestamp::MAX);
    let deleted_at = deleted_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    set(pod, "deletionTimestamp", Some(deleted_at.into()));
    set(pod, "deletionGracePeriodSeconds", Some(period.into()));
}
