//! The reconciler.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aigateway_client::aigateway::v1beta1::{AIGatewayRoute, AIServiceBackend, BackendSecurityPolicy};
use kube::core::DynamicObject;
use kube::{Resource, ResourceExt};
use kube_client_runtime::client::{ApplyOptions, Client, DeleteOptions, Error, Namespaced};
use kube_client_runtime::controllers::events::EventRecorder;
use kube_client_runtime::controllers::{Outcome, ReconcileError};
use kube_client_runtime::informer::Lister;
use kube_client_runtime::owners::controller_of;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::models::v1::ModelCatalogue;
use crate::desired::Desired;
use crate::readiness::{Readiness, report};
use crate::{NAME, backends};

/// How often a deletion of the route is checked; the route's informer reports it earlier.
const DELETION_PERIOD: Duration = Duration::from_secs(5);

/// The dependencies of the reconciler.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) routes: Lister<AIGatewayRoute>,
    pub(crate) services: Lister<AIServiceBackend>,
    pub(crate) policies: Lister<BackendSecurityPolicy>,
    pub(crate) backends: Lister<DynamicObject>,
    pub(crate) events: EventRecorder,
}

/// Publishes a catalogue, and reports the state of its route, or what failed.
pub(crate) async fn reconcile(
    catalogue: Arc<ModelCatalogue>,
    context: Arc<Context>,
) -> Result<Outcome, ReconcileError> {
    let published = publish(&catalogue, &context).await;
    let readiness = match &published {
        Ok(route) => Readiness::of(route),
        Err(error) => Readiness::failed(error),
    };
    report(&catalogue, &readiness, &context).await?;
    published.map(|_| Outcome::done())
}

/// Deletes the route before the garbage collector deletes the other objects, so that no request reaches a provider without
/// credentials.
pub(crate) async fn clean_up(catalogue: Arc<ModelCatalogue>, context: Arc<Context>) -> Result<Outcome, ReconcileError> {
    let (namespace, name) = (catalogue.namespace().unwrap_or_default(), catalogue.name_any());
    let Some(route) = context.routes.find(Some(&namespace), &name) else { return Ok(Outcome::done()) };
    if controller_of(&*route).is_none_or(|owner| Some(&owner.uid) != catalogue.metadata.uid.as_ref()) {
        return Ok(Outcome::done());
    }
    delete(&context.client.namespaced(&namespace), &*route).await?;
    // Until it does not exist: finalizers may delay its deletion.
    Ok(Outcome::requeue_after(DELETION_PERIOD))
}

/// Creates and changes the objects of a catalogue, and deletes those of removed providers. Returns the route.
async fn publish(catalogue: &ModelCatalogue, context: &Context) -> Result<AIGatewayRoute, ReconcileError> {
    let namespace = catalogue.namespace().unwrap_or_default();
    let owner = catalogue.uid().unwrap_or_default();
    let desired = Desired::of(catalogue)?;
    let client = &context.client;
    let backends = client.namespaced_with::<DynamicObject>(&namespace, backends());
    let services = client.namespaced::<AIServiceBackend>(&namespace);
    let policies = client.namespaced::<BackendSecurityPolicy>(&namespace);
    let routes = client.namespaced::<AIGatewayRoute>(&namespace);

    for object in &desired.backends {
        apply(&backends, &context.backends, &owner, object).await?;
    }
    for object in &desired.services {
        apply(&services, &context.services, &owner, object).await?;
    }
    for object in &desired.policies {
        apply(&policies, &context.policies, &owner, object).await?;
    }
    let route = apply(&routes, &context.routes, &owner, &desired.route).await?;
    // In the order of the references, so that no object refers to one that was deleted.
    prune(&policies, &context.policies, &owner, &desired.policies).await?;
    prune(&services, &context.services, &owner, &desired.services).await?;
    prune(&backends, &context.backends, &owner, &desired.backends).await?;
    Ok(route)
}

/// Applies an object, unless an object of this name exists that the catalogue does not control.
async fn apply<K>(client: &Namespaced<K>, lister: &Lister<K>, owner: &str, object: &K) -> Result<K, ReconcileError>
where
    K: Resource<DynamicType: Clone + Send + Sync> + Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    if let Some(existing) = lister.find(object.namespace().as_deref(), &object.name_any())
        && controller_of(&*existing).is_none_or(|other| other.uid != owner)
    {
        let message =
            format!("{} exists, and this catalogue does not control it: rename one of them", object.name_any());
        return Err(ReconcileError::terminal(message));
    }
    // The fields that the controller applies are its own.
    let applied = client.apply(object, &ApplyOptions::new(NAME).force()).await;
    // Only a change of the catalogue can make an invalid object valid.
    applied.map_err(|error| if error.is_invalid() { ReconcileError::terminal(error) } else { error.into() })
}

/// Deletes the cached objects of the owner that are not desired.
async fn prune<K>(client: &Namespaced<K>, lister: &Lister<K>, owner: &str, desired: &[K]) -> Result<(), Error>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let names: BTreeSet<String> = desired.iter().map(ResourceExt::name_any).collect();
    for object in lister.snapshot().namespace(client.namespace().unwrap_or_default()) {
        let is_owned = controller_of(&**object).is_some_and(|controller| controller.uid == owner);
        if is_owned && !names.contains(&object.name_any()) {
            delete(client, object).await?;
        }
    }
    Ok(())
}

/// Deletes this object, and not a later one of the same name.
async fn delete<K>(client: &Namespaced<K>, object: &K) -> Result<(), Error>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let options = DeleteOptions::default().uid(object.uid().unwrap_or_default());
    match client.delete_with(&object.name_any(), &options).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
