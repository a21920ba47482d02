//! A controller that publishes the models of a `ModelCatalogue` with Envoy AI Gateway.
//!
//! Each provider of a catalogue has a Backend, an AIServiceBackend and a BackendSecurityPolicy, and each model has a rule in one
//! AIGatewayRoute. `docs/a-controller.md` describes the program from its CRD to its deployment.

mod desired;
mod readiness;
mod reconcile;

include!(concat!(env!("OUT_DIR"), "/client.rs"));

use std::net::SocketAddr;
use std::sync::Arc;

use aigateway_client::SharedInformerFactory;
use kube::core::ApiResource;
use kube_client_runtime::client::Client;
use kube_client_runtime::controllers::election::LeaderElector;
use kube_client_runtime::controllers::events::{EventRecorder, Reporter};
use kube_client_runtime::controllers::{Controller, Manager, Predicate};
use kube_client_runtime::resource::Scope;

use crate::client::models::v1::ModelCatalogue;
use crate::reconcile::{Context, clean_up, reconcile};

/// The name of the controller, its field manager and its Lease.
pub const NAME: &str = "model-catalogue";
/// The finalizer, and the reporter of events.
const QUALIFIED_NAME: &str = "models.example.com/model-catalogue";

/// Returns the resource of Envoy Gateway's Backends, for which this program has no generated types.
fn backends() -> ApiResource {
    ApiResource {
        group: "gateway.envoyproxy.io".to_owned(),
        version: "v1alpha1".to_owned(),
        api_version: "gateway.envoyproxy.io/v1alpha1".to_owned(),
        kind: "Backend".to_owned(),
        plural: "backends".to_owned(),
    }
}

/// Creates the program. It serves metrics and health at the address, and competes for a Lease in the namespace.
///
/// # Errors
/// Returns an error if a name is not valid.
pub fn manager(client: &Client, namespace: &str, address: SocketAddr) -> Result<Manager, Box<dyn std::error::Error>> {
    let elector = LeaderElector::builder(client, namespace, NAME).release_on_cancel(true);
    let events = EventRecorder::new(client, Reporter::new(QUALIFIED_NAME)?);
    let mut manager = Manager::builder(client).leader_election(elector.build()?).listen(address).build();

    let factory = SharedInformerFactory::from(manager.informers().clone());
    let gateway = factory.aigateway().v1beta1();
    let routes = gateway.ai_gateway_routes().informer();
    let services = gateway.ai_service_backends().informer();
    let policies = gateway.backend_security_policies().informer();
    let backends = manager.informers().dynamic_informer(&backends(), Scope::Namespaced);
    let catalogues = manager.informers().informer::<ModelCatalogue>();

    let context = Context {
        client: client.clone(),
        routes: routes.lister(),
        services: services.lister(),
        policies: policies.lister(),
        backends: backends.lister(),
        events,
    };
    let controller = Controller::builder(NAME, &catalogues)
        .predicate(Predicate::generation_changed())
        .owns(&routes)
        .owns(&services)
        .owns(&policies)
        .owns(&backends)
        .workers(4)
        .reconcile_with_finalizer(client, QUALIFIED_NAME, reconcile, clean_up, Arc::new(context));
    manager.add(controller);
    Ok(manager)
}
