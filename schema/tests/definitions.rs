//! Validation of definitions: the messages of the API server, and accepted definitions.
//!
//! The messages are those of apiextensions-apiserver 0.37.2.

use kube_structural_schema::{Source, definition, read};
use serde_json::{Value, json};

/// The changed value in the base definition, as a JSON pointer in which `S` is the root schema and `P` the properties
/// of `spec`; the new value as JSON, or `absent`; and the errors of the API server.
#[rustfmt::skip]
const CASES: &[(&str, &str, &[&str])] = &[
    ("/spec/group", r#""example""#, &[r#"spec.group: Invalid value: "example": should be a domain with at least one dot"#]),
    ("/spec/group", r#""Example.com""#, &[r#"spec.group: Invalid value: "Example.com": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#]),
    ("/spec/scope", r#""Everywhere""#, &[r#"spec.scope: Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced""#]),
    ("/spec/names/plural", r#""Widgets""#, &[r#"spec.names.plural: Invalid value: "Widgets": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#]),
    ("/spec/names/listKind", r#""Widget""#, &[r#"spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same"#]),
    ("/spec/names/shortNames", r#"["W"]"#, &[r#"spec.names.shortNames[0]: Invalid value: "W": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#]),
    ("/spec/names/categories", r#"["a b"]"#, &[r#"spec.names.categories[0]: Invalid value: "a b": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#]),
    ("/spec/versions/0/name", r#""V1""#, &[r#"spec.version: Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#, r#"spec.versions[0].name: Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#]),
    ("/spec/versions/0/storage", "false", &[r#"spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version"#, "status.storedVersions: Invalid value: null: must have at least one stored version"]),
    ("/spec/versions/0/deprecationWarning", r#""x""#, &[r#"spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions"#]),
    ("/spec/preserveUnknownFields", "true", &["spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead", "spec.preserveUnknownFields: Invalid value: true: must be false in order to use defaults in the schema"]),
    ("/spec/versions/0/schema", "absent", &[r#"spec.selectableFields: Invalid value: "": may only be set when validations.schema is included"#, "spec.versions[0].schema.openAPIV3Schema: Required value"]),
    ("/spec/conversion", r#"{"strategy": "Webhook"}"#, &["spec.conversion.conversionReviewVersions: Required value", "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook"]),
    ("/spec/conversion", r#"{"strategy": "None", "webhook": {"conversionReviewVersions": ["v1"]}}"#, &["spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook"]),
    ("/spec/conversion", r#"{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v2"], "clientConfig": {"url": "http://a?b"}}}"#, &[r#"spec.conversion.conversionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1"#, r#"spec.conversion.webhookClientConfig.url: Invalid value: "b": query parameters are not permitted in the URL"#, r#"spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]"#]),
    ("/spec/versions/0/additionalPrinterColumns/0", r#"{"name": "", "type": "text", "jsonPath": "spec", "format": "x"}"#, &[r#"spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with ."#, r#"spec.additionalPrinterColumns[0].format: Invalid value: "x": must be one of byte,date,date-time,double,float,int32,int64,password"#, "spec.additionalPrinterColumns[0].name: Required value", r#"spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string"#]),
    ("/spec/versions/0/subresources/scale/specReplicasPath", r#"".status.replicas""#, &[r#"spec.subresources.scale.specReplicasPath: Invalid value: ".status.replicas": should be a json path under .spec"#]),
    ("/spec/versions/0/subresources/scale/statusReplicasPath", r#""""#, &["spec.subresources.scale.statusReplicasPath: Required value"]),
    ("/spec/versions/0/subresources/scale/labelSelectorPath", r#"".x""#, &[r#"spec.subresources.scale.labelSelectorPath: Invalid value: ".x": should be a json path under either .spec or .status"#]),
    ("/spec/versions/0/selectableFields", r#"[{"jsonPath": ".spec.nope"}, {"jsonPath": ".spec.list"}, {"jsonPath": ".metadata.name"}, {"jsonPath": ".spec.color"}, {"jsonPath": ".spec.color"}]"#, &[r#"spec.selectableFields[0].jsonPath: Invalid value: ".spec.nope": is an invalid path: does not refer to a valid field"#, r#"spec.selectableFields[1].jsonPath: Invalid value: ".spec.list": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."#, r#"spec.selectableFields[2].jsonPath: Invalid value: ".metadata.name": is an invalid path: does not refer to a valid field"#, r#"spec.selectableFields[4].jsonPath: Duplicate value: ".spec.color""#]),
    ("S/type", r#""array""#, &["spec.validation.openAPIV3Schema.items: Required value: must be specified", r#"spec.validation.openAPIV3Schema.type: Invalid value: "array": must be object at the root"#, r#"spec.validation.openAPIV3Schema.type: Invalid value: "array": only "object" is allowed as the type at the root of the schema if the status subresource is enabled"#]),
    ("S/properties/metadata", r#"{"type": "object", "description": "x"}"#, &["spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"]),
    ("S/properties/kind", r#"{"type": "integer"}"#, &[r#"spec.validation.openAPIV3Schema.properties[kind].type: Invalid value: "integer": must be string"#]),
    ("S/properties/apiVersion/default", r#""a""#, &["spec.validation.openAPIV3Schema.properties[apiVersion].default: Forbidden: must not be set in top-level apiVersion"]),
    ("P/size/type", r#""int""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[size].default: Invalid value: "integer":  in body must be of type int: "integer""#, r#"spec.validation.openAPIV3Schema.properties[spec].properties[size].type: Unsupported value: "int": supported values: "array", "boolean", "integer", "number", "object", "string""#]),
    ("P/size/type", "absent", &["spec.validation.openAPIV3Schema.properties[spec].properties[size].type: Required value: must not be empty for specified object fields"]),
    ("P/size/default", "99", &["spec.validation.openAPIV3Schema.properties[spec].properties[size].default: Invalid value: 99:  in body should be less than or equal to 10"]),
    ("P/color/default", r#""green""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[color].default: Unsupported value: "green": supported values: "red", "blue""#]),
    ("P/alt/default", r#"{"nope": 1}"#, &["spec.validation.openAPIV3Schema.properties[spec].properties[alt].default.a: Required value", r#"spec.validation.openAPIV3Schema.properties[spec].properties[alt].default: Invalid value: "": "" must validate one and only one schema (oneOf). Found none valid"#, r#"spec.validation.openAPIV3Schema.properties[spec].properties[alt].default: Invalid value: {"nope":1}: must not have unknown fields"#]),
    ("P/color/pattern", r#""^(a""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[color].pattern: Invalid value: "^(a": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): `^(a`"#]),
    ("P/color/pattern", r#""a(?=b)""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[color].pattern: Invalid value: "a(?=b)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"#]),
    ("P/color/pattern", r#""[z-a]""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[color].pattern: Invalid value: "[z-a]": must be a valid regular expression, but isn't: error parsing regexp: invalid character class range: `z-a`"#]),
    ("P/color/pattern", r#""\\d{1001}""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[color].pattern: Invalid value: "\\d{1001}": must be a valid regular expression, but isn't: error parsing regexp: invalid repeat count: `{1001}`"#]),
    ("P/tags/uniqueItems", "true", &["spec.validation.openAPIV3Schema.properties[spec].properties[tags].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"]),
    ("P/tags/items", "absent", &["spec.validation.openAPIV3Schema.properties[spec].properties[tags].items: Required value: must be specified"]),
    ("P/tags/items", r#"{"type": "object", "properties": {}}"#, &["spec.validation.openAPIV3Schema.properties[spec].properties[tags].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set"]),
    ("P/tags/items/nullable", "true", &["spec.validation.openAPIV3Schema.properties[spec].properties[tags].items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set"]),
    ("P/tags/x-kubernetes-list-type", r#""bag""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[tags].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map""#]),
    ("P/parts/x-kubernetes-list-map-keys", r#"["name", "name"]"#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[parts].x-kubernetes-list-map-keys: Invalid value: ["name","name"]: must not contain duplicate entries"#]),
    ("P/parts/x-kubernetes-list-map-keys", r#"["none"]"#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[parts].x-kubernetes-list-map-keys: Invalid value: ["none"]: entries must all be names of item properties"#]),
    ("P/parts/x-kubernetes-list-map-keys", "absent", &["spec.validation.openAPIV3Schema.properties[spec].properties[parts].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map"]),
    ("P/parts/x-kubernetes-list-type", "absent", &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[parts].items.properties[kind].x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[parts]"#, "spec.validation.openAPIV3Schema.properties[spec].properties[parts].x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty"]),
    ("P/parts/items/required", "[]", &["spec.validation.openAPIV3Schema.properties[spec].properties[parts].items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"]),
    ("P/parts/items/properties/name/type", r#""object""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[parts].items.properties[name].type: Invalid value: "object": must be a scalar type if parent array's x-kubernetes-list-type is map"#]),
    ("P/labels/properties", r#"{"a": {"type": "string"}}"#, &["spec.validation.openAPIV3Schema.properties[spec].properties[labels].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"]),
    ("P/labels/x-kubernetes-map-type", r#""deep""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[labels].x-kubernetes-map-type: Unsupported value: "deep": supported values: "atomic", "granular""#]),
    ("P/labels/x-kubernetes-list-type", r#""set""#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[labels].type: Invalid value: "object": must be array if x-kubernetes-list-type is specified"#]),
    ("P/port/x-kubernetes-preserve-unknown-fields", "true", &["spec.validation.openAPIV3Schema.properties[spec].properties[port].x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true"]),
    ("P/port/anyOf/0/format", r#""int32""#, &["spec.validation.openAPIV3Schema.properties[spec].properties[port].anyOf[0].type: Forbidden: must be empty to be structural", "spec.validation.openAPIV3Schema.properties[spec].properties[port].anyOf[1].type: Forbidden: must be empty to be structural"]),
    ("P/embedded", r#"{"type": "object", "x-kubernetes-embedded-resource": true}"#, &["spec.validation.openAPIV3Schema.properties[spec].properties[embedded].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"]),
    ("P/alt/oneOf/0", r#"{"type": "object", "description": "x", "default": 1, "nullable": true}"#, &["spec.validation.openAPIV3Schema.properties[spec].properties[alt].oneOf[0].default: Forbidden: must be undefined to be structural", "spec.validation.openAPIV3Schema.properties[spec].properties[alt].oneOf[0].description: Forbidden: must be empty to be structural", "spec.validation.openAPIV3Schema.properties[spec].properties[alt].oneOf[0].nullable: Forbidden: must be false to be structural", "spec.validation.openAPIV3Schema.properties[spec].properties[alt].oneOf[0].type: Forbidden: must be empty to be structural"]),
    ("P/alt/not", r#"{"properties": {"metadata": {}}}"#, &["spec.validation.openAPIV3Schema.properties[spec].properties[alt].not.properties[metadata]: Forbidden: must not be specified in a nested context"]),
    ("S/properties/spec/x-kubernetes-validations", r#"[{"rule": " "}]"#, &["spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified"]),
    ("S/properties/spec/x-kubernetes-validations", r#"[{"rule": "true ||\ntrue"}]"#, &["spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].message: Required value: message must be specified if rule contains line breaks"]),
    ("S/properties/spec/x-kubernetes-validations", r#"[{"rule": "true", "message": "a\nb", "reason": "Because", "fieldPath": ".nope"}]"#, &[r#"spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].fieldPath: Invalid value: ".nope": must be a valid path"#, r#"spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].message: Invalid value: "a\nb": must not contain line breaks"#, r#"spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired""#]),
    ("S/properties/spec/x-kubernetes-validations", r#"[{"rule": "true", "messageExpression": " ", "fieldPath": " "}]"#, &[r#"spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].fieldPath: Invalid value: " ": must be a valid path"#, r#"spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].fieldPath: Invalid value: " ": must be non-empty if specified"#, "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].messageExpression: Required value: messageExpression must be non-empty if specified"]),
    ("S/properties/spec/x-kubernetes-validations", r#"[{"rule": "true", "optionalOldSelf": true}]"#, &["spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"]),
    ("P/list/items/x-kubernetes-validations", r#"[{"rule": "self == oldSelf"}]"#, &[r#"spec.validation.openAPIV3Schema.properties[spec].properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[list]"#]),
    ("P/color/minLength", "-1", &[]),
    ("P/color/maxLength", "9223372036854775807", &[]),
    ("P/alt/anyOf", r#"[{"properties": {"none": {"minLength": 1}}}]"#, &[]),
    ("P/tags/items/anyOf", r#"[{"minLength": 1}]"#, &[]),
    ("P/size/foo", "1", &[]),
    ("S/properties/metadata", r#"{"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}}"#, &[]),
    ("P/list/not", r#"{"items": {"required": ["a"]}}"#, &[]),
    ("P/color/format", r#""colour""#, &[]),
    ("P/color/externalDocs", r#"{"url": "x"}"#, &[]),
    ("P/tags/items", r#"{"type": "array", "items": {"type": "string"}, "maxItems": 2}"#, &[]),
];

fn base() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "subresources": {"status": {}, "scale": {
                    "specReplicasPath": ".spec.replicas",
                    "statusReplicasPath": ".status.replicas",
                    "labelSelectorPath": ".status.selector",
                }},
                "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
                "selectableFields": [{"jsonPath": ".spec.color"}],
                "schema": {"openAPIV3Schema": {"type": "object", "description": "d", "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"type": "object"},
                    "spec": spec(),
                    "status": {"type": "object", "properties": {
                        "replicas": {"type": "integer"}, "selector": {"type": "string"},
                    }},
                }}},
            }],
        },
    })
}

fn spec() -> Value {
    let part = json!({"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "maxLength": 5},
        "kind": {"type": "string", "maxLength": 5, "default": "a", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]},
    }});
    json!({
        "type": "object",
        "required": ["size"],
        "x-kubernetes-validations": [{"rule": "self.size > 1", "message": "m"}],
        "properties": {
            "size": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3},
            "color": {"type": "string", "enum": ["red", "blue"], "pattern": "^[a-z]+$", "maxLength": 5, "default": "red"},
            "replicas": {"type": "integer"},
            "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "embedded": {
                "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true,
            },
            "labels": {"type": "object", "maxProperties": 5, "additionalProperties": {"type": "string"}},
            "tags": {
                "type": "array", "maxItems": 5, "x-kubernetes-list-type": "set",
                "items": {"type": "string", "maxLength": 5},
            },
            "parts": {
                "type": "array", "maxItems": 5, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": part,
            },
            "list": {"type": "array", "maxItems": 5, "items": {
                "type": "object", "properties": {"a": {"type": "string", "format": "date-time"}},
            }},
            "alt": {
                "type": "object",
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
                "anyOf": [{"properties": {"a": {"minLength": 1}}}],
            },
        },
    })
}

/// Returns the base definition with one change.
fn changed(pointer: &str, value: &str) -> Value {
    const SCHEMA: &str = "/spec/versions/0/schema/openAPIV3Schema";
    let pointer = match pointer.split_at(1) {
        ("S", rest) => format!("{SCHEMA}{rest}"),
        ("P", rest) => format!("{SCHEMA}/properties/spec/properties{rest}"),
        _ => pointer.to_owned(),
    };
    let mut definition = base();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = definition.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match (parent, value) {
        (Value::Object(fields), "absent") => drop(fields.remove(name)),
        (parent, value) => {
            let value: Value = serde_json::from_str(value).expect(value);
            match parent.as_array_mut() {
                Some(items) => items[name.parse::<usize>().expect("an index")] = value,
                None => parent[name] = value,
            }
        }
    }
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let name = format!("{}.{}", text("/spec/names/plural"), text("/spec/group"));
    definition["metadata"]["name"] = name.into();
    definition
}

#[test]
fn errors_match_the_api_server() {
    for (pointer, value, expected) in CASES {
        let mut definition = changed(pointer, value);
        definition::decode(&mut definition).unwrap_or_else(|error| panic!("{pointer}: {error}"));
        definition::set_defaults(&mut definition);
        let mut errors: Vec<String> =
            definition::validate(&definition, definition::any_resource).iter().map(ToString::to_string).collect();
        errors.sort();
        assert_eq!(errors, *expected, "{pointer} = {value}");
    }
}

#[test]
fn reader_accepts_the_same_definitions_as_the_api_server() {
    // Storage versions are checked when the sources of a definition are merged.
    let is_checked_later = |errors: &[&str]| errors.iter().any(|error| error.contains("one version marked as storage"));
    for (pointer, value, errors) in CASES.iter().filter(|(_, _, errors)| !is_checked_later(errors)) {
        let found = read(&[Source::new("widgets.json", changed(pointer, value).to_string())]);
        assert_eq!(found.is_ok(), errors.is_empty(), "{pointer} = {value}: {found:?}");
        if let Err(problems) = found {
            assert!(problems.0.iter().all(|problem| problem.place.at.is_some()), "{problems}");
        }
    }
}

#[test]
fn stored_versions_and_established_names_are_immutable() {
    let mut old = base();
    definition::set_defaults(&mut old);
    old["status"]["conditions"] = json!([{"type": "Established", "status": "True"}]);
    let mut new = old.clone();
    new["spec"]["versions"][0]["name"] = "v2".into();
    new["spec"]["scope"] = "Cluster".into();
    new["status"]["storedVersions"] = json!(["v1", "v2"]);
    let errors: Vec<String> =
        definition::validate_update(&new, &old, definition::any_resource).iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        [
            "spec.scope: Invalid value: \"Cluster\": field is immutable",
            "status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions",
        ]
    );
}

#[test]
fn values_stored_before_a_check_existed_are_allowed_on_update() {
    let mut old = changed("P/tags/items", r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#);
    definition::set_defaults(&mut old);
    assert!(!definition::validate(&old, definition::any_resource).is_empty());
    assert_eq!(definition::validate_update(&old, &old, definition::any_resource), []);
    let mut group = changed("/spec/group", "\"widgets.k8s.io\"");
    definition::set_defaults(&mut group);
    assert_eq!(definition::validate(&group, definition::any_resource).len(), 1);
    assert_eq!(definition::validate_update(&group, &group, definition::any_resource), []);
}

#[test]
fn unknown_formats_and_sets_of_objects_are_warned_about_once() {
    let definition = changed("P/color/format", "\"colour\"");
    assert_eq!(definition::warnings(&definition, None), ["unrecognized format \"colour\""]);
    assert_eq!(definition::warnings(&definition, Some(&definition)), Vec::<String>::new());
    let definition = changed("P/tags/items", r#"{"type": "array", "items": {"type": "string"}}"#);
    let warning = "x-kubernetes-list-type: set for items of type \"array\" is not supported by server-side apply or CEL validation rules";
    assert_eq!(definition::warnings(&definition, None), [warning]);
}

#[test]
fn unknown_fields_are_reported_as_in_go() {
    let mut definition = changed("P/size/foo", "1");
    definition["spec"]["bar"] = true.into();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["tags"]["items"]
        ["baz"] = 1.into();
    let mut unknown = definition::decode(&mut definition).expect("a definition");
    unknown.sort();
    let size = "spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.foo";
    // Types with their own decoder, such as `items`, do not report unknown fields.
    assert_eq!(unknown, ["spec.bar", size]);
    assert!(!definition.to_string().contains("baz"));
    definition["spec"]["versions"][0]["served"] = "yes".into();
    let error = "json: cannot unmarshal string into Go struct field CustomResourceDefinitionVersion.spec.versions.served of type bool";
    assert_eq!(definition::decode(&mut definition), Err(error.to_owned()));
}
