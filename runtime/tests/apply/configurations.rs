use kube_client_runtime::apply::{Configuration as _, ConfigurationError};
use kube_client_runtime::types::Json;
use serde_json::{Value, json};

use crate::{MapApplyConfiguration, Parts, PartsApplyConfiguration, Port, PortApplyConfiguration};

fn json_of(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn port(port: i64) -> PortApplyConfiguration {
    PortApplyConfiguration::new().with_port(port)
}

#[test]
fn setters_append_to_lists_add_to_maps_and_replace_objects() {
    let parts = PartsApplyConfiguration::new()
        .with_hosts(["a"])
        .with_hosts(["b"])
        .with_labels([("x", "1")])
        .with_labels([("y", "2")])
        .with_named([("one", port(1))])
        .with_one(port(1).with_name("replaced"))
        .with_one(port(2))
        .with_gone(None)
        .with_args([""; 0]);
    assert_eq!(
        json_of(&parts),
        json!({
            "hosts": ["a", "b"],
            "labels": {"x": "1", "y": "2"},
            "named": {"one": {"port": 1}},
            "one": {"port": 2},
            "gone": null,
            "args": [],
        })
    );
    assert_eq!(serde_json::from_value::<PartsApplyConfiguration>(json_of(&parts)).unwrap(), parts);
    assert!(serde_json::from_value::<PartsApplyConfiguration>(json!([])).is_err());
}

#[test]
fn getters_return_none_for_fields_that_are_not_set_or_have_another_type() {
    let parts = PartsApplyConfiguration::new().with_one(port(1)).with_gone(None).with_field("size", "large");
    assert_eq!((parts.size(), parts.gone(), parts.hosts()), (None, Some(None), None));
    assert_eq!(parts.one().and_then(|port| port.port()), Some(1));
    assert_eq!(parts.field("size"), Some(&json!("large")));
}

#[test]
fn parts_are_changed_in_place_and_not_created_by_reading() {
    let mut parts = PartsApplyConfiguration::new();
    assert!(parts.ports_mut().is_empty() && parts.named_mut().is_empty() && parts.one_mut().port().is_none());
    assert_eq!(json_of(&parts), json!({}), "reading adds nothing");

    parts.ports_mut().extend([port(1), port(2).with_protocol("UDP")]);
    parts.ports_mut().upsert(port(1).with_protocol("TCP").with_name("first"));
    parts.ports_mut().upsert(port(2));
    parts.named_mut().entry("x".to_owned()).or_default().unset_port();
    *parts.one_mut() = port(3);
    assert_eq!(
        json_of(&parts),
        json!({
            "ports": [
                {"port": 1, "protocol": "TCP", "name": "first"},
                {"port": 2, "protocol": "UDP"},
                {"port": 2},
            ],
            "named": {"x": {}},
            "one": {"port": 3},
        })
    );
    parts.ports_mut().clear();
    parts.unset_named().unset_one();
    assert_eq!(json_of(&parts), json!({"ports": []}), "an existing list is not removed");
}

#[test]
fn whole_values_apply_every_field_that_they_encode() {
    let whole = PortApplyConfiguration::from(Port { port: 0, protocol: Some("TCP".to_owned()), name: None });
    assert_eq!(json_of(&whole), json!({"port": 0, "protocol": "TCP", "name": null}));
}

#[test]
fn value_that_cannot_be_encoded_is_reported_with_its_path() {
    let broken = Parts { broken: [(vec![1, 2], 3)].into(), ..Parts::default() };
    let map = MapApplyConfiguration::new("a", "b").with_parts(broken);
    let error = map.check().unwrap_err();
    assert!(matches!(&error, ConfigurationError::Encode { path, .. } if path == "parts"), "{error}");
    assert!(serde_json::to_value(&map).is_err());
}

#[test]
fn lists_are_checked_at_every_level() {
    let error = |parts: PartsApplyConfiguration| {
        MapApplyConfiguration::new("a", "b").with_parts(parts).check().unwrap_err().to_string()
    };
    assert_eq!(
        error(PartsApplyConfiguration::new().with_ports([port(1), port(2), port(1).with_protocol("TCP")])),
        r#"parts.ports: items 0 and 2 have the same key [port=1,protocol="TCP"]; remove one of them"#
    );
    assert_eq!(
        error(PartsApplyConfiguration::new().with_ports([PortApplyConfiguration::new().with_protocol("UDP")])),
        r#"parts.ports[0]: the key "port" is missing, so the item cannot be identified; set it"#
    );
    assert_eq!(
        error(PartsApplyConfiguration::new().with_hosts(["a", "b", "a"])),
        r#"parts.hosts: items 0 and 2 of the set are both "a"; remove one of them"#
    );
    assert_eq!(
        error(PartsApplyConfiguration::new().with_keys(["s3cret", "s3cret"])),
        "parts.keys: items 0 and 1 of the set are both [redacted]; remove one of them"
    );
    let valid = PartsApplyConfiguration::new()
        .with_ports([port(1), port(1).with_protocol("UDP")])
        .with_plain([port(1), port(1)])
        .with_args(["a", "a"]);
    assert_eq!(MapApplyConfiguration::new("a", "b").with_parts(valid).check(), Ok(()));
}

#[test]
fn debug_output_hides_sensitive_values() {
    let parts = PartsApplyConfiguration::new().with_token("s3cret").with_keys(["s3cret"]).with_size(3);
    let mut map = MapApplyConfiguration::new("a", "b").with_parts(parts);
    let text = format!("{map:?}");
    assert!(text.contains("\"size\":3") && text.contains("[redacted]") && !text.contains("s3cret"), "{text}");
    let guard = format!("{:?}", map.parts_mut());
    assert!(!guard.contains("s3cret"), "{guard}");
}

#[test]
fn deep_values_need_no_stack() {
    let deep = (0..100_000).fold(Value::from(1), |inner, _| Value::Array(vec![inner]));
    let parts = PartsApplyConfiguration::new().with_any(Json::from(deep));
    let mut map = MapApplyConfiguration::new("a", "b").with_parts(parts);
    assert_eq!(map.check(), Ok(()));
    assert!(map.parts().unwrap().field("any").is_some());
    let copy = map.clone();
    assert!(copy == map && format!("{copy:?}").len() > 200_000);
    map.parts_mut().unset_any();
    assert_eq!(map.parts().unwrap(), PartsApplyConfiguration::new());
}
