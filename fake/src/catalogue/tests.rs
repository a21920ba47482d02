//! Tests of the facts and of decoding by them.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Catalogue, GoType, Named, Release, Struct, decode, schema};

fn kind(group: &str, version: &str, kind: &str) -> &'static Struct {
    Catalogue::of(Release::V1_37).kind(group, version, kind).expect("the kind exists")
}

fn decoded(type_: &'static Struct, mut object: Value) -> Value {
    let unknown = decode(type_, &mut object).unwrap();
    assert_eq!(unknown, [""; 0]);
    object
}

/// Visits all types that a struct refers to.
fn visit(type_: &'static Struct, seen: &mut HashSet<&'static str>) {
    if !seen.insert(type_.name) {
        return;
    }
    for field in type_.all_fields() {
        let mut type_ = field.type_.resolved();
        while let GoType::List(inner) | GoType::Map(_, inner) = type_ {
            type_ = inner.resolved();
        }
        if let GoType::Named(reference) = type_ {
            match reference.get() {
                Named::Struct(inner) => visit(inner, seen),
                Named::Special(_) | Named::SchemaOr(..) => {}
                Named::Alias(type_) => panic!("{type_} is not resolved"),
            }
        }
    }
}

#[test]
fn every_resource_has_a_kind_with_a_struct_and_a_schema() {
    for release in Release::ALL {
        let catalogue = Catalogue::of(release);
        assert!(catalogue.resources().len() > 60, "{release:?}");
        for resource in catalogue.resources() {
            let found = catalogue.kind(resource.group, resource.version, resource.kind);
            let found = found.unwrap_or_else(|| panic!("{release:?}: {} has no struct", resource.plural));
            visit(found, &mut HashSet::new());
            if resource.kind != "CustomResourceDefinition" {
                assert!(!schema(found).properties.is_empty());
            }
        }
    }
}

#[test]
fn releases_differ() {
    let has = |release, group, version| {
        let resources = Catalogue::of(release).resources();
        resources.iter().any(|resource| (resource.group, resource.version) == (group, version))
    };
    assert!(has(Release::V1_34, "apps", "v1") && has(Release::V1_37, "apps", "v1"));
    assert!(has(Release::V1_37, "scheduling.k8s.io", "v1beta1"));
    assert!(!has(Release::V1_34, "scheduling.k8s.io", "v1beta1"));
}

#[test]
fn resources_have_names_and_subresources() {
    let resources = Catalogue::of(Release::V1_37).resources();
    let deployments = resources.iter().find(|resource| resource.plural == "deployments").unwrap();
    assert_eq!((deployments.group, deployments.kind, deployments.singular), ("apps", "Deployment", "deployment"));
    assert_eq!((&*deployments.short_names, &*deployments.categories), (&["deploy"][..], &["all"][..]));
    let subresources: Vec<_> =
        deployments.subresources.iter().map(|subresource| (subresource.name, subresource.kind)).collect();
    assert_eq!(subresources, [("scale", ["autoscaling", "v1", "Scale"]), ("status", ["apps", "v1", "Deployment"])]);
}

#[test]
fn fields_that_go_always_encodes_are_added_and_empty_ones_omitted() {
    let object =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": ""}], "hostNetwork": false}}}});
    let expected = json!({
        "spec": {
            "selector": null,
            "strategy": {},
            "template": {"metadata": {}, "spec": {"containers": [{"name": "a", "resources": {}}]}},
        },
        "status": {},
    });
    assert_eq!(decoded(kind("apps", "v1", "Deployment"), object), expected);
}

#[test]
fn pointers_to_zero_values_are_kept() {
    let object = json!({"spec": {"replicas": 0, "selector": {}, "template": {"spec": {"containers": []}}}});
    let found = decoded(kind("apps", "v1", "Deployment"), object);
    assert_eq!((&found["spec"]["replicas"], &found["spec"]["selector"]), (&json!(0), &json!({})));
    assert_eq!(found["spec"]["template"]["spec"], json!({"containers": []}));
}

#[test]
fn unknown_fields_are_removed_and_reported_with_their_paths() {
    let mut object = json!({
        "spec": {"containers": [{"name": "a", "imag": "x"}], "volumes": [{"name": "v", "configMap": {"nam": "x"}}], "x": 1},
    });
    let unknown = decode(kind("", "v1", "Pod"), &mut object).unwrap();
    assert_eq!(unknown, ["spec.containers[0].imag", "spec.volumes[0].configMap.nam", "spec.x"]);
    assert_eq!(object["spec"]["volumes"], json!([{"name": "v", "configMap": {}}]));
}

#[test]
fn wrong_types_have_gos_messages() {
    for (object, expected) in [
        (
            json!({"spec": {"containers": "x"}}),
            "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container",
        ),
        (
            json!({"spec": {"containers": [{"ports": [{"containerPort": "80"}]}]}}),
            "json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32",
        ),
        (
            json!({"spec": {"restartPolicy": 1}}),
            "json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy",
        ),
        (
            json!({"spec": {"containers": [{"resources": {"limits": {"cpu": "x"}}}]}}),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ] {
        assert_eq!(decode(kind("", "v1", "Pod"), &mut object.clone()), Err(expected.to_owned()));
    }
}

#[test]
fn quantities_times_and_bytes_become_canonical() {
    let object =
        json!({"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}}]}});
    let found = decoded(kind("", "v1", "Pod"), object);
    assert_eq!(found["spec"]["containers"][0]["resources"]["limits"], json!({"cpu": "500m", "memory": "1Gi"}));
    let object = json!({"spec": {"renewTime": "2024-01-02T04:04:05.000000+01:00"}});
    let found = decoded(kind("coordination.k8s.io", "v1", "Lease"), object);
    assert_eq!(found["spec"]["renewTime"], "2024-01-02T03:04:05.000000Z");
}

#[test]
fn schemas_have_list_types_and_keys() {
    let schema = schema(kind("", "v1", "Pod"));
    let containers = &schema.properties["spec"].properties["containers"];
    assert_eq!(containers.list_map_keys, ["name"]);
    let ports = &containers.items.as_ref().unwrap().properties["ports"];
    assert_eq!(ports.list_map_keys, ["containerPort", "protocol"]);
    assert_eq!(ports.items.as_ref().unwrap().properties["protocol"].default, Some("TCP".into()));
}
