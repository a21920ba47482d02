//! Validation of jobs and cron jobs.
//!
//! Source: `kubernetes/pkg/apis/batch/validation/validation.go`.

use kube_structural_schema::object::{FieldError, names};
use serde_json::Value;

use super::field::{Errors, Field};
use super::{IMMUTABLE, cron, job_policies, labels, pod};

const MAX_INDEXED: i64 = 100_000;
const MAX_PARALLEL_WITH_LIMIT: i64 = 10_000;
const UID_LABEL: &str = "batch.kubernetes.io/controller-uid";
const NAME_LABEL: &str = "batch.kubernetes.io/job-name";
const RESTART: &str = "template.spec.restartPolicy";

/// Validates a new job.
pub(super) fn job(object: &Field<'_>, errors: &mut Errors) {
    generated_selector(object, errors);
    job_with_selector(&object.at("spec"), errors);
    hostnames(object, errors);
}

/// Validates the labels and the selector that the API server generates.
fn generated_selector(object: &Field<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    let selector = spec.at("selector");
    if spec.at("manualSelector").is_true() || !selector.is_set() {
        return;
    }
    let (uid, name) = (object.at("metadata.uid").text(), object.at("metadata.name").text());
    let expected = [("controller-uid", uid), ("job-name", name), (UID_LABEL, uid), (NAME_LABEL, name)];
    let labels = spec.at("template.metadata.labels");
    for (key, value) in expected {
        let field = format!("{labels}[{key}]");
        let detail = format!("must be '{value}'");
        match labels.value.get(key).and_then(Value::as_str) {
            None => errors.push(FieldError::required(field, detail)),
            Some(found) if found != value => errors.push(FieldError::invalid(field, labels.value.clone(), detail)),
            Some(_) => {}
        }
    }
    let expected: Value = expected.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect();
    if labels::matches(selector.value, &expected) == Some(false) {
        selector.invalid(errors, "`selector` not auto-generated");
    }
}

fn job_with_selector(spec: &Field<'_>, errors: &mut Errors) {
    job_spec(spec, errors);
    let selector = spec.at("selector");
    if selector.is_set() {
        labels::selector(&selector, errors);
    } else {
        selector.required(errors, "");
    }
    labels::template_matches(spec, selector.value, errors);
}

/// Validates that the host names of indexed pods are valid.
fn hostnames(object: &Field<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    let completions = spec.at("completions").number();
    if spec.at("completionMode").text() != "Indexed" || completions <= 0 {
        return;
    }
    let name = object.at("metadata.name");
    let host = format!("{}-{}", name.text(), completions - 1);
    if !names::label(&host).is_empty() {
        name.invalid(errors, format!("will not able to create pod with invalid DNS label: {host}"));
    }
}

/// Validates what jobs and the templates of cron jobs have in common.
fn job_spec(spec: &Field<'_>, errors: &mut Errors) {
    for name in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        spec.at(name).non_negative(errors);
    }
    if spec.at("maxFailedIndexes").is_set() && !spec.at("backoffLimitPerIndex").is_set() {
        spec.at("backoffLimitPerIndex").required(errors, "when maxFailedIndexes is specified");
    }
    managed_by(spec, errors);
    completion_mode(spec, errors);
    job_policies::failure(spec, errors);
    job_policies::success(spec, errors);
    let replacement = spec.at("podReplacementPolicy");
    if spec.at("podFailurePolicy").is_set() {
        replacement.one_of_if_set(errors, &["Failed"]);
    } else {
        replacement.one_of_if_set(errors, &["Failed", "TerminatingOrFailed"]);
    }
    pod::validate_template(&spec.at("template"), errors);
    let restart = spec.at(RESTART);
    match restart.text() {
        "" | "Always" => restart.required(errors, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if spec.at("podFailurePolicy").is_set() => {
            restart.invalid(errors, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        "OnFailure" | "Never" => {}
        _ => restart.not_supported(errors, ["OnFailure", "Never"]),
    }
}

fn managed_by(spec: &Field<'_>, errors: &mut Errors) {
    let manager = spec.at("managedBy");
    if !manager.is_set() {
        return;
    }
    if manager.is_empty() {
        manager.required(errors, "");
    } else {
        for (value, detail) in super::names::domain_path(manager.text()) {
            manager.invalid_as(errors, value, detail);
        }
    }
    if manager.text().len() > 63 {
        manager.too_long(errors, 63);
    }
}

fn completion_mode(spec: &Field<'_>, errors: &mut Errors) {
    let mode = spec.at("completionMode");
    mode.one_of_if_set(errors, &["NonIndexed", "Indexed"]);
    let [completions, parallelism, failed, limit] =
        ["completions", "parallelism", "maxFailedIndexes", "backoffLimitPerIndex"].map(|name| spec.at(name));
    if mode.text() != "Indexed" {
        for field in [&limit, &failed] {
            if field.is_set() && matches!(mode.text(), "" | "NonIndexed") {
                field.invalid(errors, "requires indexed completion mode");
            }
        }
        return;
    }
    if !completions.is_set() {
        completions.required(errors, "when completion mode is Indexed");
    }
    if parallelism.number() > MAX_INDEXED {
        let detail = format!("must be less than or equal to {MAX_INDEXED} when completion mode is Indexed");
        parallelism.invalid(errors, detail);
    }
    if completions.is_set() && failed.number() > completions.number() {
        failed.invalid(errors, "must be less than or equal to completions");
    }
    if failed.number() > MAX_INDEXED {
        failed.invalid(errors, format!("must be less than or equal to {MAX_INDEXED}"));
    }
    if completions.number() > MAX_INDEXED && limit.is_set() {
        if !failed.is_set() {
            failed.required(errors, format!("must be specified when completions is above {MAX_INDEXED}"));
        }
        for field in [&parallelism, &failed] {
            if field.number() > MAX_PARALLEL_WITH_LIMIT {
                let detail = format!(
                    "must be less than or equal to {MAX_PARALLEL_WITH_LIMIT} when completions are above {MAX_INDEXED} and used with backoff limit per index"
                );
                field.invalid(errors, detail);
            }
        }
    }
}

/// Validates an update of a job.
pub(super) fn validate_update(object: &Field<'_>, old: &Value, errors: &mut Errors) {
    let (spec, before) = (object.at("spec"), &old["spec"]);
    job_with_selector(&spec, errors);
    let completions = spec.at("completions");
    if spec.at("completionMode").text() != "Indexed" {
        completions.immutable(errors, &before["completions"]);
    } else if completions.is_set()
        && completions.value != &before["completions"]
        && completions.value != spec.at("parallelism").value
    {
        completions.invalid(errors, "can only be modified in tandem with spec.parallelism");
    }
    spec.at("selector").immutable(errors, &before["selector"]);
    template(&spec, old, errors);
    for name in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        spec.at(name).immutable(errors, &before[name]);
    }
    hostnames(object, errors);
}

/// Validates that the template is unchanged. A suspended job may change resources and what its pods are scheduled by.
fn template(spec: &Field<'_>, old: &Value, errors: &mut Errors) {
    const DIRECTIVES: [&str; 3] = ["nodeSelector", "tolerations", "schedulingGates"];
    let template = spec.at("template");
    let mut expected = old["spec"]["template"].clone();
    let is_suspended = old["spec"]["suspend"] == true;
    let is_stopped = old["status"]["startTime"].is_null() || condition(old, "Suspended");
    let may_change = is_suspended && is_stopped && old["status"]["active"].as_i64().unwrap_or_default() == 0;
    if may_change {
        for name in DIRECTIVES {
            copy(&mut expected["spec"], &template.value["spec"], name);
        }
        for name in ["labels", "annotations"] {
            copy(&mut expected["metadata"], &template.value["metadata"], name);
        }
        node_affinity(&mut expected["spec"], &template.value["spec"]);
        for list in ["containers", "initContainers"] {
            for (index, container) in
                expected["spec"].get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().enumerate()
            {
                let new = &template.value["spec"][list][index];
                if new["name"] == container["name"] {
                    copy(container, new, "resources");
                }
            }
        }
        if template.value["spec"] != expected["spec"] {
            template.at("spec").invalid(errors, IMMUTABLE);
        }
    } else if *template.value != expected {
        template.invalid(errors, IMMUTABLE);
    }
}

fn node_affinity(expected: &mut Value, new: &Value) {
    let affinity = &new["affinity"]["nodeAffinity"];
    if let Some(fields) = expected.get_mut("affinity").and_then(Value::as_object_mut) {
        if affinity.is_null() {
            fields.remove("nodeAffinity");
        } else {
            fields.insert("nodeAffinity".to_owned(), affinity.clone());
        }
        if fields.is_empty() && new["affinity"].is_null() {
            copy(expected, new, "affinity");
        }
    } else if !affinity.is_null() {
        copy(expected, new, "affinity");
    }
}

fn copy(object: &mut Value, from: &Value, name: &str) {
    let Some(fields) = object.as_object_mut() else { return };
    match from.get(name) {
        Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
        None => drop(fields.remove(name)),
    }
}

/// Whether a job has a condition that is true.
pub(super) fn condition(job: &Value, name: &str) -> bool {
    let mut conditions = job["status"]["conditions"].as_array().into_iter().flatten();
    conditions.any(|condition| condition["type"] == name && condition["status"] == "True")
}

/// Validates a cron job.
pub(super) fn cron_job(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let spec = object.at("spec");
    let schedule = spec.at("schedule");
    let zone = spec.at("timeZone");
    if schedule.is_empty() {
        schedule.required(errors, "");
    } else {
        if let Err(error) = cron::parse(schedule.text()) {
            schedule.invalid(errors, error);
        }
        let had_zone = old.is_some_and(|old| old["spec"]["schedule"].as_str().unwrap_or_default().contains("TZ"));
        if schedule.text().contains("TZ") {
            if !had_zone {
                schedule.invalid(errors, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
            } else if zone.is_set() {
                schedule.invalid(errors, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
            }
        }
    }
    spec.at("startingDeadlineSeconds").non_negative(errors);
    if old.is_none_or(|old| old["spec"].get("timeZone") != spec.value.get("timeZone")) {
        time_zone(&zone, errors);
    }
    spec.at("concurrencyPolicy").require_one_of(errors, &["Allow", "Forbid", "Replace"]);
    let job = spec.at("jobTemplate.spec");
    job_spec(&job, errors);
    if job.at("selector").is_set() {
        job.at("selector").invalid(errors, "`selector` will be auto-generated");
    }
    if job.at("manualSelector").is_true() {
        job.at("manualSelector").not_supported(errors, ["nil", "false"]);
    }
    spec.at("successfulJobsHistoryLimit").non_negative(errors);
    spec.at("failedJobsHistoryLimit").non_negative(errors);
    let name = object.at("metadata.name");
    if old.is_none() && name.text().len() > 52 {
        name.invalid(errors, "must be no more than 52 characters");
    }
}

fn time_zone(zone: &Field<'_>, errors: &mut Errors) {
    if !zone.is_set() {
        return;
    }
    let text = zone.text();
    if text.is_empty() {
        zone.invalid(errors, "timeZone must be nil or non-empty string");
        return;
    }
    let is_valid = |part: &str| {
        !matches!(part, "." | "..")
            && !part.starts_with('-')
            && (1..=14).contains(&part.len())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'))
    };
    for _ in text.split('/').filter(|part| !is_valid(part)) {
        zone.invalid(errors, format!("unknown time zone {text}"));
    }
    if text.eq_ignore_ascii_case("local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        zone.invalid(errors, detail);
    } else if text.split('/').all(is_valid) && !is_known_zone(text) {
        zone.invalid(errors, format!("unknown time zone {text}"));
    }
}

/// Whether a time zone exists. Each is accepted where the system has no database of time zones.
pub(super) fn is_known_zone(name: &str) -> bool {
    let zones = jiff::tz::db();
    zones.is_definitively_empty() || zones.get(name).is_ok()
}
