//! `metav1.Condition`

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// One aspect of the state of an object, as a controller observed it.
///
/// Source: <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties>
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// The time when the status last changed.
    pub last_transition_time: Timestamp,
    /// Human-readable details, at most 32,768 characters; may be empty.
    pub message: String,
    /// The `metadata.generation` that the condition was set for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The machine-readable reason of the last change, in `CamelCase`.
    pub reason: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The type of the condition, such as `Accepted`.
    #[serde(rename = "type")]
    pub type_: String,
}

impl Condition {
    /// Creates a condition whose status changes now. An API server rejects a condition without a transition time, which
    /// `Condition::default()` creates.
    pub fn new(type_: impl Into<String>, status: impl Into<String>, reason: impl Into<String>) -> Self {
        Condition {
            last_transition_time: Timestamp::now(),
            message: String::new(),
            observed_generation: None,
            reason: reason.into(),
            status: status.into(),
            type_: type_.into(),
        }
    }

    /// Sets the message.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Sets the generation that the condition was set for.
    pub fn observed_generation(mut self, generation: impl Into<Option<i64>>) -> Self {
        self.observed_generation = generation.into();
        self
    }

    /// Returns whether the status is `True`.
    pub fn is_true(&self) -> bool {
        self.status == "True"
    }
}

impl From<k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition> for Condition {
    fn from(other: k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition) -> Self {
        Condition {
            last_transition_time: other.last_transition_time.into(),
            message: other.message,
            observed_generation: other.observed_generation,
            reason: other.reason,
            status: other.status,
            type_: other.type_,
        }
    }
}

impl TryFrom<Condition> for k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition {
    type Error = jiff::Error;

    fn try_from(condition: Condition) -> Result<Self, jiff::Error> {
        Ok(Self {
            last_transition_time: (&condition.last_transition_time).try_into()?,
            message: condition.message,
            observed_generation: condition.observed_generation,
            reason: condition.reason,
            status: condition.status,
            type_: condition.type_,
        })
    }
}
