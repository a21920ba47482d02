//! Repair of definitions that the API server rejects.

use kube_structural_schema::{Definitions, Problems, Source, definition, read, read_lenient};
use serde_json::{Value, json};

/// A definition whose root schema is `root`.
fn with_root(root: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.example.com}}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {{kind: Widget, plural: widgets}}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema: {root}\n"
    )
}

/// A definition with a field `a` of this schema.
fn with_field(schema: &str) -> String {
    with_root(&format!("{{type: object, properties: {{spec: {{type: object, properties: {{a: {schema}}}}}}}}}"))
}

fn lenient(text: &str) -> Result<Definitions, Problems> {
    read_lenient(&[Source::new("w.yaml", text)])
}

/// Reads a definition that has to be repaired; returns the repaired root schema and the notes. Checks that the API
/// server accepts the definition, and that another repair changes nothing.
fn repaired(text: &str) -> (Value, Vec<String>) {
    read(&[Source::new("w.yaml", text)]).expect_err(text);
    let found = lenient(text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
    let document = &found.crds[0].document;
    assert_accepted(document);
    let again = lenient(&document.to_string()).unwrap();
    assert_eq!((&again.crds[0].document, again.notes.len()), (document, 0));
    let root = document.pointer("/spec/versions/0/schema/openAPIV3Schema").unwrap().clone();
    (root, found.notes.iter().map(ToString::to_string).collect())
}

fn assert_accepted(document: &Value) {
    let mut document = document.clone();
    assert_eq!(definition::decode(&mut document), Ok(Vec::new()), "{document}");
    definition::set_defaults(&mut document);
    let errors = definition::validate(&document, definition::any_resource);
    let texts: Vec<String> =
        errors.iter().map(ToString::to_string).filter(|text| !text.starts_with("status")).collect();
    assert!(texts.is_empty(), "{document}\n{texts:#?}");
}

/// The schema of a field, its repaired form, and the notes without their common start.
#[rustfmt::skip]
const FIELDS: &[(&str, &str, &[&str])] = &[
    ("{}", "any", &[": type is missing; lenient: any JSON value is accepted"]),
    ("{description: x, nullable: true, minimum: 1}", r#"{"description": "x", "nullable": true, "x-kubernetes-preserve-unknown-fields": true}"#, &[": type is missing; lenient: any JSON value is accepted"]),
    ("{properties: {b: {type: string}}}", r#"{"type": "object", "properties": {"b": {"type": "string"}}}"#, &[": type is missing; lenient: the type is object"]),
    ("{items: {type: string}}", r#"{"type": "array", "items": {"type": "string"}}"#, &[": type is missing; lenient: the type is array"]),
    ("{type: any}", "any", &[": type must be array, boolean, integer, number, object or string, found \"any\"; lenient: any JSON value is accepted"]),
    ("{type: file, description: x}", r#"{"description": "x", "x-kubernetes-preserve-unknown-fields": true}"#, &[": type must be array, boolean, integer, number, object or string, found \"file\"; lenient: any JSON value is accepted"]),
    ("{type: [string, 'null'], maxLength: 3}", r#"{"type": "string", "nullable": true, "maxLength": 3}"#, &[": type must be a string, found a list; lenient: the type is string, or null"]),
    ("{type: [string, null]}", r#"{"type": "string", "nullable": true}"#, &[": type must be a string, found a list; lenient: the type is string, or null"]),
    ("{type: [string, integer]}", "any", &[": type must be a string, found a list; lenient: any JSON value is accepted"]),
    ("{$ref: '#/definitions/a'}", "any", &[": $ref is not allowed in a CRD; lenient: any JSON value is accepted"]),
    ("{type: object, $ref: x}", r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true}"#, &[": $ref is not allowed in a CRD; lenient: it is removed, and the object may have any fields"]),
    ("{type: string, definitions: {b: {type: string}}, id: x}", r#"{"type": "string"}"#, &[": definitions is not allowed in a CRD; lenient: it is removed", ": id is not allowed in a CRD; lenient: it is removed"]),
    ("{type: object, patternProperties: {'^x': {type: string}}}", r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true}"#, &[": patternProperties is not allowed in a CRD; lenient: it is removed, and the object may have any fields"]),
    ("text", "any", &[": a schema must be a mapping, found a string; lenient: any JSON value is accepted"]),
    ("{type: object, properties: [b]}", r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true}"#, &[": properties must be a mapping, found a list; lenient: it is removed, and the object may have any fields"]),
    ("{anyOf: [{type: string}, {type: object}]}", "any", &[": anyOf[0]: type is only allowed outside, and type is missing; lenient: any JSON value is accepted"]),
    ("{anyOf: [{type: string}, {type: integer}]}", r#"{"x-kubernetes-int-or-string": true}"#, &[": anyOf of integer and string needs x-kubernetes-int-or-string; lenient: it is set"]),
    ("{type: object, oneOf: [{properties: {b: {type: string}}}, {required: [c]}]}", r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true}"#, &[": oneOf[0]: b is only named here, not in properties outside; lenient: oneOf is removed, and the object may have any fields"]),
    ("{type: object, properties: {b: {type: string}}, oneOf: [{type: object, description: x, required: [b]}]}", r#"{"type": "object", "properties": {"b": {"type": "string"}}, "oneOf": [{"required": ["b"]}]}"#, &[": oneOf[0]: types and descriptions are only allowed outside; lenient: repeated types, and descriptions, are removed"]),
    ("{type: string, allOf: [{minLength: 1}, {type: integer}, {maxLength: 2}]}", r#"{"type": "string", "allOf": [{"minLength": 1}, {"maxLength": 2}]}"#, &[": allOf[1]: type is only allowed outside; lenient: it is removed"]),
    ("{type: string, not: {type: integer}}", r#"{"type": "string"}"#, &[": not: type is only allowed outside; lenient: not is removed"]),
    ("{type: array, items: [{type: string}]}", r#"{"type": "array", "items": any}"#, &[": items must be a schema, found a list; lenient: values are any JSON value"]),
    ("{type: array}", r#"{"type": "array", "items": any}"#, &[": an array must have items; lenient: items are any JSON value"]),
    ("{type: object, properties: {b: {type: string}}, additionalProperties: {type: string}}", r#"{"type": "object", "properties": {"b": {"type": "string"}}, "x-kubernetes-preserve-unknown-fields": true}"#, &[": additionalProperties excludes properties; lenient: additionalProperties is removed, and the object may have any fields"]),
    ("{type: object, properties: {b: {type: string}}, additionalProperties: false}", r#"{"type": "object", "properties": {"b": {"type": "string"}}}"#, &[": additionalProperties excludes properties; lenient: additionalProperties is removed"]),
    ("{type: object, additionalProperties: string}", r#"{"type": "object", "additionalProperties": any}"#, &[": additionalProperties must be a schema or a boolean, found a string; lenient: values are any JSON value"]),
    ("{type: array, items: {type: string}, uniqueItems: true}", r#"{"type": "array", "items": {"type": "string"}}"#, &[": uniqueItems must not be true; lenient: it is removed"]),
    ("{type: string, nullable: 'yes'}", r#"{"type": "string"}"#, &[": nullable must be a boolean, found a string; lenient: it is removed"]),
    ("{type: array, x-kubernetes-list-type: set, items: {type: string, nullable: true}}", r#"{"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}"#, &["[]: nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set; lenient: nullable is removed"]),
    ("{type: integer, default: x}", r#"{"type": "integer"}"#, &[": default: Invalid value: \"string\":  in body must be of type integer: \"string\"; lenient: default is removed"]),
    ("{type: string, pattern: 'a(?=b)'}", r#"{"type": "string"}"#, &[": pattern: Invalid value: \"a(?=b)\": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: `(?=`; lenient: pattern is removed"]),
    ("{type: string, enum: a}", r#"{"type": "string"}"#, &[": enum must be a list, found a string; lenient: it is removed"]),
    ("{type: string, maxLength: 1.5}", r#"{"type": "string"}"#, &[": maxLength must be a whole number, found a number; lenient: it is removed"]),
    ("{type: object, x-kubernetes-preserve-unknown-fields: false}", r#"{"type": "object"}"#, &[": x-kubernetes-preserve-unknown-fields must not be false; lenient: it is removed"]),
    ("{type: string, x-kubernetes-embedded-resource: true}", r#"{"type": "string"}"#, &[": x-kubernetes-embedded-resource needs type: object; lenient: it is removed"]),
    ("{type: object, x-kubernetes-embedded-resource: true}", r#"{"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}"#, &[": properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields; lenient: the resource may have any fields"]),
    ("{type: array, items: {type: string}, x-kubernetes-list-type: sorted}", r#"{"type": "array", "items": {"type": "string"}}"#, &[": x-kubernetes-list-type: Unsupported value: \"sorted\": supported values: \"atomic\", \"set\", \"map\"; lenient: x-kubernetes-list-type is removed"]),
    ("{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [b], items: {type: object, properties: {c: {type: string}}}}", r#"{"type": "array", "items": {"type": "object", "properties": {"c": {"type": "string"}}}}"#, &[": x-kubernetes-list-map-keys: Invalid value: [\"b\"]: entries must all be names of item properties; lenient: x-kubernetes-list-type is removed"]),
    ("{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [b], items: {type: object, properties: {b: {type: string}}}}", r#"{"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string"}}}}"#, &["[].b: default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property; lenient: x-kubernetes-list-type is removed"]),
    ("{type: object, x-kubernetes-list-type: set}", r#"{"type": "object"}"#, &[": x-kubernetes-list-type needs type: array; lenient: it is removed"]),
    ("{type: object, x-kubernetes-validations: [{message: a}, {rule: 'true'}]}", r#"{"type": "object", "x-kubernetes-validations": [{"rule": "true"}]}"#, &[": x-kubernetes-validations[0].rule: Required value: rule is not specified; lenient: the rule is removed"]),
    ("{type: object, x-kubernetes-validations: [{rule: 'true', reason: Because}]}", r#"{"type": "object", "x-kubernetes-validations": [{"rule": "true"}]}"#, &[": x-kubernetes-validations[0].reason: Unsupported value: \"Because\": supported values: \"FieldValueDuplicate\", \"FieldValueForbidden\", \"FieldValueInvalid\", \"FieldValueRequired\"; lenient: reason is removed"]),
];

#[test]
fn unusable_fields_are_repaired_with_a_note() {
    for (schema, expected, notes) in FIELDS {
        let (root, found) = repaired(&with_field(schema));
        let any = r#"{"x-kubernetes-preserve-unknown-fields": true}"#;
        let expected: Value =
            serde_json::from_str(&expected.replace("any}", &format!("{any}}}")).replace("\"any\"", "any"))
                .unwrap_or_else(|_| serde_json::from_str(any).unwrap());
        assert_eq!(root.pointer("/properties/spec/properties/a"), Some(&expected), "{schema}");
        let found: Vec<&str> =
            found.iter().map(|note| note.split_once(".spec.a").map_or(note.as_str(), |(_, text)| text)).collect();
        assert_eq!(found, *notes, "{schema}");
    }
}

#[test]
fn notes_contain_the_position() {
    let (_, notes) = repaired(&with_field("{type: any}"));
    assert_eq!(
        notes,
        [
            "w.yaml:13:96: widgets.example.com v1 .spec.a: type must be array, boolean, integer, number, object or string, found \"any\"; lenient: any JSON value is accepted"
        ]
    );
}

#[test]
fn rules_that_do_not_compile_are_removed() {
    let (root, notes) = repaired(&with_field(
        "{type: object, x-kubernetes-validations: [{rule: 'self.('}, {rule: 'true'}, {rule: 'true', messageExpression: '('}]}",
    ));
    let rules = root.pointer("/properties/spec/properties/a/x-kubernetes-validations").unwrap();
    assert_eq!(rules, &json!([{"rule": "true"}, {"rule": "true"}]));
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes.iter().any(|note| note.ends_with("; lenient: the rule is removed")), "{notes:?}");
    assert!(notes.iter().any(|note| note.ends_with("; lenient: messageExpression is removed")), "{notes:?}");
}

#[test]
fn unusable_roots_become_objects() {
    let any = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    for (root, expected) in [
        ("{}", any.clone()),
        ("{type: string}", any.clone()),
        ("{type: array, items: {type: string}}", any.clone()),
        ("[]", any.clone()),
        ("{$ref: x}", any.clone()),
        ("{properties: {spec: {type: string}}}", json!({"type": "object", "properties": {"spec": {"type": "string"}}})),
        ("{type: object, nullable: true}", json!({"type": "object"})),
        ("{type: object, additionalProperties: {type: string}}", any),
        (
            "{type: object, properties: {metadata: {type: object, properties: {labels: {type: object}}}, spec: {type: string}}}",
            json!({"type": "object", "properties": {"spec": {"type": "string"}}}),
        ),
        ("{type: object, properties: {kind: {type: integer}}}", json!({"type": "object", "properties": {}})),
    ] {
        assert_eq!(repaired(&with_root(root)).0, expected, "{root}");
    }
}

#[test]
fn version_without_a_schema_accepts_any_object() {
    let text = with_root("{}");
    let (text, _) = text.split_once("    schema:").unwrap();
    let (root, notes) = repaired(text);
    assert_eq!(root, json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}));
    assert_eq!(
        notes,
        ["w.yaml:9:5: widgets.example.com v1: version has no schema.openAPIV3Schema; lenient: any object is accepted"]
    );
}

#[test]
fn preserve_unknown_fields_of_a_definition_moves_to_its_schemas() {
    let text = with_root("{type: object}").replace("  scope:", "  preserveUnknownFields: true\n  scope:");
    let (root, _) = repaired(&text);
    assert_eq!(root, json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}));
}

#[test]
fn selectable_fields_of_repaired_schemas_are_removed() {
    let text = with_field("{type: any}") + "    selectableFields: [{jsonPath: .spec.a}]\n";
    let found = lenient(&text).unwrap();
    assert_eq!(found.crds[0].document.pointer("/spec/versions/0/selectableFields"), None);
    assert_accepted(&found.crds[0].document);
    assert_eq!(found.notes.len(), 2);
}

#[test]
fn keywords_that_the_status_subresource_forbids_at_the_root_are_removed() {
    let root = "{type: object, x-kubernetes-map-type: atomic, properties: {spec: {type: string}}}";
    let (root, _) = repaired(&(with_root(root) + "    subresources: {status: {}}\n"));
    assert_eq!(root, json!({"type": "object", "properties": {"spec": {"type": "string"}}}));
}

#[test]
fn versions_with_one_schema_are_all_repaired() {
    let text = with_field("{type: integer, default: x}");
    let (_, version) = text.split_once("  - name: v1\n").unwrap();
    let second = version.replace("storage: true", "storage: false");
    let found = lenient(&format!("{text}  - name: v2\n{second}")).unwrap();
    assert_eq!(found.crds[0].versions.len(), 2);
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    assert_accepted(&found.crds[0].document);
}

#[test]
fn valid_definitions_do_not_change() {
    for schema in ["{type: string, format: date-time}", "{type: object, x-kubernetes-preserve-unknown-fields: true}"] {
        let text = with_field(schema);
        assert_eq!(lenient(&text), read(&[Source::new("w.yaml", text.as_str())]), "{schema}");
    }
}

#[test]
fn errors_that_are_not_about_schemas_remain() {
    for (valid, invalid) in [
        ("  group: example.com\n", ""),
        ("kind: Widget,", ""),
        ("scope: Namespaced", "scope: Anywhere"),
        ("plural: widgets", "plural: others"),
        ("served: true", "served: 1"),
        ("apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1"),
        ("metadata: {", "metadata: ["),
        ("  versions:", "  conversion: {strategy: None, webhook: {conversionReviewVersions: [v1]}}\n  versions:"),
    ] {
        let text = with_field("{type: string}").replacen(valid, invalid, 1);
        let strict = read(&[Source::new("w.yaml", text.as_str())]).unwrap_err();
        assert_eq!(lenient(&text).unwrap_err(), strict, "{invalid}");
    }
}

#[test]
fn old_api_version_is_reported_with_its_remedy() {
    let text = with_field("{type: any}").replacen("k8s.io/v1", "k8s.io/v1beta1", 1);
    assert_eq!(
        lenient(&text).unwrap_err().to_string(),
        "w.yaml:1:1: apiextensions.k8s.io/v1beta1 is no longer served by any supported cluster; convert the CRD to apiextensions.k8s.io/v1"
    );
}

/// The API server accepts each of the two sources, but not both versions together: equal selectable fields require equal schemas.
#[test]
fn versions_of_several_sources_are_repaired_together() {
    let source = |version: &str, stored: bool, schema: &str| {
        let text = with_root(schema)
            .replace("name: v1\n", &format!("name: {version}\n    selectableFields: [{{jsonPath: .spec.a}}]\n"));
        Source::new(format!("{version}.yaml"), text.replace("storage: true", &format!("storage: {stored}")))
    };
    let schema =
        |fields: &str| format!("{{type: object, properties: {{spec: {{type: object, properties: {{{fields}}}}}}}}}");
    let one = source("v1", true, &schema("a: {type: string}"));
    let other = source("v2", false, &schema("a: {type: string}, b: {type: string}"));
    let text = "spec.selectableFields: Invalid value: \"\": may only be set when validations.schema is included";
    let notes = |found: &Definitions| found.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");

    let strict = read(&[one.clone(), other.clone()]).unwrap();
    let note = notes(&strict);
    assert!(note.contains(&format!("the API server rejects the versions of all sources together: {text}")), "{note}");

    let repaired = read_lenient(&[one.clone(), other]).unwrap();
    assert_accepted(&repaired.crds[0].document);
    let note = notes(&repaired);
    assert!(note.contains(&format!("{text}; lenient: it is removed")), "{note}");
    let versions = &repaired.crds[0].versions;
    assert_eq!(versions.iter().map(|version| version.selectable_fields.len()).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(
        versions.iter().map(|version| version.place.source.as_str()).collect::<Vec<_>>(),
        ["v2.yaml", "v1.yaml"]
    );

    let same = source("v2", false, &schema("a: {type: string}"));
    for accepted in [read(&[one.clone(), same.clone()]).unwrap(), read_lenient(&[one, same]).unwrap()] {
        assert!(!notes(&accepted).contains("selectableFields"));
    }
}

#[test]
fn rules_that_the_api_server_refuses_are_removed() {
    let rule = |rule: &str| with_field(&format!("{{type: string, x-kubernetes-validations: [{{rule: \"{rule}\"}}]}}"));
    for (text, reason) in [
        ("self == 1", "found no matching overload for '_==_' applied to '(string, int)'"),
        ("self.split('').exists(a, a == self)", "estimated rule cost exceeds budget by factor of more than 100x"),
    ] {
        let (root, notes) = repaired(&rule(text));
        let field = root.pointer("/properties/spec/properties/a").unwrap();
        assert_eq!(*field, json!({"type": "string"}), "{notes:?}");
        assert!(notes.len() == 1 && notes[0].contains(reason), "{notes:?}");
    }
}

#[test]
fn the_most_expensive_rules_are_removed_if_all_exceed_the_limit() {
    // Each rule costs 7,864,326: twelve are below the limit of 100,000,000.
    let rule = format!("{{rule: \"self.matches('{}')\"}}", "a".repeat(100));
    let rules = vec![rule; 20].join(", ");
    let (root, notes) = repaired(&with_field(&format!("{{type: string, x-kubernetes-validations: [{rules}]}}")));
    let field = root.pointer("/properties/spec/properties/a").unwrap();
    let kept = field["x-kubernetes-validations"].as_array().map(Vec::len);
    assert_eq!((field["type"].as_str(), kept), (Some("string"), Some(12)), "{notes:#?}");
}
