//! The scheme and the traits of all kinds, compared with the CRDs.

use aigateway_client::aigateway::{v1alpha1, v1beta1};
use aigateway_client::runtime::decode;
use aigateway_client::runtime::resource::{CustomKind, Scope};
use aigateway_client::runtime::scheme::DecodeError;
use aigateway_client::runtime::types::{Condition, HasConditions};
use aigateway_client::scheme;
use kube::core::{GroupVersionKind, GroupVersionResource};
use kube::{CustomResourceExt, Resource};
use serde_json::{Value, json};

const GROUP: &str = "aigateway.envoyproxy.io";

#[test]
fn all_kinds_are_registered_in_all_versions() {
    let scheme = scheme();
    let kinds: Vec<(&str, &str, bool, bool)> =
        scheme.kinds().map(|info| (info.version, info.kind, info.storage, info.deprecated.is_some())).collect();
    let five = ["AIGatewayRoute", "AIServiceBackend", "BackendSecurityPolicy", "GatewayConfig", "MCPRoute"];
    let mut expected: Vec<(&str, &str, bool, bool)> =
        five.iter().map(|kind| ("v1alpha1", *kind, false, true)).collect();
    expected.push(("v1alpha1", "QuotaPolicy", true, false));
    expected.extend(five.iter().map(|kind| ("v1beta1", *kind, true, false)));
    assert_eq!(kinds, expected);
    for info in scheme.kinds() {
        assert_eq!((info.group, info.scope, info.subresources), (GROUP, Scope::Namespaced, ["status"].as_slice()));
        assert_eq!(info.list_kind, format!("{}List", info.kind));
        assert!(info.verbs().contains(&"deletecollection"));
    }
}

#[test]
fn kinds_are_found_by_kind_resource_and_name() {
    let scheme = scheme();
    let by_kind = scheme.by_kind(&GroupVersionKind::gvk(GROUP, "v1beta1", "GatewayConfig")).unwrap();
    assert_eq!(*by_kind, v1beta1::GatewayConfig::INFO);
    assert_eq!(scheme.by_resource(&GroupVersionResource::gvr(GROUP, "v1beta1", "gatewayconfigs")), Some(by_kind));
    for word in ["gwconfig", "GatewayConfig", "gatewayconfigs", "gatewayconfig"] {
        assert_eq!(
            scheme.by_name(word).map(|info| info.version).collect::<Vec<_>>(),
            ["v1alpha1", "v1beta1"],
            "{word}"
        );
    }
}

#[test]
fn objects_are_decoded_by_api_version_and_kind() {
    let object = json!({"apiVersion": "aigateway.envoyproxy.io/v1beta1", "kind": "GatewayConfig", "metadata": {"name": "one"}, "spec": {}});
    let decoded = scheme().decode(object.clone()).unwrap();
    assert_eq!(decoded.metadata().name.as_deref(), Some("one"));
    assert!(decoded.as_any().is::<v1beta1::GatewayConfig>());
    assert_eq!(decoded.encode().unwrap(), object);

    let unknown =
        scheme().decode(json!({"apiVersion": "aigateway.envoyproxy.io/v2", "kind": "GatewayConfig"})).unwrap_err();
    assert!(
        matches!(unknown, DecodeError::NotRegistered { .. })
            && unknown.to_string().contains("it is registered for aigateway.envoyproxy.io/v1alpha1"),
        "{unknown}"
    );
    assert!(matches!(
        scheme().decode(json!({"kind": "GatewayConfig"})).unwrap_err(),
        DecodeError::MissingType("apiVersion")
    ));
    let malformed =
        json!({"apiVersion": "aigateway.envoyproxy.io/v1beta1", "kind": "GatewayConfig", "metadata": {}, "spec": 1});
    assert!(matches!(scheme().decode(malformed).unwrap_err(), DecodeError::Malformed { .. }));
}

#[test]
fn object_of_another_version_is_not_decoded() {
    let old =
        serde_json::to_value(v1alpha1::GatewayConfig::new("one", v1alpha1::GatewayConfigSpec::default())).unwrap();
    let error = serde_json::from_value::<v1beta1::GatewayConfig>(old).unwrap_err().to_string();
    assert_eq!(
        error,
        "apiVersion is \"aigateway.envoyproxy.io/v1alpha1\", expected \"aigateway.envoyproxy.io/v1beta1\""
    );
}

#[test]
fn traits_of_kube_match_the_crd() {
    assert_eq!(v1beta1::GatewayConfig::crd_name(), "gatewayconfigs.aigateway.envoyproxy.io");
    assert_eq!(v1beta1::GatewayConfig::shortnames(), ["gwconfig"]);
    assert_eq!(v1beta1::GatewayConfig::api_resource().plural, "gatewayconfigs");
    assert_eq!(v1beta1::GatewayConfig::crd().metadata.name.as_deref(), Some("gatewayconfigs.aigateway.envoyproxy.io"));
    assert_eq!(
        v1beta1::GatewayConfig::url_path(&(), Some("a")),
        "/apis/aigateway.envoyproxy.io/v1beta1/namespaces/a/gatewayconfigs"
    );
}

#[test]
fn api_keys_are_redacted_in_debug_output() {
    let key = v1beta1::MCPBackendAPIKey::default().inline("secret-key");
    assert!(!format!("{key:?}").contains("secret-key"));
    assert_eq!(serde_json::to_value(&key).unwrap(), json!({"inline": "secret-key"}));
}

#[test]
fn defaults_are_set_only_on_request() {
    let backend = v1beta1::AIGatewayRouteRuleBackendRef::new("openai");
    assert_eq!(serde_json::to_value(&backend).unwrap(), json!({"name": "openai"}));
    let spec = v1beta1::AIGatewayRouteSpec::new([v1beta1::AIGatewayRouteRule::default().backend_refs([backend])]);
    let spec = v1beta1::AIGatewayRoute::new("route", spec).with_defaults().spec.unwrap_or_default();
    assert_eq!(spec.rules[0].backend_refs.as_ref().and_then(|refs| refs[0].weight), Some(1));

    let from = aigateway_client::runtime::types::SecretKeySelector { key: "k".to_owned(), ..Default::default() };
    let source = v1beta1::EnvVarSource::default().secret_key_ref(from).with_defaults();
    assert_eq!(serde_json::to_value(&source).unwrap(), json!({"secretKeyRef": {"key": "k", "name": ""}}));
}

#[test]
fn json_schema_equals_the_crd_schema() {
    let crd = aigateway_client::crds::AI_SERVICE_BACKENDS.lines().find(|line| !line.starts_with('#')).unwrap();
    let crd: Value = serde_json::from_str(crd).unwrap();
    let versions = crd["spec"]["versions"].as_array().unwrap();
    let schema = &versions.iter().find(|version| version["name"] == "v1beta1").unwrap()["schema"]["openAPIV3Schema"];
    let root = schemars::schema_for!(v1beta1::AIServiceBackend);
    assert_eq!(root.get("properties"), schema.get("properties"));
    let header = schemars::schema_for!(v1beta1::HTTPHeader);
    let pointer = "/properties/spec/properties/headerMutation/properties/set/items/properties";
    assert_eq!(header.get("properties"), schema.pointer(pointer));
    assert_eq!(header.get("title").and_then(|title| title.as_str()), Some("HTTPHeader"));
}

#[test]
fn spec_is_accessible_when_required_optional_or_nullable() {
    let mut required = zoo_client::zoo::v1::Animal::default();
    let copy = required.spec().clone();
    *required.spec_mut() = copy;
    assert_eq!(required, zoo_client::zoo::v1::Animal::default());

    let mut optional = v1beta1::GatewayConfig::default();
    assert_eq!(optional.spec(), None);
    *optional.spec_mut() = v1beta1::GatewayConfigSpec::default();
    assert!(optional.spec().is_some());

    let mut nullable = zoo_client::zoo::v1::Maybe { spec: Some(None), ..Default::default() };
    assert_eq!(nullable.spec(), None);
    nullable.spec_mut().size = Some(1);
    assert_eq!(nullable.spec().and_then(|spec| spec.size), Some(1));
}

#[test]
fn objects_are_decoded_up_to_the_depth_limit_of_kube_apiserver() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let object = |levels: usize| {
        let deep = deep(levels);
        let open = format!(r#"{{"anything":{deep},"known":{{"name":"a","rest":{deep}}},"listOfAnything":[{deep}]}}"#);
        format!(
            r#"{{"apiVersion":"zoo.example.com/v1","kind":"Animal","metadata":{{"name":"a"}},"spec":{{"open":{open}}}}}"#
        )
    };
    let text = object(9_996);
    let animal: zoo_client::zoo::v1::Animal = decode::from_slice(text.as_bytes()).unwrap();
    assert!(serde_json::to_string(&animal).unwrap() == text);
    let copy = animal.clone();
    assert!(copy == animal && format!("{copy:?}").len() > text.len());

    let error = decode::from_slice::<zoo_client::zoo::v1::Animal>(object(9_997).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("nests 10001 levels deep"), "{error}");
}

#[test]
fn conditions_of_an_own_type_are_set_and_found() {
    let mut keeper = zoo_client::zoo::v1::Keeper::default();
    assert!(keeper.set_condition(Condition::new("Ready", "True", "Awake").message("on duty")));
    assert!(!keeper.set_condition(Condition::new("Ready", "True", "Other").message("on duty")), "it has no reason");
    assert!(keeper.set_condition(Condition::new("Resting", "False", "Awake")));
    let json = serde_json::to_value(&keeper).unwrap();
    let conditions = json!([
        {"type": "Ready", "status": "True", "message": "on duty"},
        {"type": "Resting", "status": "False"},
    ]);
    assert_eq!(json["status"]["conditions"], conditions);
    assert!(keeper.is_condition_true("Ready") && keeper.is_condition_false("Resting"));
    assert_eq!(keeper.observed_generation(), None);
    keeper.status.get_or_insert_default().observed_generation = Some(2);
    assert_eq!(keeper.observed_generation(), Some(2));
    assert!(keeper.remove_condition("Resting") && !keeper.remove_condition("Resting"));
}
