//! A canary release: moves requests of an AIGatewayRoute from one backend to another in steps.
//!
//! After each step it waits until the AI Gateway controller has accepted the new generation of the route. If it is not accepted,
//! or not in time, the weights of before are restored.

use std::time::Duration;

use aigateway_client::aigateway::v1beta1::{AIGatewayRoute, AIGatewayRouteRuleBackendRef};
use aigateway_client::runtime::client::wait::{WaitError, WaitOptions};
use aigateway_client::runtime::client::{Error, Namespaced};

use crate::acceptance::accepted_since;

/// Which requests are moved, and how.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The backend that receives the requests before.
    pub stable: String,
    /// The backend that receives them afterwards.
    pub canary: String,
    /// The percentages of requests to the canary, one after the other.
    pub steps: Vec<u8>,
    /// The time between two steps.
    pub pause: Duration,
    /// How long the controller may need for a step.
    pub timeout: Duration,
}

/// Why a canary release failed.
#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    /// No rule of the route has both backends.
    #[error("no rule of the route has both backends {0} and {1}: add the new one with weight 0")]
    NoRule(String, String),
    /// A step was not accepted, and the weights of before are restored.
    #[error("{percent}% were not accepted, and the weights of before are restored: {cause}")]
    RolledBack {
        /// The step.
        percent: u8,
        /// Why it was not accepted.
        cause: Box<WaitError<AIGatewayRoute>>,
    },
    /// A request failed.
    #[error(transparent)]
    Request(#[from] Error),
}

impl Canary {
    /// Moves the requests. `on_step` is called after each step that was accepted.
    ///
    /// Steps that are done already change nothing, so that an interrupted run can be repeated.
    ///
    /// # Errors
    /// Returns an error if a request fails or if a step is not accepted.
    pub async fn shift(
        &self,
        routes: &Namespaced<AIGatewayRoute>,
        name: &str,
        mut on_step: impl FnMut(u8),
    ) -> Result<(), CanaryError> {
        let original = self.weights(&routes.get(name).await?);
        if original.is_empty() {
            return Err(CanaryError::NoRule(self.stable.clone(), self.canary.clone()));
        }
        for (index, percent) in self.steps.iter().enumerate() {
            if index > 0 {
                tokio::time::sleep(self.pause).await;
            }
            let target = vec![(100 - i64::from(*percent).min(100), i64::from(*percent).min(100)); original.len()];
            if let Err(cause) = self.step(routes, name, &target).await? {
                routes.modify(name, |route| self.set_weights(route, &original)).await?;
                return Err(CanaryError::RolledBack { percent: *percent, cause });
            }
            on_step(*percent);
        }
        Ok(())
    }

    /// Writes weights, and waits until they are accepted.
    async fn step(
        &self,
        routes: &Namespaced<AIGatewayRoute>,
        name: &str,
        weights: &[(i64, i64)],
    ) -> Result<Result<(), Box<WaitError<AIGatewayRoute>>>, Error> {
        let mut before = AIGatewayRoute::default();
        let change = |route: &mut AIGatewayRoute| {
            // The object that the change applies to, also after a conflict.
            before = route.clone();
            self.set_weights(route, weights);
        };
        let written = routes.modify(name, change).await?;
        let options = WaitOptions::new(self.timeout).after(&written);
        let waited = routes.wait_for(name, accepted_since(&before, &written), options).await;
        Ok(waited.map(|_| ()).map_err(Box::new))
    }

    /// Returns the weights of both backends in each rule that has both. A missing weight is 1.
    fn weights(&self, route: &AIGatewayRoute) -> Vec<(i64, i64)> {
        let rules = route.spec.iter().flat_map(|spec| &spec.rules);
        let backends = rules.map(|rule| rule.backend_refs.as_deref().unwrap_or_default());
        let weight = |backends: &[AIGatewayRouteRuleBackendRef], name: &str| {
            let backend = backends.iter().find(|backend| is_backend(backend, name));
            backend.map(|backend| backend.weight.unwrap_or(1))
        };
        backends.filter_map(|all| Some((weight(all, &self.stable)?, weight(all, &self.canary)?))).collect()
    }

    /// Sets the weights in the rules that have both backends.
    fn set_weights(&self, route: &mut AIGatewayRoute, weights: &[(i64, i64)]) {
        let mut weights = weights.iter();
        for rule in &mut route.spec_mut().rules {
            let backends = rule.backend_refs.as_deref_mut().unwrap_or_default();
            let has = |name: &str| backends.iter().any(|backend| is_backend(backend, name));
            let pair = if has(&self.stable) && has(&self.canary) { weights.next() } else { None };
            let Some((stable, canary)) = pair else { continue };
            for backend in backends {
                for (name, weight) in [(&self.stable, stable), (&self.canary, canary)] {
                    // The default of the API server is written as such, so that the rollback is no change.
                    if is_backend(backend, name) && backend.weight.unwrap_or(1) != *weight {
                        backend.weight = Some(*weight);
                    }
                }
            }
        }
    }
}

/// Returns whether a reference is one to an AIServiceBackend of this name.
fn is_backend(backend: &AIGatewayRouteRuleBackendRef, name: &str) -> bool {
    backend.kind.as_deref().is_none_or(|kind| kind == "AIServiceBackend") && backend.name == name
}
