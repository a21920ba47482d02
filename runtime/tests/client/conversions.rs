//! Conversions from and to the types of kube and k8s-openapi.

use kube::core::{ApiResource, DynamicObject, ObjectMeta};
use kube_client_runtime::client::{Patch, PatchOptions};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::k8s_openapi::apimachinery::pkg::util::intstr;
use kube_client_runtime::resource::{KindInfo, Scope};
use kube_client_runtime::types::IntOrString;

use super::{client, map, server};

const CONFIG_MAP: KindInfo = KindInfo {
    group: "",
    version: "v1",
    kind: "ConfigMap",
    list_kind: "ConfigMapList",
    plural: "configmaps",
    singular: "configmap",
    short_names: &[],
    categories: &[],
    scope: Scope::Namespaced,
    storage: true,
    deprecated: None,
    subresources: &[],
    selectable_fields: &[],
};

#[test]
fn kind_info_converts_into_the_api_resource() {
    assert_eq!(CONFIG_MAP.api_resource(), ApiResource::erase::<ConfigMap>(&()));
    assert_eq!(ApiResource::from(&CONFIG_MAP), CONFIG_MAP.api_resource());
}

#[tokio::test]
async fn namespaced_client_for_dynamic_objects_converts_into_an_api() {
    let client = client(&server());
    client.namespaced("default").create(&map("one")).await.unwrap();
    let maps = client.namespaced_with::<DynamicObject>("default", CONFIG_MAP.api_resource());
    assert_eq!(maps.api().get("one").await.unwrap().metadata.name.as_deref(), Some("one"));
    let typed = client.namespaced::<ConfigMap>("default");
    assert_eq!(typed.api().get("one").await.unwrap().metadata.name.as_deref(), Some("one"));
}

#[tokio::test]
async fn typed_object_is_applied() {
    let maps = client(&server()).namespaced::<ConfigMap>("default");
    let intent = ConfigMap {
        metadata: ObjectMeta { name: Some("one".to_owned()), ..ObjectMeta::default() },
        data: Some([("key".to_owned(), "1".to_owned())].into()),
        ..ConfigMap::default()
    };
    let applied = maps.patch("one", &Patch::Apply(&intent), &PatchOptions::manager("mine")).await.unwrap();
    assert_eq!(applied.data, intent.data);
}

#[tokio::test]
async fn errors_convert_into_those_of_kube() {
    let maps = client(&server()).namespaced::<ConfigMap>("default");
    let error = kube::Error::from(maps.get("one").await.unwrap_err());
    assert!(matches!(&error, kube::Error::Api(status) if status.code == 404), "{error}");
    let error = kube::Error::from(maps.get("one/two").await.unwrap_err());
    assert!(matches!(&error, kube::Error::Service(_)), "{error}");
}

#[test]
fn int_or_string_converts_into_that_of_k8s_openapi_and_back() {
    for value in [IntOrString::from(8080), IntOrString::from("25%")] {
        let converted = intstr::IntOrString::from(value.clone());
        assert_eq!(IntOrString::from(converted), value);
    }
    let large: intstr::IntOrString = IntOrString::from(3_000_000_000_i64).into();
    assert_eq!(large, intstr::IntOrString::String("3000000000".to_owned()), "Go's integers have 32 bits");
}
