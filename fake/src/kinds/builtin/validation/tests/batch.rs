use serde_json::{Value, json};

use super::{errors, none, template, update_errors};
use crate::kinds::builtin::strategy;
use crate::kinds::builtin::validation::validate_status;

fn job(change: impl FnOnce(&mut Value)) -> Value {
    let mut job = json!({"metadata": {"name": "j", "uid": "u"}, "spec": {"template": template()}});
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never".into();
    change(&mut job["spec"]);
    strategy::prepare_for_create("batch", "Job", &mut job, "");
    job
}

fn cron_job(change: impl FnOnce(&mut Value)) -> Value {
    let mut template = template();
    template["spec"]["restartPolicy"] = "Never".into();
    let mut spec = json!({"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": template}}});
    change(&mut spec);
    json!({"metadata": {"name": "c"}, "spec": spec})
}

#[test]
fn minimal_jobs_are_valid() {
    assert_eq!(errors("batch", "Job", job(|_| {})), none());
    assert_eq!(errors("batch", "CronJob", cron_job(|_| {})), none());
    assert_eq!(update_errors("batch", "Job", job(|_| {}), |_| {}), none());
}

#[test]
fn jobs_are_not_restarted_always() {
    let object = job(|spec| spec["template"]["spec"]["restartPolicy"] = "Always".into());
    let expected = "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"";
    assert_eq!(errors("batch", "Job", object), [expected]);
}

#[test]
fn selectors_of_jobs_are_generated() {
    let object = job(|spec| spec["selector"] = json!({"matchLabels": {"app": "a"}}));
    let expected = "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"a\",\"batch.kubernetes.io/controller-uid\":\"u\"}}: `selector` not auto-generated";
    assert_eq!(errors("batch", "Job", object), [expected]);
}

#[test]
fn templates_of_jobs_are_immutable_unless_suspended() {
    let change = |object: &mut Value| object["spec"]["template"]["spec"]["containers"][0]["image"] = "other".into();
    let found = update_errors("batch", "Job", job(|_| {}), change);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("spec.template: Invalid value: ") && found[0].ends_with(": field is immutable"));
    let resources = |object: &mut Value| {
        object["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "1"}});
        object["spec"]["template"]["spec"]["nodeSelector"] = json!({"k": "v"});
    };
    assert_eq!(update_errors("batch", "Job", job(|spec| spec["suspend"] = true.into()), resources), none());
}

#[test]
fn completions_are_immutable_unless_indexed() {
    let change = |object: &mut Value| object["spec"]["completions"] = 2.into();
    let expected = "spec.completions: Invalid value: 2: field is immutable";
    assert_eq!(update_errors("batch", "Job", job(|_| {}), change), [expected]);
    let indexed = job(|spec| {
        spec["completionMode"] = "Indexed".into();
        spec["completions"] = 1.into();
    });
    let expected = "spec.completions: Invalid value: 2: can only be modified in tandem with spec.parallelism";
    assert_eq!(update_errors("batch", "Job", indexed, change), [expected]);
}

#[test]
fn failure_policies_are_validated() {
    let rules = json!([
        {"action": "Stop", "onExitCodes": {"operator": "In", "values": [0, 2, 1]}},
        {"action": "Ignore"},
    ]);
    let object = job(|spec| spec["podFailurePolicy"] = json!({"rules": rules}));
    assert_eq!(
        errors("batch", "Job", object),
        [
            "spec.podFailurePolicy.rules[0].action: Unsupported value: \"Stop\": supported values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\"",
            "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
            "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [0,2,1]: must be ordered",
            "spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
        ]
    );
}

#[test]
fn success_policies_need_indexed_jobs() {
    let indexed = |rules: Value| {
        job(|spec| {
            spec["completionMode"] = "Indexed".into();
            spec["completions"] = 3.into();
            spec["successPolicy"] = json!({ "rules": rules });
        })
    };
    assert_eq!(errors("batch", "Job", indexed(json!([{"succeededIndexes": "0-2"}]))), none());
    let expected = "spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"2-9\": error parsing succeededIndexes: too large index: \"9\"";
    assert_eq!(errors("batch", "Job", indexed(json!([{"succeededIndexes": "2-9"}]))), [expected]);
}

#[test]
fn cron_jobs_have_a_schedule_and_a_short_name() {
    let found = errors("batch", "CronJob", cron_job(|spec| spec["schedule"] = "often".into()));
    assert_eq!(found, ["spec.schedule: Invalid value: \"often\": expected exactly 5 fields, found 1: [often]"]);
    let found = errors("batch", "CronJob", cron_job(|spec| spec["schedule"] = "TZ=UTC * * * * *".into()));
    let expected = "spec.schedule: Invalid value: \"TZ=UTC * * * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    assert_eq!(found, [expected]);
    let mut long = cron_job(|_| {});
    long["metadata"]["name"] = "c".repeat(53).into();
    let expected = format!("metadata.name: Invalid value: \"{}\": must be no more than 52 characters", "c".repeat(53));
    assert_eq!(errors("batch", "CronJob", long), [expected]);
}

#[test]
fn time_zones_have_names() {
    let zone = |zone: &str| errors("batch", "CronJob", cron_job(|spec| spec["timeZone"] = zone.into()));
    assert_eq!(zone(""), ["spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string"]);
    assert_eq!(zone("../etc"), ["spec.timeZone: Invalid value: \"../etc\": unknown time zone ../etc"]);
}

#[test]
fn finished_jobs_do_not_start_again() {
    let status = |status: Value| {
        let mut object = job(|_| {});
        object["status"] = status;
        object
    };
    let condition = |name: &str| json!({"type": name, "status": "True"});
    let conditions = json!([condition("SuccessCriteriaMet"), condition("Complete")]);
    let times = json!({"startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:00:01Z"});
    let mut complete = times;
    complete["conditions"] = conditions;
    complete["succeeded"] = 1.into();
    let old = status(complete);
    let found = validate_status("batch", "Job", &old, &status(json!({})));
    assert_eq!(found, []);
    let found = validate_status("batch", "Job", &status(json!({"startTime": "2026-01-01T00:00:00Z"})), &old);
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
            "status.succeeded: Invalid value: 0: cannot decrease the succeeded counter",
            "status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
        ]
    );
}
