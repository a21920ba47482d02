//! A complete controller: it writes a ConfigMap for each AIGatewayRoute, with the API schema of each backend of the route.
//!
//! It owns the ConfigMap, follows the AIServiceBackends to which the route refers, sets a condition, records events, cleans up
//! with a finalizer, and runs in several replicas of which one is the leader.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use aigateway_client::aigateway::v1beta1::{AIGatewayRoute, AIServiceBackend};
use aigateway_client::runtime::client::Client;
use aigateway_client::runtime::informer::{Lister, ObjectKey};
use aigateway_client::runtime::owners::set_controller_reference;
use aigateway_client::runtime::types::{Condition, HasConditions};
use aigateway_client::{Clientset, SharedInformerFactory};
use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::controllers::election::LeaderElector;
use kube_client_runtime::controllers::events::{EventRecorder, EventType, Reporter};
use kube_client_runtime::controllers::{Controller, Manager, ReconcileError};

const CONDITION: &str = "CatalogReady";

/// What the reconciler needs.
struct Context {
    clients: Clientset,
    backends: Lister<AIServiceBackend>,
    events: EventRecorder,
}

/// Returns the AIServiceBackends to which a route refers.
fn backends_of(route: &AIGatewayRoute) -> Vec<ObjectKey> {
    let rules = route.spec.iter().flat_map(|spec| &spec.rules);
    let references = rules.flat_map(|rule| rule.backend_refs.iter().flatten());
    let services = references.filter(|reference| reference.kind.is_none());
    let namespace = route.metadata.namespace.as_deref();
    services.map(|backend| ObjectKey::new(backend.namespace.as_deref().or(namespace), &backend.name)).collect()
}

async fn reconcile(route: Arc<AIGatewayRoute>, context: Arc<Context>) -> Result<(), ReconcileError> {
    let (namespace, name) = key(&route);
    let mut catalog = BTreeMap::new();
    let mut missing = Vec::new();
    for backend in backends_of(&route) {
        match context.backends.find(backend.namespace.as_deref(), &backend.name) {
            Some(found) => {
                let schema = found.spec.as_ref().map_or("", |spec| spec.schema.name.as_str());
                catalog.insert(backend.name, schema.to_owned());
            }
            None => missing.push(backend.to_string()),
        }
    }

    let mut map = ConfigMap::default();
    map.metadata.name = Some(format!("{name}-backends"));
    map.metadata.namespace = Some(namespace.to_owned());
    set_controller_reference(&*route, &(), &mut map)?;
    let owners = map.metadata.owner_references.clone();
    let maps = context.clients.client().namespaced::<ConfigMap>(namespace);
    let write = |map: &mut ConfigMap| {
        map.metadata.owner_references.clone_from(&owners);
        map.data = Some(catalog.clone());
    };
    maps.create_or_update(&map, write).await?;

    let status = if missing.is_empty() { "True" } else { "False" };
    let reason = if missing.is_empty() { "Complete" } else { "BackendsMissing" };
    if route.is_condition_present_and_equal(CONDITION, status) {
        return Ok(());
    }
    if !missing.is_empty() {
        let note = format!("these AIServiceBackends do not exist: {}", missing.join(", "));
        context.events.event(&*route, EventType::Warning, reason, "WriteCatalog", note);
    }
    let routes = context.clients.aigateway_v1beta1().ai_gateway_routes(namespace);
    let report = |route: &mut AIGatewayRoute| {
        let _ = route.set_condition(Condition::new(CONDITION, status, reason));
    };
    routes.modify_status(name, report).await?;
    Ok(())
}

/// Records that a route is being deleted. The garbage collector deletes the ConfigMap.
async fn clean_up(route: Arc<AIGatewayRoute>, context: Arc<Context>) -> Result<(), ReconcileError> {
    context.events.event(
        &*route,
        EventType::Normal,
        "Removed",
        "RemoveCatalog",
        "the catalog is deleted with its route",
    );
    Ok(())
}

fn key(route: &AIGatewayRoute) -> (&str, &str) {
    (route.metadata.namespace.as_deref().unwrap_or_default(), route.metadata.name.as_deref().unwrap_or_default())
}

/// Creates the program. It serves metrics and health at the address, and competes for a Lease in the client's namespace.
///
/// # Errors
/// Returns an error if a name is not valid.
pub fn manager(client: &Client, address: SocketAddr) -> Result<Manager, Box<dyn std::error::Error>> {
    let elector = LeaderElector::builder(client, client.default_namespace(), "backend-catalog").release_on_cancel(true);
    let events = EventRecorder::new(client, Reporter::new("example.com/backend-catalog")?);
    let mut manager = Manager::builder(client).leader_election(elector.build()?).listen(address).build();
    let factory = SharedInformerFactory::from(manager.informers().clone());
    let routes = factory.aigateway().v1beta1().ai_gateway_routes().informer();
    let backends = factory.aigateway().v1beta1().ai_service_backends().informer();
    let maps = manager.informers().informer::<ConfigMap>();
    let context = Context { clients: Clientset::from(client.clone()), backends: backends.lister(), events };
    let controller = Controller::builder("backend-catalog", &routes)
        .owns(&maps)
        .watches_references(&backends, backends_of)
        .workers(4)
        .reconcile_with_finalizer(client, "example.com/backend-catalog", reconcile, clean_up, Arc::new(context));
    manager.add(controller);
    Ok(manager)
}
