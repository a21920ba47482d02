//! What `aigwctl wait` waits for.

use std::fmt;

use kube::core::DynamicObject;
use kube_client_runtime::client::wait::{Verdict, WaitCondition, condition};
use kube_client_runtime::types::HasConditions;

use super::jsonpath::JsonPathGoal;

/// What to wait for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Goal {
    Condition { type_: String, status: String },
    JsonPath(JsonPathGoal),
    Create,
    Delete,
}

impl Goal {
    /// Parses a value of `--for`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.to_lowercase().as_str() {
            "create" => return Ok(Goal::Create),
            "delete" => return Ok(Goal::Delete),
            _ => {}
        }
        if let Some(input) = text.strip_prefix("jsonpath=") {
            return JsonPathGoal::parse(input).map(Goal::JsonPath);
        }
        let condition = text.strip_prefix("condition=").ok_or_else(|| format!("unrecognized condition: {text:?}"))?;
        match condition.split_once('=').unwrap_or((condition, "True")) {
            ("", _) | (_, "") => Err("a condition is condition=TYPE or condition=TYPE=STATUS".to_owned()),
            (type_, status) => Ok(Goal::Condition { type_: type_.to_owned(), status: status.to_owned() }),
        }
    }

    /// A failure of AI Gateway is another type of condition.
    fn failure(&self, object: &DynamicObject) -> Option<String> {
        let Goal::Condition { type_, status } = self else { return None };
        let is_acceptance = type_.eq_ignore_ascii_case("Accepted") && status.eq_ignore_ascii_case("True");
        let failed =
            object.conditions().into_iter().find(|found| found.type_ == "NotAccepted" && found.status == "True");
        failed.filter(|_| is_acceptance).map(|found| format!("NotAccepted: {}", found.message))
    }
}

/// Completes the sentence "wait until …".
impl fmt::Display for Goal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::Condition { type_, status } => write!(out, "the condition {type_} is {status}"),
            Goal::JsonPath(goal) => goal.fmt(out),
            Goal::Create => out.write_str("the object exists"),
            Goal::Delete => out.write_str("the object is deleted"),
        }
    }
}

impl WaitCondition<DynamicObject> for Goal {
    fn check(&self, object: Option<&DynamicObject>) -> Verdict {
        let Some(object) = object else {
            return match self {
                Goal::Delete => Verdict::Met,
                Goal::Create => Verdict::Pending,
                Goal::Condition { .. } | Goal::JsonPath(_) => Verdict::Failed("the object does not exist".to_owned()),
            };
        };
        match self {
            Goal::Create => Verdict::Met,
            Goal::Delete => Verdict::Pending,
            Goal::JsonPath(goal) => match serde_json::to_value(object) {
                Ok(object) => goal.check(&object),
                Err(error) => Verdict::Failed(error.to_string()),
            },
            Goal::Condition { type_, status } => {
                if let Some(failure) = self.failure(object) {
                    return Verdict::Failed(failure);
                }
                // Upper and lower case are equal in types of kubectl, and an old generation is not trusted.
                let conditions = object.conditions();
                let found = conditions.into_iter().find(|found| found.type_.eq_ignore_ascii_case(type_));
                found.map_or(Verdict::Pending, |found| condition(found.type_, status).check(Some(object)))
            }
        }
    }

    fn explain(&self, object: Option<&DynamicObject>) -> Option<String> {
        let object = object?;
        if let Goal::JsonPath(goal) = self {
            return serde_json::to_value(object).ok().map(|object| goal.explain(&object));
        }
        let found = object.conditions();
        let texts: Vec<String> = found.iter().map(|found| format!("{}={}", found.type_, found.status)).collect();
        let texts = if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
        Some(format!("conditions of the object: {texts}"))
    }
}

#[cfg(test)]
mod tests {
    use kube_client_runtime::client::wait::{Verdict, WaitCondition};
    use serde_json::json;

    use super::Goal;

    #[test]
    fn goals_are_parsed_as_kubectl_does() {
        let condition = |type_: &str, status: &str| Goal::Condition { type_: type_.into(), status: status.into() };
        assert_eq!(Goal::parse("condition=Accepted"), Ok(condition("Accepted", "True")));
        assert_eq!(Goal::parse("condition=Ready=false"), Ok(condition("Ready", "false")));
        assert_eq!(Goal::parse("Delete"), Ok(Goal::Delete));
        assert_eq!(Goal::parse("jsonpath={.a}=b").unwrap().to_string(), "{.a} is b");
        assert_eq!(Goal::parse("ready").unwrap_err(), "unrecognized condition: \"ready\"");
        for wrong in ["", "condition=", "condition==x", "jsonpath="] {
            Goal::parse(wrong).unwrap_err();
        }
    }

    #[test]
    fn explanation_contains_what_was_found() {
        let object = json!({"metadata": {}, "spec": {"n": 1.5}, "status": {"conditions": []}});
        let object = serde_json::from_value(object).unwrap();
        let explain = |goal: &str| Goal::parse(goal).unwrap().explain(Some(&object)).unwrap();
        assert_eq!(explain("jsonpath=.spec.n=2"), "{.spec.n} of the object is 1.5");
        assert_eq!(explain("jsonpath=.spec.m=2"), "the object has no {.spec.m}");
        assert_eq!(explain("condition=Ready"), "conditions of the object: none");
    }

    #[test]
    fn condition_of_an_older_generation_is_not_trusted() {
        let object = |observed: u64| {
            let condition =
                json!({"type": "Ready", "status": "True", "reason": "", "message": "", "observedGeneration": observed});
            let object = json!({"metadata": {"generation": 2}, "status": {"conditions": [condition]}});
            serde_json::from_value(object).unwrap()
        };
        let goal = Goal::parse("condition=ready").unwrap();
        assert_eq!(goal.check(Some(&object(1))), Verdict::Pending);
        assert_eq!(goal.check(Some(&object(2))), Verdict::Met);
    }
}
