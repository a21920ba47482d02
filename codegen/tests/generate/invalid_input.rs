//! Complete error messages about invalid CRDs.

use super::*;

/// Checks the complete text of the errors.
fn assert_rejected(text: impl Into<Vec<u8>>, expected: &str) {
    assert_eq!(rejected(text).to_string(), expected);
}

#[test]
fn malformed_yaml_is_rejected() {
    assert_rejected("a: 1\na: 2\n", "bad.yaml:2:1: duplicate key \"a\", first at 1:1; remove one of them");
    assert_rejected(b"a: \xff".to_vec(), "bad.yaml:1:1: not UTF-8; save the file as UTF-8");
    let unclosed = rejected("a: [1\n").to_string();
    assert!(unclosed.starts_with("bad.yaml:") && unclosed.contains(": malformed YAML: "), "{unclosed}");
    assert_rejected(
        vec![b' '; 100 << 20],
        "bad.yaml:1:1: 104857600 bytes exceed the limit of 67108864; split the file",
    );
}

#[test]
fn documents_other_than_crds_are_skipped() {
    assert_rejected(
        "kind: ConfigMap\napiVersion: v1\n",
        "bad.yaml: no CustomResourceDefinition in any of the sources; pass a file or folder that contains one",
    );
    let with_crd = Source::new("more.yaml", "kind: ConfigMap\napiVersion: v1\n");
    let notes = generated(&[crd("Widget", "{type: object}"), with_crd]).notes;
    assert_eq!(
        notes[0].to_string(),
        "more.yaml:1:1: skipped a ConfigMap: not an apiextensions.k8s.io/v1 CustomResourceDefinition"
    );
}

#[test]
fn old_api_version_is_rejected() {
    assert_rejected(
        "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\n",
        "bad.yaml:1:1: apiextensions.k8s.io/v1beta1 is no longer served by any supported cluster; convert the CRD to apiextensions.k8s.io/v1",
    );
}

fn with(change: impl Fn(String) -> String) -> String {
    change(String::from_utf8(crd("Widget", "{type: object, properties: {a: {type: string}}}").text).unwrap())
}

#[test]
fn version_without_schema_is_rejected() {
    let text = with(|text| text.split("    schema:").next().unwrap_or_default().to_owned());
    assert_rejected(
        text,
        "bad.yaml:9:5: widgets.example.com v1: version has no schema.openAPIV3Schema; apiextensions.k8s.io/v1 requires one: `type: object` with `x-kubernetes-preserve-unknown-fields: true` accepts anything",
    );
}

#[test]
fn all_nonstructural_schemas_are_reported_at_once() {
    let text = with(|text| {
        text.replace(
            "{a: {type: string}}",
            "{a: {}, b: {type: array}, c: {type: string, anyOf: [{type: string}]}, d: {$ref: x, type: string}}",
        )
    });
    assert_rejected(
            text,
            "bad.yaml:16:118: widgets.example.com v1 .spec.d: not structural: $ref is not allowed in a CRD; inline the schema
bad.yaml:16:48: widgets.example.com v1 .spec.a: not structural: type is missing; set the type of every property, item and value
bad.yaml:16:55: widgets.example.com v1 .spec.b: not structural: an array must have items
bad.yaml:16:96: widgets.example.com v1 .spec.c.anyOf[0]: not structural: type is not allowed here; set it in the schema outside of allOf, anyOf, oneOf and not",
        );
}

#[test]
fn conflicting_duplicate_version_is_rejected() {
    let other = Source::new("other.yaml", crd("Widget", "{type: object, properties: {b: {type: string}}}").text);
    let errors =
        generate(&[crd("Widget", "{type: object}"), other], &Config::default(), &Lock::default(), "").unwrap_err();
    assert_eq!(
        errors.to_string(),
        "widgets.yaml:9:5: widgets.example.com v1: version v1 differs from the same CRD in other.yaml:9:5: widgets.example.com v1; pass only one of them"
    );
}

#[test]
fn names_with_path_separators_are_rejected() {
    for (from, to) in [
        ("plural: widgets", "plural: ../../etc"),
        ("kind: Widget,", "kind: ../Widget,"),
        ("group: example.com", "group: ../x"),
        ("name: v1\n", "name: ../v1\n"),
    ] {
        let errors = rejected(with(|text| text.replace(from, to))).to_string();
        assert!(errors.contains(" must be a DNS "), "{errors}");
    }
}

/// Returns a CRD whose field `spec.a` has this schema.
fn widget(schema: &str) -> String {
    let spec = format!("{{type: object, properties: {{a: {schema}}}}}");
    String::from_utf8(crd("Widget", &spec).text).unwrap()
}

#[test]
fn error_in_a_definition_has_position_and_remedy() {
    for (from, to, expected) in [
        (
            "  group: example.com\n",
            "",
            "bad.yaml:5:3: widgets.example.com: spec.group is missing; the API server requires it",
        ),
        (
            "group: example.com",
            "group: {{ .Values.group }}",
            "bad.yaml:5:11: a key must be a string, a number or a boolean; {{ starts a template: render the file first, for example with `helm template`",
        ),
        (
            "name: widgets.example.com",
            "name: widgets",
            "bad.yaml:3:18: widgets: metadata.name must be \"widgets.example.com\", from spec.names.plural and spec.group, found \"widgets\"",
        ),
        (
            "scope: Namespaced",
            "scope: namespaced",
            "bad.yaml:6:10: widgets.example.com: spec.scope must be Namespaced or Cluster, found \"namespaced\"",
        ),
        ("kind: Widget,", "kind: 5,", "bad.yaml:7:17: widgets.example.com: kind must be a string, found a number"),
        (
            "served: true",
            "served: \"yes\"",
            "bad.yaml:10:13: widgets.example.com v1: served must be a boolean, found a string",
        ),
        (
            "  versions:\n",
            "  versions: []\n  others:\n",
            "bad.yaml:5:3: widgets.example.com: a version in spec.versions is missing; the API server requires it",
        ),
    ] {
        assert_rejected(widget("{type: string}").replace(from, to), expected);
    }
}

#[test]
fn error_in_a_schema_has_position_and_remedy() {
    for (schema, expected) in [
        (
            "{type: strin}",
            "bad.yaml:16:55: widgets.example.com v1 .spec.a: type must be array, boolean, integer, number, object or string, found \"strin\"",
        ),
        (
            "{type: [string, 'null']}",
            "bad.yaml:16:55: widgets.example.com v1 .spec.a: type must be a string, found a list",
        ),
        (
            "{$ref: '#/definitions/a'}",
            "bad.yaml:16:49: widgets.example.com v1 .spec.a: not structural: $ref is not allowed in a CRD; inline the schema",
        ),
        (
            "{type: string, enum: a}",
            "bad.yaml:16:69: widgets.example.com v1 .spec.a: enum must be a list, found a string",
        ),
        (
            "{type: string, maxLength: '5'}",
            "bad.yaml:16:74: widgets.example.com v1 .spec.a: maxLength must be a whole number, found a string",
        ),
        ("{type: number, maximum: .inf}", "bad.yaml:16:72: .inf has no value in JSON; quote it if it is text"),
        (
            "{type: array, items: [{type: string}]}",
            "bad.yaml:16:69: widgets.example.com v1 .spec.a: not structural: items must be a schema, not a list of schemas",
        ),
        (
            "{type: array, items: {type: string}, x-kubernetes-list-type: sorted}",
            "bad.yaml:16:109: widgets.example.com v1 .spec.a: x-kubernetes-list-type must be atomic, set or map, found \"sorted\"",
        ),
        (
            "{type: array, items: {type: string}, x-kubernetes-list-map-keys: [a]}",
            "bad.yaml:16:48: widgets.example.com v1 .spec.a: not structural: x-kubernetes-list-map-keys needs items of type: object",
        ),
        (
            "{type: object, x-kubernetes-validations: [{message: a}]}",
            "bad.yaml:16:90: widgets.example.com v1 .spec.a: x-kubernetes-validations[].rule is missing; the API server requires it",
        ),
        (
            "{type: object, x-kubernetes-preserve-unknown-fields: false}",
            "bad.yaml:16:101: widgets.example.com v1 .spec.a: not structural: x-kubernetes-preserve-unknown-fields must not be false; remove it",
        ),
        (
            "{type: object, x-kubernetes-embedded-resource: true}",
            "bad.yaml:16:48: widgets.example.com v1 .spec.a: not structural: x-kubernetes-embedded-resource needs properties or x-kubernetes-preserve-unknown-fields",
        ),
        ("*gone", "bad.yaml:16:48: unknown anchor \"gone\"; define it before the alias, in the same document"),
        ("{type: string, type: string}", "bad.yaml:16:63: duplicate key \"type\", first at 16:49; remove one of them"),
    ] {
        assert_rejected(widget(schema), expected);
    }
}
