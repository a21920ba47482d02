//! The condition of a catalogue.

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt;
use kube_client_runtime::client::Error;
use kube_client_runtime::controllers::ReconcileError;
use kube_client_runtime::controllers::events::EventType;
use kube_client_runtime::types::{Condition, HasConditions};

use crate::NAME;
use crate::client::models::v1::ModelCatalogue;
use crate::reconcile::Context;

/// The state that the condition `Ready` reports.
pub(crate) struct Readiness {
    status: &'static str,
    reason: &'static str,
    message: String,
    /// The number of models that can be called.
    models: usize,
}

impl Readiness {
    /// Returns the state of an applied route.
    pub(crate) fn of(route: &AIGatewayRoute) -> Self {
        let current = |type_: &str| route.find_condition(type_).filter(|condition| is_current(route, condition));
        if current(AIGatewayRoute::CONDITION_ACCEPTED).is_some_and(|condition| condition.is_true()) {
            let matches = route.spec.iter().flat_map(|spec| &spec.rules).filter_map(|rule| rule.matches.as_ref());
            let models = matches.map(Vec::len).sum();
            return Readiness {
                status: "True",
                reason: "Accepted",
                message: "the route is accepted".to_owned(),
                models,
            };
        }
        let (reason, message) = current(AIGatewayRoute::CONDITION_NOT_ACCEPTED).map_or_else(
            || ("Pending", "the route is not accepted yet".to_owned()),
            |condition| ("RouteNotAccepted", condition.message),
        );
        Readiness { status: "False", reason, message, models: 0 }
    }

    /// Returns the state after an error.
    pub(crate) fn failed(error: &ReconcileError) -> Self {
        Readiness { status: "False", reason: "ApplyFailed", message: error.to_string(), models: 0 }
    }
}

/// Whether a condition is not older than what the controller applied. Conditions of AI Gateway have no `observedGeneration`, and
/// their transition time is that of their last write.
fn is_current(route: &AIGatewayRoute, condition: &Condition) -> bool {
    let own = |entry: &&ManagedFieldsEntry| {
        entry.manager.as_deref() == Some(NAME) && entry.operation.as_deref() == Some("Apply")
    };
    let applied = route.managed_fields().iter().find(own).and_then(|entry| Some(entry.time.as_ref()?.0));
    let written: Option<Timestamp> = condition.last_transition_time.as_str().parse().ok();
    applied.zip(written).is_none_or(|(applied, written)| written >= applied)
}

/// Writes the condition `Ready` and the number of models, and records an event if the condition changed.
pub(crate) async fn report(catalogue: &ModelCatalogue, readiness: &Readiness, context: &Context) -> Result<(), Error> {
    let Readiness { status, reason, message, models } = readiness;
    let condition = Condition {
        message: message.clone(),
        observed_generation: catalogue.metadata.generation,
        ..Condition::new(ModelCatalogue::CONDITION_READY, *status, *reason)
    };
    let catalogues = context.client.namespaced::<ModelCatalogue>(&catalogue.namespace().unwrap_or_default());
    let mut is_changed = false;
    let change = |catalogue: &mut ModelCatalogue| {
        let known = catalogue.find_condition(ModelCatalogue::CONDITION_READY);
        is_changed = known.is_none_or(|known| {
            (&known.status, &known.reason, &known.message) != (&condition.status, &condition.reason, &condition.message)
        });
        let _ = catalogue.set_condition(condition.clone());
        catalogue.status.get_or_insert_default().models = i64::try_from(*models).ok();
    };
    catalogues.modify_status(&catalogue.name_any(), change).await?;
    if is_changed {
        let is_failure = matches!(*reason, "RouteNotAccepted" | "ApplyFailed");
        let kind = if is_failure { EventType::Warning } else { EventType::Normal };
        context.events.event(catalogue, kind, *reason, "Publish", condition.message);
    }
    Ok(())
}
