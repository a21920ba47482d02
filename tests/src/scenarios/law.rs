//! The law on a server: what it returns goes through the types and comes back the same.

use aigateway_client::Clientset;
use aigateway_client::runtime::client::{FieldValidation, WriteOptions};
use aigateway_client::runtime::resource::Scope;
use aigateway_client::runtime::scheme::Scheme;
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube_structural_schema::Crd;
use kube_structural_schema::instances::Instances;
use law_tests::round_trip;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Creates an object as it is, and sends what the server makes of it through the types; then updates it unchanged, typed,
/// which must change nothing. `false`: the server refused the object.
///
/// # Panics
/// If anything is lost or changed.
pub async fn law_holds_on_the_server(clients: &Clientset, namespace: &str, scheme: &Scheme, object: Value) -> bool {
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
    let path = if info.scope == Scope::Namespaced { Some(namespace) } else { None };
    let ignoring = WriteOptions::default().field_validation(FieldValidation::Ignore);
    let created = match path {
        Some(namespace) => {
            client.namespaced_with::<DynamicObject>(namespace, resource.clone()).create_with(&sent, &ignoring).await
        }
        None => client.cluster_with::<DynamicObject>(resource.clone()).create_with(&sent, &ignoring).await,
    };
    let Ok(created) = created else { return false };
    let stored = serde_json::to_value(&created).expect("JSON");
    round_trip(scheme, &stored).unwrap_or_else(|difference| panic!("{} {difference}", info.kind));

    let typed = scheme.decode(stored).expect("decoded before").encode().expect("encoded before").into_value();
    let unchanged: DynamicObject = serde_json::from_value(typed).expect("an object");
    let updated = match path {
        Some(namespace) => client.namespaced_with::<DynamicObject>(namespace, resource).update(&unchanged).await,
        None => client.cluster_with::<DynamicObject>(resource).update(&unchanged).await,
    };
    let updated = updated.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(updated.metadata.resource_version, created.metadata.resource_version, "{}", created.data);
    assert_eq!(updated.metadata.generation, created.metadata.generation);
    true
}

/// The law for random objects of every version of some CRDs; how many the server took.
///
/// # Panics
/// If anything is lost or changed.
pub async fn law_holds_for_random_objects(
    clients: &Clientset,
    namespace: &str,
    scheme: &Scheme,
    crds: &[Crd],
    each: usize,
) -> usize {
    let mut taken = 0;
    let mut runner = TestRunner::deterministic();
    for crd in crds {
        for version in &crd.versions {
            let objects = Instances { from_newer_schema: false }.strategy(&version.schema);
            for number in 0..each {
                let mut object = objects.new_tree(&mut runner).expect("an object").current();
                object["apiVersion"] = json!(format!("{}/{}", crd.group, version.name));
                object["kind"] = json!(crd.names.kind);
                object["metadata"] = json!({"name": format!("{}-{number}-{}", version.name, namespace)});
                taken += usize::from(law_holds_on_the_server(clients, namespace, scheme, object).await);
            }
        }
    }
    taken
}
