//! Writes events to the API server.
//!
//! Source: `attemptRecording` and `recordEvent` of `k8s.io/client-go/tools/events/event_broadcaster.go`.

use std::time::Duration;

use k8s_openapi::api::events::v1::Event;
use serde_json::json;

use crate::client::{Client, Error, Patch, PatchOptions};

/// The maximum number of attempts to write an event.
const MAX_TRIES: u32 = 12;
/// The delay between two attempts; it has a jitter of a quarter.
const DELAY: Duration = Duration::from_secs(10);

/// Writes events.
pub(super) struct Sink {
    client: Client,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It was created.
    Created,
    /// The series of an existing event was updated.
    Patched,
    /// The API server rejected it.
    Rejected,
    /// All attempts failed.
    Failed,
}

impl Sink {
    pub(super) fn new(client: &Client) -> Self {
        Sink { client: client.clone() }
    }

    /// Creates an event, or updates its series if it has one. Failures other than a rejection are repeated.
    pub(super) async fn write(&self, event: &Event) -> Written {
        for attempt in 1..=MAX_TRIES {
            match self.attempt(event, attempt).await {
                Ok(written) => return written,
                Err(error) if !is_repeated(&error, event) => {
                    if error.is_namespace_terminating() {
                        tracing::debug!(%error, "the event was rejected");
                    } else {
                        tracing::warn!(%error, "the event was rejected");
                    }
                    return Written::Rejected;
                }
                Err(error) => tracing::warn!(%error, attempt, "the event was not written"),
            }
            if attempt < MAX_TRIES {
                tokio::time::sleep(DELAY.mul_f64(1.0 + 0.25 * fastrand::f64())).await;
            }
        }
        Written::Failed
    }

    async fn attempt(&self, event: &Event, attempt: u32) -> Result<Written, Error> {
        let events = self.client.namespaced::<Event>(event.metadata.namespace.as_deref().unwrap_or_default());
        if event.series.is_some() {
            let name = event.metadata.name.as_deref().unwrap_or_default();
            let patch = Patch::Merge(json!({"series": event.series}));
            match events.patch(name, &patch, &PatchOptions::default()).await {
                // Events are deleted after a while.
                Err(error) if error.is_not_found() => {}
                result => return result.map(|_| Written::Patched),
            }
        }
        match events.create(event).await {
            // An earlier attempt was executed.
            Err(error) if error.is_already_exists() && event.series.is_none() && attempt > 1 => Ok(Written::Created),
            result => result.map(|_| Written::Created),
        }
    }
}

/// Whether a write is repeated: nothing says that the API server will never accept it.
fn is_repeated(error: &Error, event: &Event) -> bool {
    let is_outage = error.is_transport() || error.is_timeout() || error.is_fate_unknown();
    let is_overload = error.is_too_many_requests() || error.is_service_unavailable();
    // It was created between the patch and the create.
    is_outage || is_overload || (error.is_already_exists() && event.series.is_some())
}
