//! Validation of the failure and success policies of jobs.
//!
//! Source: `kubernetes/pkg/apis/batch/validation/validation.go`.

use kube_structural_schema::object::names;
use serde_json::Value;

use super::field::{Errors, Field};

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const MAX_RULES: usize = 20;
const MAX_CODES: usize = 255;
const MAX_INDEXES: usize = 64 * 1024;

/// Validates the failure policy.
pub(super) fn failure(spec: &Field<'_>, errors: &mut Errors) {
    let policy = spec.at("podFailurePolicy");
    if policy.at("rules").len() > MAX_RULES {
        policy.at("rules").too_many(errors, 20);
    }
    for rule in policy.items("rules") {
        let action = rule.at("action");
        match action.text() {
            "" => action.required(errors, "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]"),
            "FailIndex" if !spec.at("backoffLimitPerIndex").is_set() => {
                action.invalid(errors, "requires the backoffLimitPerIndex to be set");
            }
            _ => action.one_of(errors, &ACTIONS),
        }
        let (codes, conditions) = (rule.at("onExitCodes"), rule.at("onPodConditions"));
        if codes.is_set() {
            exit_codes(spec, &codes, errors);
        }
        pod_conditions(&rule, errors);
        match (codes.is_set(), !conditions.is_empty()) {
            (true, true) => {
                let detail = "specifying both OnExitCodes and OnPodConditions is not supported";
                rule.invalid_without_value(errors, detail);
            }
            (false, false) => {
                let detail = "specifying one of OnExitCodes and OnPodConditions is required";
                rule.invalid_without_value(errors, detail);
            }
            _ => {}
        }
    }
}

fn pod_conditions(rule: &Field<'_>, errors: &mut Errors) {
    if rule.at("onPodConditions").len() > MAX_RULES {
        rule.at("onPodConditions").too_many(errors, 20);
    }
    for pattern in rule.items("onPodConditions") {
        pattern.at("type").check(errors, names::qualified_name);
        let status = pattern.at("status");
        if status.is_empty() {
            status.required(errors, "valid values: [\"False\" \"True\" \"Unknown\"]");
        } else {
            status.one_of(errors, &["False", "True", "Unknown"]);
        }
    }
}

fn exit_codes(spec: &Field<'_>, codes: &Field<'_>, errors: &mut Errors) {
    let (operator, container, values) = (codes.at("operator"), codes.at("containerName"), codes.at("values"));
    if operator.is_empty() {
        operator.required(errors, "valid values: [\"In\" \"NotIn\"]");
    } else {
        operator.one_of(errors, &["In", "NotIn"]);
    }
    let pod = &spec.value["template"]["spec"];
    let has_name =
        |list: &str| pod[list].as_array().into_iter().flatten().any(|other| other["name"] == *container.value);
    if container.is_set() && !has_name("containers") && !has_name("initContainers") {
        let detail = "must be one of the container or initContainer names in the pod template";
        container.invalid(errors, detail);
    }
    if values.is_empty() {
        values.invalid(errors, "at least one value is required");
    } else if values.len() > MAX_CODES {
        values.too_many(errors, 255);
    }
    let (mut seen, mut is_ordered): (Vec<i64>, bool) = (Vec::new(), true);
    for value in codes.items("values") {
        let code = value.number();
        if operator.text() == "In" && code == 0 {
            value.invalid(errors, "must not be 0 for the In operator");
        }
        if seen.contains(&code) {
            value.duplicate(errors);
        }
        is_ordered &= seen.last().is_none_or(|last| *last <= code);
        seen.push(code);
    }
    if !is_ordered {
        values.invalid(errors, "must be ordered");
    }
}

/// Validates the success policy.
pub(super) fn success(spec: &Field<'_>, errors: &mut Errors) {
    let policy = spec.at("successPolicy");
    if !policy.is_set() {
        return;
    }
    if spec.at("completionMode").text() != "Indexed" {
        policy.invalid(errors, "requires indexed completion mode");
        return;
    }
    let rules = policy.at("rules");
    if rules.is_empty() {
        rules.required(errors, "at least one rules must be specified when the successPolicy is specified");
    }
    if rules.len() > MAX_RULES {
        rules.too_many(errors, 20);
    }
    let completions = spec.at("completions").number();
    for rule in policy.items("rules") {
        let (count, indexes) = (rule.at("succeededCount"), rule.at("succeededIndexes"));
        if !count.is_set() && !indexes.is_set() {
            rule.required(errors, "at least one of succeededCount or succeededIndexes must be specified");
        }
        let mut total = 0;
        if indexes.is_set() {
            if indexes.text().len() > MAX_INDEXES {
                indexes.too_long(errors, 64 * 1024);
            }
            match count_indexes(indexes.text(), completions) {
                Ok(found) => total = found,
                Err(error) => indexes.invalid(errors, format!("error parsing succeededIndexes: {error}")),
            }
        }
        if count.is_set() {
            count.non_negative(errors);
            let too_large =
                |limit: i64, of: &str| format!("must be less than or equal to {limit} (the number of {of})");
            if count.number() > completions {
                count.invalid(errors, too_large(completions, "specified completions"));
            }
            if indexes.is_set() && count.number() > total {
                count.invalid(errors, too_large(total, "indexes in the specified succeededIndexes field"));
            }
        }
    }
}

/// Returns the number of indexes in a list of intervals, such as `1,3-5`.
pub(super) fn count_indexes(text: &str, completions: i64) -> Result<i64, String> {
    let (mut total, mut last): (i64, Option<i64>) = (0, None);
    if text.is_empty() {
        return Ok(0);
    }
    for interval in text.split(',') {
        let (first, end) = interval_limits(interval, completions)?;
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

fn interval_limits(interval: &str, completions: i64) -> Result<(i64, i64), String> {
    let parts: Vec<&str> = interval.split('-').collect();
    if parts.len() > 2 {
        return Err(format!(
            "the fragment {} violates the requirement that an index interval can have at most two parts separated by '-'",
            Value::from(interval)
        ));
    }
    let number = |text: &str| -> Result<i64, String> {
        let shown = Value::from(text);
        let number = text.parse().map_err(|_| format!("cannot convert string to integer for index: {shown}"))?;
        if number >= completions { Err(format!("too large index: {shown}")) } else { Ok(number) }
    };
    let first = number(parts[0])?;
    let Some(end) = parts.get(1) else { return Ok((first, first)) };
    let end = number(end)?;
    if first >= end {
        return Err(format!("non-increasing order, previous: {first}, current: {end}"));
    }
    Ok((first, end))
}
