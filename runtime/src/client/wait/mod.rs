//! Waiting until objects meet a condition.
//!
//! A wait lists the objects and watches them from the version of the list; it never polls. It survives watches that the
//! server closes, connections that break, and versions that expire: it then reads the objects again, after a delay that
//! grows exponentially. Each wait has a timeout. Dropping the future ends the wait.
//!
//! ```
//! use std::time::Duration;
//!
//! use kube_client_runtime::client::Client;
//! use kube_client_runtime::client::wait::{Combine, WaitOptions, condition};
//! use kube_client_runtime::k8s_openapi::api::apps::v1::Deployment;
//!
//! async fn roll_out(client: Client, deployment: &Deployment) -> Result<(), Box<dyn std::error::Error>> {
//!     let deployments = client.namespaced::<Deployment>("default");
//!     let written = deployments.update(deployment).await?;
//!     let available = condition("Available", "True").fail_if(condition("ReplicaFailure", "True"));
//!     let options = WaitOptions::new(Duration::from_secs(60)).after(&written);
//!     deployments.wait_for("search", available, options).await?;
//!     Ok(())
//! }
//! ```

mod condition;
mod condition_is;
mod error;
mod follow;

pub use condition::{
    And, Combine, Deleted, Exists, FailIf, Matches, Not, Or, Verdict, WaitCondition, deleted, deleted_uid, exists,
    matches,
};
pub use condition_is::{ConditionIs, condition};
pub use error::{WaitError, WaitErrorCause};

use std::fmt::Debug;
use std::time::Duration;

use http::Method;
use kube::Resource;
use serde::de::DeserializeOwned;

use super::request::Query;
use super::{Action, Error, ListOptions, NamedObjectScope, ResourceClient};
use crate::selector::FieldSelector;
use follow::Followed;

/// Options of a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitOptions {
    /// The time after which the wait ends with an error.
    pub timeout: Duration,
    /// The version of one's own write: the wait does not see an older state, and the first list may come from the cache of
    /// the API server. Without it, the wait starts with the newest state.
    pub from_version: Option<String>,
}

impl WaitOptions {
    /// Creates options with this timeout.
    pub fn new(timeout: Duration) -> Self {
        WaitOptions { timeout, from_version: None }
    }

    /// Sets the version of one's own write.
    pub fn from_version(mut self, version: impl Into<String>) -> Self {
        self.from_version = Some(version.into());
        self
    }

    /// Sets the version of one's own write to that of the object which the write returned.
    pub fn after<K: Resource>(mut self, written: &K) -> Self {
        self.from_version.clone_from(&written.meta().resource_version);
        self
    }
}

impl From<Duration> for WaitOptions {
    fn from(timeout: Duration) -> Self {
        WaitOptions::new(timeout)
    }
}

impl<K, S: NamedObjectScope> ResourceClient<K, S>
where
    K: Resource<DynamicType: Clone> + DeserializeOwned + Clone + Debug + Send + 'static,
{
    /// Waits until the object of this name meets the condition, and returns the object; `None` if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the condition is not met in time, if it cannot be met any more, or if the objects cannot be read.
    /// It contains the last state of the object.
    pub async fn wait_for(
        &self,
        name: &str,
        condition: impl WaitCondition<K>,
        options: impl Into<WaitOptions>,
    ) -> Result<Option<K>, WaitError<K>> {
        let action = self.action("wait for", Some(name));
        let wait = Wait { client: self, action, condition, options: options.into() };
        // The same check of the name as for other requests.
        if let Err(error) = self.request(Method::GET, &wait.action, None, Query::new()) {
            return Err(wait.failed(WaitErrorCause::Request(Box::new(error)), Vec::new()));
        }
        let selection = ListOptions::default().field_selector(FieldSelector::<K>::name(name));
        wait.run(&selection, |condition, state| condition.check(state.objects().next()))
            .await
            .map(|mut last| last.pop())
    }
}

impl<K, S> ResourceClient<K, S>
where
    K: Resource<DynamicType: Clone> + DeserializeOwned + Clone + Debug + Send + 'static,
{
    /// Waits until all objects that the selection selects meet the condition at the same time, and returns them. If it selects
    /// none, the condition is checked for a missing object: [`deleted`] is met, others are not.
    ///
    /// # Errors
    /// Returns an error if the condition is not met in time, if it cannot be met any more by one of the objects, or if the
    /// objects cannot be read. It contains the last state of the objects.
    pub async fn wait_for_all(
        &self,
        selection: &ListOptions,
        condition: impl WaitCondition<K>,
        options: impl Into<WaitOptions>,
    ) -> Result<Vec<K>, WaitError<K>> {
        let wait = Wait { client: self, action: self.action("wait for all", None), condition, options: options.into() };
        wait.run(selection, |condition, state| {
            let mut objects = state.objects().peekable();
            if objects.peek().is_none() {
                return condition.check(None);
            }
            let mut verdict = Verdict::Met;
            for object in objects {
                match condition.check(Some(object)) {
                    Verdict::Met => {}
                    Verdict::Pending => verdict = Verdict::Pending,
                    failed @ Verdict::Failed(_) => return failed,
                }
            }
            verdict
        })
        .await
    }

    /// Waits until one of the objects that the selection selects meets the condition, and returns it.
    ///
    /// # Errors
    /// Returns an error if the condition is not met in time, if none of the objects can meet it any more, or if the objects
    /// cannot be read. It contains the last state of the objects.
    pub async fn wait_for_any(
        &self,
        selection: &ListOptions,
        condition: impl WaitCondition<K>,
        options: impl Into<WaitOptions>,
    ) -> Result<K, WaitError<K>> {
        let wait = Wait { client: self, action: self.action("wait for any", None), condition, options: options.into() };
        let objects = wait.run(selection, |condition, state| {
            let mut failures = Vec::new();
            for object in state.objects() {
                match condition.check(Some(object)) {
                    Verdict::Met => return Verdict::Met,
                    Verdict::Pending => {}
                    Verdict::Failed(reason) => failures.push(reason),
                }
            }
            let all_failed = !failures.is_empty() && failures.len() == state.objects().count();
            if all_failed { Verdict::Failed(failures.join("; ")) } else { Verdict::Pending }
        });
        let met = objects.await?.into_iter().find(|object| wait.condition.check(Some(object)) == Verdict::Met);
        met.ok_or_else(|| wait.failed(WaitErrorCause::Failed("no object meets the condition".to_owned()), Vec::new()))
    }
}

/// One wait.
struct Wait<'c, K: Resource, S, C> {
    client: &'c ResourceClient<K, S>,
    action: Action,
    condition: C,
    options: WaitOptions,
}

impl<K, S, C> Wait<'_, K, S, C>
where
    K: Resource<DynamicType: Clone> + DeserializeOwned + Clone + Debug + Send + 'static,
    C: WaitCondition<K>,
{
    async fn run(
        &self,
        selection: &ListOptions,
        check: impl Fn(&C, &Followed<K>) -> Verdict,
    ) -> Result<Vec<K>, WaitError<K>> {
        let mut state = Followed::new();
        let from_version = self.options.from_version.as_deref();
        let decided = state.run(self.client, selection, from_version, |state| match check(&self.condition, state) {
            Verdict::Met => Some(Ok(())),
            Verdict::Failed(reason) => Some(Err(reason)),
            Verdict::Pending => None,
        });
        let result: Result<Result<Result<(), String>, Error>, _> =
            tokio::time::timeout(self.options.timeout, decided).await;
        let cause = match result {
            Ok(Ok(Ok(()))) => return Ok(state.into_objects()),
            Ok(Ok(Err(reason))) => WaitErrorCause::Failed(reason),
            Ok(Err(error)) => WaitErrorCause::Request(Box::new(error)),
            Err(_) => {
                let unmet = state.objects().find(|object| self.condition.check(Some(object)) != Verdict::Met);
                WaitErrorCause::Timeout {
                    timeout: self.options.timeout,
                    explanation: self.condition.explain(unmet),
                    last_error: state.last_error.take(),
                }
            }
        };
        Err(self.failed(cause, state.into_objects()))
    }

    fn failed(&self, cause: WaitErrorCause, last: Vec<K>) -> WaitError<K> {
        WaitError { action: Box::new(self.action.clone()), condition: self.condition.to_string(), cause, last }
    }
}
