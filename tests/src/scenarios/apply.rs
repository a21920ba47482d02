//! Apply configurations.

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1;
use aigateway_client::aigateway::v1beta1::{GatewayConfigSpec, GlobalLLMRequestCost};
use aigateway_client::applyconfigurations::aigateway::v1beta1::{
    AIGatewayRouteApplyConfiguration, AIGatewayRouteSpecApplyConfiguration, Configuration as _,
    ExtProcKubernetesApplyConfiguration, GatewayConfigApplyConfiguration, GatewayConfigExtProcApplyConfiguration,
    GatewayConfigSpecApplyConfiguration, GatewayConfigStatusApplyConfiguration, GlobalLLMRequestCostApplyConfiguration,
    ObjectConfiguration as _,
};
use aigateway_client::runtime::apply::{
    ConditionApplyConfiguration, ConfigurationError, DynamicApplyConfiguration, upgrade_managed_fields_patch,
};
use aigateway_client::runtime::client::{ApplyOptions, PatchOptions, Reason, WriteOptions};
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::json;

use crate::samples::{Sample, accepted};

const NAME: &str = "applied";

fn options(manager: &str) -> ApplyOptions {
    ApplyOptions::new(manager)
}

/// A controller extracts what it applied, changes it and applies it again, next to fields of other managers.
///
/// # Panics
/// If fields of other managers change, or fields that are no longer applied remain.
pub async fn controller_changes_only_what_it_applied(clients: Clientset, namespace: String) {
    let configs = clients.aigateway_v1beta1().gateway_configs(&namespace);
    let spec =
        GatewayConfigSpec::default().global_llm_request_costs([GlobalLLMRequestCost::new("theirs", "TotalToken")]);
    configs.create(&v1beta1::GatewayConfig::new(NAME, spec)).await.unwrap();

    let cost = |type_: &str| GlobalLLMRequestCostApplyConfiguration::new().with_metadata_key("ours").with_type(type_);
    let processor = ExtProcKubernetesApplyConfiguration::new().with_image("example.com/processor:1");
    let spec = GatewayConfigSpecApplyConfiguration::new()
        .with_global_llm_request_costs([cost("InputToken")])
        .with_ext_proc(GatewayConfigExtProcApplyConfiguration::new().with_kubernetes(processor));
    let config = GatewayConfigApplyConfiguration::new(NAME, &namespace)
        .with_labels([("tier", "gold")])
        .with_finalizers(["example.com/controller"])
        .with_spec(spec);
    configs.apply(&config, &options("controller")).await.unwrap();

    let read = configs.get(NAME).await.unwrap();
    let mut owned = GatewayConfigApplyConfiguration::extract(&read, "controller").unwrap();
    assert_eq!(owned, config, "the result of an apply is what was applied");
    assert_eq!(owned, configs.extract(NAME, "controller").await.unwrap(), "from JSON");
    assert_eq!(
        GatewayConfigApplyConfiguration::extract(&read, "nobody").unwrap(),
        GatewayConfigApplyConfiguration::new(NAME, &namespace)
    );

    let unchanged = configs.apply(&owned, &options("controller")).await.unwrap();
    assert_eq!(unchanged.metadata.resource_version, read.metadata.resource_version);

    owned.metadata_mut().unset_labels().unset_finalizers();
    owned.spec_mut().unset_ext_proc();
    owned.spec_mut().global_llm_request_costs_mut().upsert(cost("OutputToken"));
    let applied = configs.apply(&owned, &options("controller")).await.unwrap();
    assert_eq!(applied.metadata.labels, None);
    assert_eq!(applied.metadata.finalizers, None);
    let spec = applied.spec.unwrap_or_default();
    assert_eq!(spec.ext_proc, None);
    let costs =
        [("theirs", "TotalToken"), ("ours", "OutputToken")].map(|(key, type_)| GlobalLLMRequestCost::new(key, type_));
    assert_eq!(spec.global_llm_request_costs.unwrap_or_default(), costs, "items of other managers remain");
}

fn condition(type_: &str, message: &str) -> ConditionApplyConfiguration {
    let mut condition = accepted();
    condition.type_ = type_.to_owned();
    condition.message = message.to_owned();
    condition.into()
}

fn status(namespace: &str, condition: ConditionApplyConfiguration) -> GatewayConfigApplyConfiguration {
    GatewayConfigApplyConfiguration::new(NAME, namespace)
        .with_status(GatewayConfigStatusApplyConfiguration::new().with_conditions([condition]))
}

/// Conditions of an extracted status have their keys, so that the status can be applied again
/// (kubernetes/code-generator#173).
///
/// # Panics
/// If a condition is lost, or belongs to another manager.
pub async fn extracted_status_keeps_the_keys_of_conditions(clients: Clientset, namespace: String) {
    let configs = clients.aigateway_v1beta1().gateway_configs(&namespace);
    configs.create(&v1beta1::GatewayConfig::sample(NAME)).await.unwrap();
    configs.apply_status(&status(&namespace, condition("Accepted", "one")), &options("one")).await.unwrap();
    let both = configs.apply_status(&status(&namespace, condition("Ready", "two")), &options("two")).await.unwrap();

    let mut owned = GatewayConfigApplyConfiguration::extract_status(&both, "one").unwrap();
    assert_eq!(owned, status(&namespace, condition("Accepted", "one")));
    assert_eq!(
        GatewayConfigApplyConfiguration::extract(&both, "one").unwrap(),
        GatewayConfigApplyConfiguration::new(NAME, &namespace),
        "the status is not a part of the object"
    );
    let unchanged = configs.apply_status(&owned, &options("one")).await.unwrap();
    assert_eq!(unchanged.metadata.resource_version, both.metadata.resource_version);

    owned.status_mut().conditions_mut().upsert(condition("Accepted", "changed"));
    let changed = configs.apply_status(&owned, &options("one")).await.unwrap();
    let messages = |config: v1beta1::GatewayConfig| -> Vec<String> {
        let conditions = config.status.and_then(|status| status.conditions);
        conditions.into_iter().flatten().map(|condition| condition.message).collect()
    };
    assert_eq!(messages(changed), ["changed", "two"]);

    owned.status_mut().conditions_mut().clear();
    let removed = configs.apply_status(&owned, &options("one")).await.unwrap();
    assert_eq!(messages(removed), ["two"]);
}

/// A manager that used update before can remove its fields by apply after its managed fields were upgraded.
///
/// # Panics
/// If the fields remain, or were removed before.
pub async fn updater_becomes_an_applier_and_removes_its_fields(clients: Clientset, namespace: String) {
    let configs = clients.aigateway_v1beta1().gateway_configs(&namespace);
    let mut config = v1beta1::GatewayConfig::sample(NAME);
    config.metadata.labels = Some([("tier".to_owned(), "gold".to_owned()), ("team".to_owned(), "a".to_owned())].into());
    let manager = WriteOptions::default().field_manager("updater");
    configs.create_with(&config, &manager).await.unwrap();

    let intent = GatewayConfigApplyConfiguration::new(NAME, &namespace).with_labels([("team", "a")]);
    let applied = configs.apply(&intent, &options("applier")).await.unwrap();
    let has_tier = |config: &v1beta1::GatewayConfig| {
        config.metadata.labels.as_ref().is_some_and(|labels| labels.contains_key("tier"))
    };
    assert!(has_tier(&applied), "the operation Update still owns the label");

    let patch = upgrade_managed_fields_patch(&applied.metadata, &["updater"], "applier").unwrap();
    let upgraded = configs.patch(NAME, &patch, &PatchOptions::manager("applier")).await.unwrap();
    assert!(has_tier(&upgraded));
    assert_eq!(upgrade_managed_fields_patch(&upgraded.metadata, &["updater"], "applier"), None);
    let owned = GatewayConfigApplyConfiguration::extract(&upgraded, "applier").unwrap();
    assert_eq!(owned.metadata().labels().unwrap_or_default().len(), 2);

    let applied = configs.apply(&intent, &options("applier")).await.unwrap();
    assert!(!has_tier(&applied));

    let stale = configs.patch(NAME, &patch, &PatchOptions::manager("applier")).await.unwrap_err();
    assert!(stale.is_conflict(), "{stale}");
}

/// A required field that was not set is not sent: it neither overwrites the value of another manager, nor hides that a new
/// object is incomplete.
///
/// # Panics
/// If a zero value is stored.
pub async fn required_fields_are_not_sent_unless_they_are_set(clients: Clientset, namespace: String) {
    let routes = clients.aigateway_v1beta1().ai_gateway_routes(&namespace);
    let spec = AIGatewayRouteSpecApplyConfiguration::new().with_hostnames(["models.example.com"]);
    let partial = AIGatewayRouteApplyConfiguration::new(NAME, &namespace).with_spec(spec);
    assert_eq!(partial.field("spec"), Some(&json!({"hostnames": ["models.example.com"]})));

    let incomplete = routes.apply(&partial, &options("hosts")).await.unwrap_err();
    assert!(incomplete.is_invalid(), "{incomplete}");
    assert!(incomplete.causes().iter().any(|cause| cause.field == "spec.rules"), "{incomplete}");

    let route = v1beta1::AIGatewayRoute::sample(NAME);
    let created = routes.create(&route).await.unwrap();
    let applied = routes.apply(&partial, &options("hosts")).await.unwrap();
    let (before, after) = (created.spec.unwrap_or_default(), applied.spec.unwrap_or_default());
    assert_eq!(after.rules, before.rules);
    assert_eq!(after.hostnames.unwrap_or_default(), ["models.example.com"]);
}

/// Mistakes that need no API server are reported before a request is sent, and conflicts by the API server.
///
/// # Panics
/// If an apply succeeds that must not.
pub async fn invalid_configurations_are_not_sent(clients: Clientset, namespace: String) {
    let configs = clients.aigateway_v1beta1().gateway_configs(&namespace);
    let duplicate = GatewayConfigStatusApplyConfiguration::new().with_conditions([
        condition("Ready", "one"),
        condition("Accepted", "two"),
        condition("Ready", "three"),
    ]);
    let duplicate = GatewayConfigApplyConfiguration::new(NAME, &namespace).with_status(duplicate);
    let error = configs.apply_status(&duplicate, &options("one")).await.unwrap_err();
    let expected = ConfigurationError::DuplicateKey {
        path: "status.conditions".to_owned(),
        keys: "type=\"Ready\"".to_owned(),
        first: 0,
        second: 2,
    };
    assert!(matches!(&error.reason, Reason::Configuration(found) if **found == expected), "{error}");

    let keyless = ConditionApplyConfiguration::new().with_message("no type");
    let keyless = configs.apply_status(&status(&namespace, keyless), &options("one")).await.unwrap_err();
    assert_eq!(
        keyless.reason.to_string(),
        "status.conditions[0]: the key \"type\" is missing, so the item cannot be identified; set it"
    );

    let finalizers = GatewayConfigApplyConfiguration::new(NAME, &namespace).with_finalizers(["a.b/c", "a.b/c"]);
    let finalizers = configs.apply(&finalizers, &options("one")).await.unwrap_err();
    assert!(finalizers.to_string().contains("metadata.finalizers: items 0 and 1 of the set are both"), "{finalizers}");

    let elsewhere = GatewayConfigApplyConfiguration::new(NAME, "elsewhere");
    let elsewhere = configs.apply(&elsewhere, &options("one")).await.unwrap_err();
    assert!(elsewhere.to_string().contains("metadata.namespace: is \"elsewhere\""), "{elsewhere}");

    let created = configs.create(&v1beta1::GatewayConfig::sample(NAME)).await.unwrap();
    let complete = configs.apply(&created, &options("one")).await.unwrap_err();
    assert!(matches!(&complete.reason, Reason::Configuration(found) if **found == ConfigurationError::ManagedFields));
    let anonymous = GatewayConfigApplyConfiguration::new(NAME, &namespace);
    let anonymous = configs.apply(&anonymous, &options("")).await.unwrap_err();
    assert!(anonymous.to_string().contains("server-side apply requires one"), "{anonymous}");
}

/// Kinds without a generated type are applied with a dynamic configuration or as objects.
///
/// # Panics
/// If a conflict is not reported, or force does not resolve it.
pub async fn kinds_without_generated_types_are_applied(clients: Clientset, namespace: String) {
    let maps = clients.client().namespaced::<ConfigMap>(&namespace);
    let dynamic = |level: &str| {
        DynamicApplyConfiguration::new("v1", "ConfigMap", NAME).with_field("data", json!({"level": level}))
    };
    let applied = maps.apply(&dynamic("info"), &options("one")).await.unwrap();
    let owned: DynamicApplyConfiguration = maps.extract(NAME, "one").await.unwrap();
    assert_eq!(owned.field("data"), Some(&json!({"level": "info"})));
    assert_eq!(applied.data.unwrap_or_default()["level"], "info");

    let mut object =
        ConfigMap { data: Some([("level".to_owned(), "debug".to_owned())].into()), ..ConfigMap::default() };
    object.metadata.name = Some(NAME.to_owned());
    let conflict = maps.apply(&object, &options("two")).await.unwrap_err();
    assert!(conflict.is_conflict(), "{conflict}");
    let rehearsed = maps.apply(&object, &options("two").force().dry_run()).await.unwrap();
    assert_eq!(rehearsed.data.unwrap_or_default()["level"], "debug");
    maps.apply(&object, &options("two").force()).await.unwrap();
    let lost: DynamicApplyConfiguration = maps.extract(NAME, "one").await.unwrap();
    assert_eq!(lost.field("data"), None, "the other manager took the field over");

    let secret = DynamicApplyConfiguration::new("v1", "Secret", NAME);
    let error = maps.apply(&secret, &options("one")).await.unwrap_err();
    assert!(error.to_string().contains("the configuration is for v1 Secret"), "{error}");
}
