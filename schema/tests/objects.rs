//! Defaulting, pruning and validation of objects, with the messages of kube-apiserver 1.37.

use kube_structural_schema::object::{
    FieldError, apply_defaults, prune, prune_nulls, validate, validate_lists, validate_update,
};
use kube_structural_schema::{Schema, Source, read};
use serde_json::{Value, json};

#[allow(clippy::needless_pass_by_value)]
fn schema(spec: Value) -> Schema {
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": spec},
            }}}],
        },
    });
    let mut found = read(&[Source::new("widgets.json", crd.to_string())]).expect("a CRD");
    found.crds.remove(0).versions.remove(0).schema
}

fn messages(errors: &[FieldError]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn defaults_apply_to_existing_objects_only() {
    let schema = schema(json!({"type": "object", "properties": {
        "size": {"type": "integer", "default": 3},
        "inner": {"type": "object", "properties": {"on": {"type": "boolean", "default": true}}},
        "made": {"type": "object", "default": {}, "properties": {"on": {"type": "boolean", "default": true}}},
    }}));
    let mut object = json!({"spec": {"size": null}});
    prune_nulls(&schema, &mut object);
    apply_defaults(&schema, &mut object);
    assert_eq!(object, json!({"spec": {"size": 3, "made": {"on": true}}}));

    let mut object = json!({"spec": {"size": 0, "inner": {}, "made": {"on": false}}});
    apply_defaults(&schema, &mut object);
    assert_eq!(object, json!({"spec": {"size": 0, "inner": {"on": true}, "made": {"on": false}}}));
}

#[test]
fn null_is_kept_in_nullable_fields() {
    let schema = schema(json!({"type": "object", "properties": {
        "free": {"type": "string", "nullable": true},
        "filled": {"type": "string", "nullable": true, "default": "x"},
        "gone": {"type": "string", "default": "x"},
        "kept": {"type": "string"},
    }}));
    let mut object = json!({"spec": {"free": null, "filled": null, "gone": null, "kept": null}});
    prune_nulls(&schema, &mut object);
    apply_defaults(&schema, &mut object);
    assert_eq!(object, json!({"spec": {"free": null, "filled": null, "gone": "x"}}));
}

#[test]
fn unknown_fields_are_pruned_and_reported() {
    let schema = schema(json!({"type": "object", "properties": {
        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }}));
    let mut object = json!({
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "odd": 1},
        "spec": {"list": [{"a": "x", "b": 1}], "free": {"any": {"thing": 1}}, "typo": true},
    });
    let mut unknown = prune(&schema, &mut object);
    unknown.sort();
    assert_eq!(unknown, ["spec.list[0].b", "spec.typo"]);
    assert_eq!(object["spec"], json!({"list": [{"a": "x"}], "free": {"any": {"thing": 1}}}));
    assert_eq!(object["metadata"]["odd"], 1, "metadata is not pruned");
}

#[test]
fn messages_of_limits_match_the_api_server() {
    let cases = [
        (
            json!({"type": "integer", "minimum": 1}),
            json!(0),
            "spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1",
        ),
        (json!({"type": "string", "maxLength": 2}), json!("äöü"), "spec.x: Too long: may not be more than 2 bytes"),
        (
            json!({"type": "string", "pattern": "^a+$"}),
            json!("b"),
            "spec.x: Invalid value: \"b\": spec.x in body should match '^a+$'",
        ),
        (
            json!({"type": "string", "enum": ["a", "b"]}),
            json!("c"),
            "spec.x: Unsupported value: \"c\": supported values: \"a\", \"b\"",
        ),
        (
            json!({"type": "array", "maxItems": 1, "items": {"type": "integer"}}),
            json!([1, 2]),
            "spec.x: Too many: 2: must have at most 1 item",
        ),
        (
            json!({"type": "object", "required": ["y"], "properties": {"y": {"type": "string"}}}),
            json!({}),
            "spec.x.y: Required value",
        ),
        (
            json!({"type": "string"}),
            json!(1),
            "spec.x: Invalid value: \"integer\": spec.x in body must be of type string: \"integer\"",
        ),
        (
            json!({"type": "string", "format": "date-time"}),
            json!("noon"),
            "spec.x: Invalid value: \"noon\": spec.x in body must be of type date-time: \"noon\"",
        ),
    ];
    for (property, value, message) in cases {
        let schema = schema(json!({"type": "object", "properties": {"x": property}}));
        assert_eq!(messages(&validate(&schema, &json!({"spec": {"x": value}}))), [message]);
    }
}

#[test]
fn duplicate_items_of_sets_and_maps_are_errors() {
    let schema = schema(json!({"type": "object", "properties": {
        "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "map": {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        },
    }}));
    let object = json!({"spec": {"set": ["a", "b", "a"], "map": [{"name": "n"}, {"name": "n"}]}});
    let mut errors = messages(&validate_lists(&schema, &object));
    errors.sort();
    assert_eq!(errors, ["spec.map[1]: Duplicate value: {\"name\":\"n\"}", "spec.set[2]: Duplicate value: \"a\""]);
}

#[test]
fn unchanged_invalid_values_are_ignored_on_update() {
    let schema = schema(json!({"type": "object", "properties": {
        "size": {"type": "integer", "maximum": 5},
        "name": {"type": "string", "maxLength": 3},
    }}));
    let old = json!({"spec": {"size": 9, "name": "ok"}});
    let same = json!({"spec": {"size": 9, "name": "new"}});
    assert_eq!(messages(&validate_update(&schema, &same, &old)), Vec::<String>::new());
    let worse = json!({"spec": {"size": 8, "name": "new"}});
    let errors = messages(&validate_update(&schema, &worse, &old));
    assert_eq!(errors, ["spec.size: Invalid value: 8: spec.size in body should be less than or equal to 5"]);
}
