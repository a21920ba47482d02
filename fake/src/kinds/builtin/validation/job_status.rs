//! Validation of the status of jobs.
//!
//! Source: `kubernetes/pkg/apis/batch/validation/validation.go` and `getStatusValidationOptions` of
//! `pkg/registry/batch/job/strategy.go`.

use serde_json::Value;

use super::batch::condition;
use super::field::{Errors, Field};
use super::job_policies::count_indexes;

/// What changed in a status, and what the job is now.
struct Change<'a> {
    new: &'a Value,
    old: &'a Value,
}

impl Change<'_> {
    fn of(&self, name: &str) -> bool {
        self.new["status"].get(name).filter(|value| !value.is_null())
            != self.old["status"].get(name).filter(|value| !value.is_null())
    }

    fn of_condition(&self, name: &str) -> bool {
        condition(self.new, name) != condition(self.old, name)
    }

    fn is(&self, name: &str) -> bool {
        condition(self.new, name)
    }

    fn is_finished(&self) -> bool {
        self.is("Complete") || self.is("Failed")
    }

    fn was_finished_otherwise(&self) -> bool {
        self.is_finished() != (condition(self.old, "Complete") || condition(self.old, "Failed"))
    }
}

/// Validates an update of the status of a job.
pub(super) fn validate(job: &Field<'_>, old: &Value, errors: &mut Errors) {
    let status = job.at("status");
    let change = Change { new: job.value, old };
    for name in ["active", "succeeded", "failed", "ready", "terminating"] {
        status.at(name).non_negative(errors);
    }
    conditions(&status, &change, errors);
    times(&status, &change, errors);
    counters(&status, &change, errors);
    indexes(job, &change, errors);
    decreasing(&status, &change, errors);
}

fn conditions(status: &Field<'_>, change: &Change<'_>, errors: &mut Errors) {
    let field = status.at("conditions");
    let complete_changed = change.of_condition("Complete");
    let failed_changed = change.of_condition("Failed");
    let rules = [
        (
            (complete_changed || failed_changed) && change.is("Complete") && change.is("Failed"),
            "cannot set Complete=True and Failed=true conditions",
        ),
        (
            (complete_changed || change.of_condition("FailureTarget"))
                && change.is("Complete")
                && change.is("FailureTarget"),
            "cannot set Complete=True and FailureTarget=true conditions",
        ),
        (
            (failed_changed || change.of("failedIndexes")) && change.is("Failed") && !change.is("FailureTarget"),
            "cannot set Failed=True condition without the FailureTarget=true condition",
        ),
        (
            (complete_changed || change.of_condition("SuccessCriteriaMet"))
                && change.is("Complete")
                && !change.is("SuccessCriteriaMet"),
            "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
        ),
        (
            change.is("SuccessCriteriaMet") && change.is("Failed"),
            "cannot set SuccessCriteriaMet=True and Failed=true conditions",
        ),
        (
            change.is("SuccessCriteriaMet") && change.is("FailureTarget"),
            "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
        ),
    ];
    for (_, detail) in rules.into_iter().filter(|(is_broken, _)| *is_broken) {
        field.invalid_without_value(errors, detail);
    }
}

fn times(status: &Field<'_>, change: &Change<'_>, errors: &mut Errors) {
    let (start, end) = (status.at("startTime"), status.at("completionTime"));
    let end_matters = change.of_condition("Complete") || change.of("completionTime");
    if end_matters && end.is_set() && !change.is("Complete") {
        end.invalid(errors, "cannot set completionTime when there is no Complete=True condition");
    }
    if end_matters && !end.is_set() && change.is("Complete") {
        end.required(errors, "completionTime is required for Complete jobs");
    }
    let changed = change.of("startTime") || change.of("completionTime");
    if changed && start.is_set() && end.is_set() && end.text() < start.text() {
        end.invalid(errors, "must be equal to or after `startTime`");
    }
    let is_empty = change.new["spec"]["suspend"] == true && change.new["spec"]["completions"] == 0;
    let start_matters = (change.was_finished_otherwise() || change.of("startTime")) && !is_empty;
    if start_matters && !start.is_set() && change.is_finished() {
        start.required(errors, "startTime is required for finished job");
    }
}

fn counters(status: &Field<'_>, change: &Change<'_>, errors: &mut Errors) {
    let finished_changed = change.was_finished_otherwise();
    let [active, ready, terminating] = ["active", "ready", "terminating"].map(|name| status.at(name));
    if (finished_changed || change.of("active")) && active.number() > 0 && change.is_finished() {
        active.invalid(errors, "active>0 is invalid for finished job");
    }
    if (finished_changed || change.of("terminating")) && terminating.number() > 0 && change.is_finished() {
        terminating.invalid(errors, "terminating>0 is invalid for finished job");
    }
    if (change.of("ready") || change.of("active")) && ready.number() > active.number() {
        ready.invalid(errors, "cannot set more ready pods than active");
    }
    let uncounted = status.at("uncountedTerminatedPods");
    let is_counted = uncounted.at("succeeded").is_empty() && uncounted.at("failed").is_empty();
    if (finished_changed || change.of("uncountedTerminatedPods")) && change.is_finished() && !is_counted {
        uncounted.invalid(errors, "must be empty for finished job");
    }
}

fn indexes(job: &Field<'_>, change: &Change<'_>, errors: &mut Errors) {
    let (spec, status) = (job.at("spec"), job.at("status"));
    let completions = spec.at("completions");
    let is_indexed = spec.at("completionMode").text() == "Indexed";
    for name in ["completedIndexes", "failedIndexes"] {
        let field = status.at(name);
        let is_checked = name == "completedIndexes" || spec.at("backoffLimitPerIndex").is_set();
        if change.of(name)
            && is_checked
            && completions.is_set()
            && let Err(error) = count_indexes(field.text(), completions.number())
        {
            field.invalid(errors, format!("error parsing {name}: {error}"));
        }
    }
    let (completed, failed) = (status.at("completedIndexes"), status.at("failedIndexes"));
    if change.of("completedIndexes") && !completed.is_empty() && !is_indexed {
        completed.invalid(errors, "cannot set non-empty completedIndexes when non-indexed completion mode");
    }
    if change.of("failedIndexes") && failed.is_set() && !spec.at("backoffLimitPerIndex").is_set() {
        failed.invalid(errors, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
    }
}

/// Reports what must not change back.
fn decreasing(status: &Field<'_>, change: &Change<'_>, errors: &mut Errors) {
    for name in ["Failed", "Complete", "FailureTarget"] {
        if condition(change.old, name) && !change.is(name) {
            let detail = format!("cannot disable the terminal {name}=True condition");
            status.at("conditions").invalid_without_value(errors, detail);
        }
    }
    let before = |name: &str| change.old["status"][name].as_i64().unwrap_or_default();
    let spec = &change.new["spec"];
    let is_elastic = spec["completionMode"] == "Indexed" && spec["completions"] == spec["parallelism"];
    for (name, is_fixed) in [("failed", true), ("succeeded", !is_elastic)] {
        if is_fixed && status.at(name).number() < before(name) {
            let count = status.at(name).number();
            status.at(name).invalid_as(errors, count, format!("cannot decrease the {name} counter"));
        }
    }
    let (end, start) = (status.at("completionTime"), status.at("startTime"));
    if end.is_set() && !change.old["status"]["completionTime"].is_null() && change.of("completionTime") {
        end.invalid(errors, super::IMMUTABLE);
    }
    let resumes = condition(change.old, "Suspended") && !change.is("Suspended");
    let had_start = !change.old["status"]["startTime"].is_null();
    if had_start && change.of("startTime") && !resumes && spec["suspend"] != true {
        start.invalid(errors, "field is immutable for unsuspended job once set");
    }
    if condition(change.old, "SuccessCriteriaMet") && !change.is("SuccessCriteriaMet") {
        let detail = "cannot disable the SuccessCriteriaMet=True condition";
        status.at("conditions").invalid_without_value(errors, detail);
    }
}
