//! Conversion between versions returns what the API server returns, and reports what it loses.

use kube_client_runtime::client::{Client, LossyNamespaced};
use kube_client_runtime::convert::{ConvertError, ConvertTo, Converted, Misfit, MisfitReason};
use kube_client_runtime::kube::core::{ApiResource, DynamicObject};
use kube_client_runtime::resource::CustomKind;
use kube_fake_apiserver::FakeApiServer;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Two versions that differ in fields, types, enums, limits, required fields and defaults.
const CRD: &str = concat!(
    r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition","#,
    r#""metadata": {"name": "feeds.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced","#,
    r#""names": {"kind": "Feed", "plural": "feeds"}, "versions": ["#,
    r#"{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object","#,
    r#""properties": {"spec": {"type": "object", "properties": {"#,
    r#""size": {"type": "integer"}, "mode": {"type": "string"}, "note": {"type": "string"}, "weight": {"type": "integer"},"#,
    r#""unit": {"type": "string", "enum": ["kg", "l", "piece"]},"#,
    r#""any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},"#,
    r#""sources": {"type": "array", "items": {"type": "object","#,
    r#""properties": {"name": {"type": "string"}, "part": {"type": "integer"}, "old": {"type": "string"}}}}"#,
    r#"}}}}}},"#,
    r#"{"name": "v2", "served": true, "storage": false, "schema": {"openAPIV3Schema": {"type": "object","#,
    r#""properties": {"spec": {"type": "object", "required": ["size", "mode"], "properties": {"#,
    r#""size": {"type": "integer", "maximum": 10}, "mode": {"type": "string", "default": "slow"},"#,
    r#""weight": {"type": "string"}, "unit": {"type": "string", "enum": ["kg", "l"]},"#,
    r#""any": {"type": "object", "properties": {"kept": {"type": "string"}}},"#,
    r#""sources": {"type": "array", "items": {"type": "object","#,
    r#""properties": {"name": {"type": "string"}, "part": {"type": "string"}}}}"#,
    r#"}}}}}}]}}"#
);

/// Defines the type of a version.
macro_rules! kind {
    ($version:literal, $storage:literal, $spec:ty) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(super) struct Feed {
            pub(super) metadata: kube_client_runtime::types::ObjectMeta,
            pub(super) spec: Option<$spec>,
        }

        kube_client_runtime::resource! {
            Feed {
                group: "example.com",
                version: $version,
                kind: "Feed",
                list_kind: "FeedList",
                plural: "feeds",
                singular: "feed",
                short_names: [],
                categories: [],
                scope: Namespaced,
                storage: $storage,
                deprecated: None,
                subresources: [],
                selectable_fields: [],
                crd: super::CRD,
                fields: { metadata = "metadata": defaulted, spec = "spec": optional },
                spec: optional($spec),
            }
        }
    };
}

mod v1 {
    /// The type of the specs does not matter for a conversion: this one holds everything.
    pub(super) type Spec = std::collections::BTreeMap<String, kube_client_runtime::types::Json>;
    kind!("v1", true, Spec);
}

mod v2 {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) struct Spec {
        pub(super) size: i64,
        pub(super) mode: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) weight: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) any: Option<BTreeMap<String, String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) sources: Option<Vec<Source>>,
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) struct Source {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) part: Option<String>,
    }

    kind!("v2", false, Spec);
}

impl ConvertTo<v2::Feed> for v1::Feed {}
impl ConvertTo<v1::Feed> for v2::Feed {}

fn feed<K: CustomKind + DeserializeOwned>(spec: &Value) -> K {
    let object =
        json!({"apiVersion": K::INFO.api_version(), "kind": "Feed", "metadata": {"name": "feed"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

fn to_v2(spec: &Value) -> Result<v2::Feed, ConvertError> {
    feed::<v1::Feed>(spec).convert()
}

/// The paths that do not fit, and whether they are lost.
fn paths(misfits: &[Misfit]) -> Vec<(&str, bool)> {
    misfits.iter().map(|misfit| (misfit.path.as_str(), misfit.is_lost())).collect()
}

#[test]
fn object_that_fits_is_converted_unchanged() {
    let spec = json!({"size": 1, "mode": "fast", "unit": "l", "any": {"kept": "x"}, "sources": [{"name": "a"}, {}]});
    let mut object: v2::Feed = feed(&spec);
    object.metadata.resource_version = Some("7".to_owned());
    let converted: v1::Feed = object.convert().unwrap();
    let json = serde_json::to_value(&converted).unwrap();
    let metadata = json!({"name": "feed", "resourceVersion": "7"});
    assert_eq!(json, json!({"apiVersion": "example.com/v1", "kind": "Feed", "metadata": metadata, "spec": spec}));
    assert_eq!(ConvertTo::<v2::Feed>::convert(&converted).unwrap(), object);
}

#[test]
fn defaults_are_set_only_for_required_fields() {
    let converted = to_v2(&json!({"size": 1})).unwrap();
    assert_eq!(converted.spec.unwrap(), v2::Spec { size: 1, mode: "slow".to_owned(), ..Default::default() });
}

#[test]
fn error_names_every_path_that_does_not_fit() {
    let sources = json!([{"name": "a", "part": 1}, {"old": "x"}, {"part": 2}]);
    let spec = json!({"size": 11, "note": "n", "unit": "piece", "weight": 3, "any": {"kept": "x", "b.c": {"d": 1}}, "sources": sources});
    let error = to_v2(&spec).unwrap_err();
    let mut found = paths(error.misfits());
    found.sort_unstable();
    let expected = [
        ("spec.any.b.c", true),
        ("spec.note", true),
        ("spec.size", false),
        ("spec.sources[0].part", true),
        ("spec.sources[1].old", true),
        ("spec.sources[2].part", true),
        ("spec.unit", false),
        ("spec.weight", true),
    ];
    assert_eq!(found, expected);
    let text = error.to_string();
    for part in [
        "Feed \"feed\" does not fit example.com/v2: ",
        "spec.note: the version does not have this field",
        "spec.unit: Unsupported value: \"piece\": supported values: \"kg\", \"l\"",
        "spec.weight: Invalid value: \"integer\": spec.weight in body must be of type string: \"integer\"",
        "; change these fields, or drop what is lost with convert_lossy",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn lossy_conversion_drops_what_the_type_cannot_hold() {
    let spec = json!({"size": 11, "note": "n", "unit": "piece", "weight": 3, "sources": [{"name": "a", "part": 1}, {"part": 2}]});
    let converted: Converted<v2::Feed> = feed::<v1::Feed>(&spec).convert_lossy().unwrap();
    let lost: Vec<&str> =
        converted.misfits.iter().filter(|misfit| misfit.is_lost()).map(|misfit| misfit.path.as_str()).collect();
    assert_eq!(lost, ["spec.note", "spec.sources[0].part", "spec.sources[1].part", "spec.weight"]);
    let sources = vec![v2::Source { name: Some("a".to_owned()), part: None }, v2::Source::default()];
    let expected = v2::Spec {
        size: 11,
        mode: "slow".to_owned(),
        unit: Some("piece".to_owned()),
        sources: Some(sources),
        ..Default::default()
    };
    assert_eq!(converted.object.spec.unwrap(), expected);
}

#[test]
fn missing_required_field_is_an_error_of_both_conversions() {
    let source = feed::<v1::Feed>(&json!({"note": "n"}));
    let errors = [ConvertTo::<v2::Feed>::convert(&source).unwrap_err(), source.convert_lossy().unwrap_err()];
    for error in errors {
        assert_eq!(paths(error.misfits()), [("spec.note", true), ("spec.size", false)]);
        assert_eq!(error.misfits()[1].reason, MisfitReason::Invalid("Required value".to_owned()));
    }
}

/// What the API server stores in one version and returns in the other is the result of the conversion, except for values of
/// a wrong type, which it returns unchanged.
#[tokio::test]
async fn conversion_is_that_of_the_server() {
    let server = FakeApiServer::builder().crds_yaml(CRD).build().unwrap();
    let client = Client::from(server.client());
    let stored = client.namespaced::<v1::Feed>("default");
    let kind: ApiResource = (&v2::Feed::INFO).into();
    let converted: LossyNamespaced<DynamicObject> = client.namespaced_with("default", kind).lossy_updates();
    for (number, spec) in [
        json!({"size": 1, "mode": "fast"}),
        json!({"size": 11, "mode": "fast", "note": "n", "unit": "piece", "any": {"kept": "x", "b": {"c": 1}}}),
        json!({"size": 1, "mode": "fast", "sources": [{"name": "a", "old": "x"}, {}, {"old": "y"}]}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut object: v1::Feed = feed(&spec);
        object.metadata.name = Some(format!("feed-{number}"));
        let written = stored.create(&object).await.unwrap();
        let ours: Converted<v2::Feed> = written.convert_lossy().unwrap();
        let served = converted.get(&format!("feed-{number}")).await.unwrap();
        let (ours, served) = (serde_json::to_value(&ours.object).unwrap(), serde_json::to_value(&served).unwrap());
        assert_eq!((&ours["apiVersion"], &ours["spec"]), (&served["apiVersion"], &served["spec"]));
        assert_eq!(ours["metadata"]["uid"], served["metadata"]["uid"]);
    }
}
