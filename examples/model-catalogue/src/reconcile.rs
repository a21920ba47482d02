//! The reconciler.

use std::collections::BTreeSet;
use std::sync::Arc;

use aigateway_client::aigateway::v1beta1::{AIGatewayRoute, AIServiceBackend, BackendSecurityPolicy};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::core::DynamicObject;
use kube::{Resource, ResourceExt};
use kube_client_runtime::client::{ApplyOptions, Client, Error, Namespaced};
use kube_client_runtime::controllers::ReconcileError;
use kube_client_runtime::controllers::events::{EventRecorder, EventType};
use kube_client_runtime::informer::Lister;
use kube_client_runtime::types::{Condition, HasConditions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::models::v1::ModelCatalogue;
use crate::desired::Desired;
use crate::{NAME, backends};

const READY: &str = "Ready";

/// The dependencies of the reconciler.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) services: Lister<AIServiceBackend>,
    pub(crate) policies: Lister<BackendSecurityPolicy>,
    pub(crate) backends: Lister<DynamicObject>,
    pub(crate) events: EventRecorder,
}

/// Creates and changes the objects of a catalogue, deletes those of removed providers, and reports the state of the route.
pub(crate) async fn reconcile(catalogue: Arc<ModelCatalogue>, context: Arc<Context>) -> Result<(), ReconcileError> {
    let namespace = catalogue.namespace().unwrap_or_default();
    let desired = Desired::of(&catalogue)?;
    let client = &context.client;
    let backends = client.namespaced_with::<DynamicObject>(&namespace, backends());
    let services = client.namespaced::<AIServiceBackend>(&namespace);
    let policies = client.namespaced::<BackendSecurityPolicy>(&namespace);

    apply_all(&backends, &desired.backends).await?;
    apply_all(&services, &desired.services).await?;
    apply_all(&policies, &desired.policies).await?;
    let route = client.namespaced::<AIGatewayRoute>(&namespace).apply(&desired.route, &options()).await?;
    // In the order of the references, so that no object refers to one that was deleted.
    let owner = catalogue.uid().unwrap_or_default();
    prune(&policies, &context.policies, &owner, &desired.policies).await?;
    prune(&services, &context.services, &owner, &desired.services).await?;
    prune(&backends, &context.backends, &owner, &desired.backends).await?;

    report(&catalogue, &route, &context).await?;
    Ok(())
}

/// Deletes the route before the garbage collector deletes the other objects, so that no request reaches a provider without
/// credentials.
pub(crate) async fn clean_up(catalogue: Arc<ModelCatalogue>, context: Arc<Context>) -> Result<(), ReconcileError> {
    let routes = context.client.namespaced::<AIGatewayRoute>(&catalogue.namespace().unwrap_or_default());
    match routes.delete(&catalogue.name_any()).await {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}

/// The controller resolves no conflicts: the fields that it applies are its own.
fn options() -> ApplyOptions {
    ApplyOptions::new(NAME).force()
}

async fn apply_all<K>(client: &Namespaced<K>, objects: &[K]) -> Result<(), Error>
where
    K: Resource<DynamicType: Clone + Send + Sync> + Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    for object in objects {
        client.apply(object, &options()).await?;
    }
    Ok(())
}

/// Deletes the cached objects of the owner that are not desired.
async fn prune<K>(client: &Namespaced<K>, lister: &Lister<K>, owner: &str, desired: &[K]) -> Result<(), Error>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let names: BTreeSet<String> = desired.iter().map(ResourceExt::name_any).collect();
    let is_controller = |reference: &OwnerReference| reference.uid == owner && reference.controller == Some(true);
    for object in lister.snapshot().iter() {
        let is_owned = object.owner_references().iter().any(is_controller);
        if is_owned && !names.contains(&object.name_any()) {
            client
                .delete(&object.name_any())
                .await
                .map(drop)
                .or_else(|error| if error.is_not_found() { Ok(()) } else { Err(error) })?;
        }
    }
    Ok(())
}

/// Sets the condition `Ready` and the number of models, and records an event if the condition changes.
async fn report(catalogue: &ModelCatalogue, route: &AIGatewayRoute, context: &Context) -> Result<(), Error> {
    let is_ready = route.is_condition_true("Accepted");
    let refused = route.conditions().into_iter().find(|condition| condition.type_ == "NotAccepted");
    let (status, reason, message) = match refused {
        _ if is_ready => ("True", "Accepted", "the route is accepted".to_owned()),
        Some(condition) => ("False", "RouteNotAccepted", condition.message),
        None => ("False", "Pending", "the route is not accepted yet".to_owned()),
    };
    let models = if is_ready { route.spec.as_ref().map_or(0, |spec| spec.rules.len()) } else { 0 };
    let generation = catalogue.metadata.generation;
    let condition = Condition { message, observed_generation: generation, ..Condition::new(READY, status, reason) };

    let known = catalogue.conditions().into_iter().find(|known| known.type_ == READY);
    if known.is_none_or(|known| (known.status, known.reason) != (condition.status.clone(), condition.reason.clone())) {
        let kind = if reason == "RouteNotAccepted" { EventType::Warning } else { EventType::Normal };
        context.events.event(catalogue, kind, reason, "Publish", condition.message.clone());
    }
    let catalogues = context.client.namespaced::<ModelCatalogue>(&catalogue.namespace().unwrap_or_default());
    let change = |catalogue: &mut ModelCatalogue| {
        let _ = catalogue.set_condition(condition.clone());
        catalogue.status.get_or_insert_default().models = i64::try_from(models).ok();
    };
    catalogues.modify_status(&catalogue.name_any(), change).await?;
    Ok(())
}
