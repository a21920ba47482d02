//! Controllers that a manager runs.

use std::sync::Arc;
use std::time::Duration;

use aigateway_client::Clientset;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube_client_runtime::client::wait::{WaitOptions, deleted, exists, matches};
use kube_client_runtime::client::{Client, Namespaced};
use kube_client_runtime::controllers::election::LeaderElector;
use kube_client_runtime::controllers::{Controller, Manager, ReconcileError};
use kube_client_runtime::informer::InformerFactory;
use kube_client_runtime::owners::set_controller_reference;
use tokio::sync::oneshot;

const FINALIZER: &str = "example.com/copies";

/// Copies the data of a ConfigMap to a Secret that it owns.
async fn copy(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<(), ReconcileError> {
    let namespace = map.metadata.namespace.as_deref().unwrap_or_default();
    let mut secret = Secret::default();
    secret.metadata.name.clone_from(&map.metadata.name);
    secret.metadata.namespace.clone_from(&map.metadata.namespace);
    set_controller_reference(&*map, &(), &mut secret)?;
    let owners = secret.metadata.owner_references.clone();
    let write = |secret: &mut Secret| {
        secret.metadata.owner_references.clone_from(&owners);
        secret.data = Some(map.data.iter().flatten().map(|(key, value)| (key.clone(), bytes(value))).collect());
    };
    client.namespaced::<Secret>(namespace).create_or_update(&secret, write).await?;
    Ok(())
}

fn bytes(text: &str) -> k8s_openapi::ByteString {
    k8s_openapi::ByteString(text.as_bytes().to_vec())
}

async fn remove(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<(), ReconcileError> {
    let (namespace, name) = (map.metadata.namespace.as_deref(), map.metadata.name.as_deref());
    client.namespaced::<Secret>(namespace.unwrap_or_default()).delete(name.unwrap_or_default()).await?;
    Ok(())
}

fn manager(client: &Client, namespace: &str) -> Manager {
    let elector = LeaderElector::builder(client, namespace, "copies").release_on_cancel(true).build();
    let informers = InformerFactory::builder(client.clone()).namespace(namespace).build();
    let (maps, secrets) = (informers.informer::<ConfigMap>(), informers.informer::<Secret>());
    let builder = Manager::builder(client).informers(informers).leader_election(elector.expect("valid settings"));
    let mut manager = builder.build();
    let controller = Controller::builder("copies", &maps).owns(&secrets).workers(2);
    let context = Arc::new(client.clone());
    manager.add(controller.reconcile_with_finalizer(client, FINALIZER, copy, remove, context));
    manager
}

/// Waits until the copy has this value.
async fn copied(secrets: &Namespaced<Secret>, value: &str) {
    let expected = bytes(value);
    let has = matches("the value", move |secret: &Secret| {
        secret.data.as_ref().and_then(|data| data.get("key")) == Some(&expected)
    });
    secrets.wait_for("source", has, WaitOptions::new(Duration::from_secs(60))).await.expect("a copy");
}

/// Runs a controller that owns objects, with a finalizer and leader election.
///
/// # Panics
/// If the controller does not follow its objects, or if the manager ends with an error.
pub async fn controller_maintains_what_it_owns(clients: Clientset, namespace: String) {
    let client = clients.client();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(manager(client, &namespace).run_until(async { drop(stopped.await) }));
    let (maps, secrets) = (client.namespaced::<ConfigMap>(&namespace), client.namespaced::<Secret>(&namespace));
    let mut map = ConfigMap { data: Some([("key".to_owned(), "one".to_owned())].into()), ..ConfigMap::default() };
    map.metadata.name = Some("source".to_owned());
    maps.create(&map).await.expect("created");
    copied(&secrets, "one").await;
    maps.modify("source", |map| {
        map.data.get_or_insert_default().insert("key".to_owned(), "two".to_owned());
    })
    .await
    .expect("modified");
    copied(&secrets, "two").await;
    secrets.delete("source").await.expect("deleted");
    let limit = WaitOptions::new(Duration::from_secs(60));
    secrets.wait_for("source", exists(), limit.clone()).await.expect("the copy is restored");

    maps.delete("source").await.expect("deleted");
    maps.wait_for("source", deleted(), limit.clone()).await.expect("the finalizer is removed");
    secrets.wait_for("source", deleted(), limit).await.expect("the copy is removed");
    drop(stop);
    running.await.expect("no panic").expect("no error");
}
