//! Waiting for a condition in the status of an object.

use std::fmt;

use kube::Resource;

use super::condition::{Combine, Verdict, WaitCondition};
use crate::types::{Condition, HasConditions};

/// The condition of this type has this status, for the current generation of the object: a condition whose
/// `observedGeneration`, or else that of the status, is older than `metadata.generation` is not trusted. For kinds without
/// them, see [`ConditionIs::since`].
///
/// Source: `kubectl wait --for=condition=…`, `k8s.io/kubectl/pkg/cmd/wait/condition.go`.
pub fn condition(type_: impl Into<String>, status: impl Into<String>) -> ConditionIs {
    ConditionIs { type_: type_.into(), status: status.into(), stale: None }
}

/// See [`condition`].
#[derive(Clone, Debug)]
pub struct ConditionIs {
    type_: String,
    status: String,
    /// A condition without `observedGeneration` that is not trusted.
    stale: Option<Condition>,
}

impl ConditionIs {
    /// Does not trust a condition from before one's own write, for kinds whose conditions have no `observedGeneration`. `before`
    /// is the object as it was read, `written` as the write returned it. If the write changed the generation, the condition of
    /// `written` is stale: the wait ends only after the controller has written another one, if only with a new transition
    /// time. Transition times are in seconds, so that an equal condition that was written within the same second is not
    /// distinguished, and the wait ends with its timeout.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use kube_client_runtime::client::Namespaced;
    /// use kube_client_runtime::client::wait::{Combine, WaitOptions, condition};
    /// use kube_client_runtime::k8s_openapi::api::apps::v1::Deployment;
    ///
    /// async fn update(deployments: Namespaced<Deployment>) -> Result<(), Box<dyn std::error::Error>> {
    ///     let before = deployments.get("search").await?;
    ///     let mut changed = before.clone();
    ///     changed.spec.get_or_insert_default().paused = Some(false);
    ///     let written = deployments.update(&changed).await?;
    ///     let failure = condition("ReplicaFailure", "True").since(&before, &written);
    ///     let available = condition("Available", "True").since(&before, &written).fail_if(failure);
    ///     let options = WaitOptions::new(Duration::from_secs(60)).after(&written);
    ///     deployments.wait_for("search", available, options).await?;
    ///     Ok(())
    /// }
    /// ```
    pub fn since<K: Resource + HasConditions>(self, before: &K, written: &K) -> Self {
        let is_changed = before.meta().generation != written.meta().generation;
        let stale = is_changed.then(|| written.find_condition(&self.type_)).flatten();
        ConditionIs { stale, ..self }
    }

    /// Returns whether a condition is about the current generation of the object.
    fn is_current<K: Resource + HasConditions>(&self, object: &K, condition: &Condition) -> bool {
        let observed = condition.observed_generation.or_else(|| object.observed_generation());
        match observed.zip(object.meta().generation) {
            Some((observed, current)) => observed >= current,
            None => self.stale.as_ref() != Some(condition),
        }
    }
}

impl fmt::Display for ConditionIs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "condition {} is {}", self.type_, self.status)
    }
}

impl<K: Resource + HasConditions> WaitCondition<K> for ConditionIs {
    fn check(&self, object: Option<&K>) -> Verdict {
        let found = object.and_then(|object| Some((object, object.find_condition(&self.type_)?)));
        Verdict::met_if(found.is_some_and(|(object, condition)| {
            self.is_current(object, &condition) && condition.status.eq_ignore_ascii_case(&self.status)
        }))
    }

    fn explain(&self, object: Option<&K>) -> Option<String> {
        let object = object?;
        let Some(found) = object.find_condition(&self.type_) else {
            return Some(format!("there is no condition {}", self.type_));
        };
        let stale = if self.is_current(object, &found) { "" } else { ", but not for the current generation" };
        Some(format!("condition {} is {}{stale}: {}: {}", self.type_, found.status, found.reason, found.message))
    }
}

impl Combine for ConditionIs {}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;

    use super::*;

    fn deployment(generation: i64, conditions: &[(&str, &str)]) -> Deployment {
        let mut deployment = Deployment::default();
        deployment.metadata.generation = Some(generation);
        for (type_, status) in conditions {
            deployment.set_condition(Condition::new(*type_, *status, "Because").message("it is so"));
        }
        deployment
    }

    #[test]
    fn condition_of_an_older_generation_is_not_trusted() {
        let ready = condition("Available", "True");
        let mut deployment = deployment(2, &[("Available", "True")]);
        assert_eq!(ready.check(Some(&deployment)), Verdict::Met, "without observedGeneration");
        let status = deployment.status.get_or_insert_default();
        status.observed_generation = Some(1);
        assert_eq!(ready.check(Some(&deployment)), Verdict::Pending);
        deployment.status.get_or_insert_default().observed_generation = Some(2);
        assert_eq!(ready.check(Some(&deployment)), Verdict::Met);
        assert_eq!(condition("Available", "False").check(Some(&deployment)), Verdict::Pending);
        assert_eq!(condition("Other", "True").check(Some(&deployment)), Verdict::Pending);
    }

    #[test]
    fn condition_from_before_a_write_is_not_trusted() {
        let before = deployment(1, &[("Available", "True")]);
        let mut written = before.clone();
        let since = |written: &Deployment| condition("Available", "True").since(&before, written);
        assert_eq!(since(&written).check(Some(&written)), Verdict::Met, "the generation did not change");
        written.metadata.generation = Some(2);
        let available = since(&written);
        assert_eq!(available.check(Some(&written)), Verdict::Pending);
        let explanation = "condition Available is True, but not for the current generation: Because: it is so";
        assert_eq!(available.explain(Some(&written)).unwrap(), explanation);
        let mut later = written.clone();
        later.remove_condition("Available");
        assert_eq!(available.check(Some(&later)), Verdict::Pending);
        let time = "2026-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap().into();
        later.set_condition(Condition { last_transition_time: time, ..Condition::new("Available", "True", "Because") });
        assert_eq!(available.check(Some(&later)), Verdict::Met);
        written.status.get_or_insert_default().observed_generation = Some(2);
        assert_eq!(available.check(Some(&written)), Verdict::Met, "observedGeneration is exact");
    }

    #[test]
    fn failure_ends_the_wait_even_next_to_success() {
        let condition = condition("Accepted", "True").fail_if(condition("NotAccepted", "True"));
        let check = |conditions: &[(&str, &str)]| condition.check(Some(&deployment(1, conditions)));
        assert_eq!(check(&[]), Verdict::Pending);
        assert_eq!(check(&[("Accepted", "True"), ("NotAccepted", "False")]), Verdict::Met);
        let failed = Verdict::Failed("condition NotAccepted is True: Because: it is so".to_owned());
        assert_eq!(check(&[("NotAccepted", "True"), ("Accepted", "True")]), failed);
        assert_eq!(condition.to_string(), "condition Accepted is True");
    }
}
