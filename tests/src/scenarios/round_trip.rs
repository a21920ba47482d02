//! Round trips on a server: objects that it returns are unchanged after decoding and encoding.

use aigateway_client::Clientset;
use aigateway_client::runtime::client::{FieldValidation, WriteOptions};
use aigateway_client::runtime::resource::Scope;
use aigateway_client::runtime::scheme::Scheme;
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube_structural_schema::Crd;
use kube_structural_schema::instances::Instances;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use round_trip_tests::round_trip;
use serde_json::{Value, json};

/// Creates an object, decodes and encodes the stored one, and updates it unchanged, which must have no effect. Returns
/// `false` if the server refused the object.
///
/// # Panics
/// If the object changes.
pub async fn round_trips_on_server(clients: &Clientset, namespace: &str, scheme: &Scheme, object: Value) -> bool {
    let sent: DynamicObject = serde_json::from_value(object).expect("an object");
    let types = sent.types.clone().expect("apiVersion and kind");
    let gvk = GroupVersionKind::try_from(&types).expect("a group and a version");
    let info = *scheme.by_kind(&gvk).expect("a registered kind");
    let resource = ApiResource {
        group: gvk.group,
        version: gvk.version,
        api_version: types.api_version,
        kind: types.kind,
        plural: info.plural.to_owned(),
    };
    let client = clients.client().clone();
    let namespace = if info.scope == Scope::Namespaced { Some(namespace) } else { None };
    let options = WriteOptions::default().field_validation(FieldValidation::Ignore);
    let created = match namespace {
        Some(namespace) => {
            client.namespaced_with::<DynamicObject>(namespace, resource.clone()).create_with(&sent, &options).await
        }
        None => client.cluster_with::<DynamicObject>(resource.clone()).create_with(&sent, &options).await,
    };
    let Ok(created) = created else { return false };
    let stored = serde_json::to_value(&created).expect("JSON");
    round_trip(scheme, &stored).unwrap_or_else(|difference| panic!("{} {difference}", info.kind));

    let typed = scheme.decode(stored).expect("a decodable object").encode().expect("an encodable object").into_value();
    let unchanged: DynamicObject = serde_json::from_value(typed).expect("an object");
    let updated = match namespace {
        Some(namespace) => client.namespaced_with::<DynamicObject>(namespace, resource).update(&unchanged).await,
        None => client.cluster_with::<DynamicObject>(resource).update(&unchanged).await,
    };
    let updated = updated.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(updated.metadata.resource_version, created.metadata.resource_version, "{}", created.data);
    assert_eq!(updated.metadata.generation, created.metadata.generation);
    true
}

/// Round-trips random objects of every version of some CRDs; returns how many the server accepted.
///
/// # Panics
/// If an object changes.
pub async fn count_random_round_trips(
    clients: &Clientset,
    namespace: &str,
    scheme: &Scheme,
    crds: &[Crd],
    each: usize,
) -> usize {
    let mut accepted = 0;
    let mut runner = TestRunner::deterministic();
    for crd in crds {
        for version in &crd.versions {
            let objects = Instances { from_newer_schema: false }.strategy(&version.schema);
            for number in 0..each {
                let mut object = objects.new_tree(&mut runner).expect("an object").current();
                object["apiVersion"] = json!(format!("{}/{}", crd.group, version.name));
                object["kind"] = json!(crd.names.kind);
                object["metadata"] = json!({"name": format!("{}-{number}-{}", version.name, namespace)});
                accepted += usize::from(round_trips_on_server(clients, namespace, scheme, object).await);
            }
        }
    }
    accepted
}
