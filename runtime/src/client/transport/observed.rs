//! Sending of writes that are observed.

use std::sync::Arc;

use http::{Request, Response};
use kube::client::Body;

use super::observer::{WriteObserver, WriteOutcome, outcome_of};
use super::timeout::CallBody;
use super::{Mode, Transport};

impl Transport {
    /// Returns a transport whose writes an observer sees, also those through [`Transport::kube`].
    pub(crate) fn observed(&self, observer: Arc<dyn WriteObserver>) -> Self {
        Transport { observers: Arc::new(self.observers.and(observer)), layered: Arc::default(), ..self.clone() }
    }

    /// Sends a write and reports what became of it.
    pub(super) async fn send_observed(
        &self,
        request: Request<Body>,
        mode: Mode,
    ) -> Result<Response<CallBody>, kube::Error> {
        let in_flight = self.observers.started(&request);
        let (result, outcome) = match self.send_unobserved(request, mode).await {
            Ok(response) if response.status().is_success() && mode == Mode::Whole => {
                let (head, body) = response.into_parts();
                // The body is in memory.
                let bytes = body.into_inner().collect_bytes().await?;
                let body = CallBody::new(Body::from(bytes.clone()), None);
                (Ok(Response::from_parts(head, body)), WriteOutcome::Executed(bytes))
            }
            Ok(response) if response.status().is_success() => (Ok(response), WriteOutcome::Unknown),
            Ok(response) => (Ok(response), WriteOutcome::NotExecuted),
            Err(error) => {
                let outcome = outcome_of(&error);
                (Err(error), outcome)
            }
        };
        in_flight.into_iter().for_each(|write| write.ended(outcome.clone()));
        result
    }
}
