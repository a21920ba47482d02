//! What is refused, word for word as a person sees it.

use super::*;

/// The whole text of the errors: it is what a person sees.
fn assert_refused(text: impl Into<Vec<u8>>, expected: &str) {
    assert_eq!(refused(text).to_string(), expected);
}

#[test]
fn malformed_yaml() {
    assert_refused(
        "a: 1\na: 2\n",
        "bad.yaml:2:1: key \"a\" stands twice in this mapping, first at 1:1; remove one of them",
    );
    assert_refused(b"a: \xff".to_vec(), "bad.yaml:1:1: not UTF-8; save the file as UTF-8");
    let unclosed = refused("a: [1\n").to_string();
    assert!(unclosed.starts_with("bad.yaml:") && unclosed.contains(": malformed YAML: "), "{unclosed}");
    assert_refused(vec![b' '; 100 << 20], "bad.yaml:1:1: 104857600 bytes; at most 67108864 are read; split the file");
}

#[test]
fn documents_that_are_no_crd() {
    assert_refused(
        "kind: ConfigMap\napiVersion: v1\n",
        "bad.yaml: no CustomResourceDefinition in any of the sources; name a file or folder that holds one",
    );
    let with_crd = Source::new("more.yaml", "kind: ConfigMap\napiVersion: v1\n");
    let notes = generated(&[crd("Widget", "{type: object}"), with_crd]).notes;
    assert_eq!(
        notes[0].to_string(),
        "more.yaml:1:1: a ConfigMap, no apiextensions.k8s.io/v1 CustomResourceDefinition; passed over"
    );
}

#[test]
fn the_old_api_version() {
    assert_refused(
        "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\n",
        "bad.yaml:1:1: apiextensions.k8s.io/v1beta1 is no longer served by any supported cluster; convert the CRD to apiextensions.k8s.io/v1",
    );
}

fn with(change: impl Fn(String) -> String) -> String {
    change(String::from_utf8(crd("Widget", "{type: object, properties: {a: {type: string}}}").text).unwrap())
}

#[test]
fn a_version_without_schema() {
    let text = with(|text| text.split("    schema:").next().unwrap_or_default().to_owned());
    assert_refused(
        text,
        "bad.yaml:9:5: widgets.example.com v1: version has no schema.openAPIV3Schema; apiextensions.k8s.io/v1 requires one",
    );
}

#[test]
fn unstructural_schemas_all_in_one_run() {
    let text = with(|text| {
        text.replace(
            "{a: {type: string}}",
            "{a: {}, b: {type: array}, c: {type: string, anyOf: [{type: string}]}, d: {$ref: x, type: string}}",
        )
    });
    assert_refused(
            text,
            "bad.yaml:16:118: widgets.example.com v1 .spec.d: not structural: $ref is not allowed in a CRD; write the schema out
bad.yaml:16:48: widgets.example.com v1 .spec.a: not structural: type is missing; give every property, item and value a type
bad.yaml:16:55: widgets.example.com v1 .spec.b: not structural: an array must have items
bad.yaml:16:96: widgets.example.com v1 .spec.c.anyOf[0]: not structural: type is not allowed here; put it on the schema outside of allOf, anyOf, oneOf and not",
        );
}

#[test]
fn one_version_twice_and_different() {
    let other = Source::new("other.yaml", crd("Widget", "{type: object, properties: {b: {type: string}}}").text);
    let errors =
        generate(&[crd("Widget", "{type: object}"), other], &Config::default(), &Lock::default(), "").unwrap_err();
    assert_eq!(
        errors.to_string(),
        "widgets.yaml:9:5: widgets.example.com v1: version v1 differs from the same CRD in other.yaml:9:5: widgets.example.com v1; give one of them only"
    );
}

#[test]
fn names_that_would_leave_the_folder() {
    for (from, to) in [
        ("plural: widgets", "plural: ../../etc"),
        ("kind: Widget,", "kind: ../Widget,"),
        ("group: example.com", "group: ../x"),
        ("name: v1\n", "name: ../v1\n"),
    ] {
        let errors = refused(with(|text| text.replace(from, to))).to_string();
        assert!(errors.contains("is no "), "{errors}");
    }
}

#[test]
fn wishes_that_never_apply() {
    let config = Config::parse("sensitive = [\"Widget.spec.nothing\"]\n[names]\n\"Widget.spec.gone\" = \"Gone\"\n[accessors]\nGadget = \"gadgets\"\n").unwrap();
    let errors = generate(&[crd("Widget", "{type: object}")], &config, &Lock::default(), "").unwrap_err().to_string();
    assert_eq!(
        errors,
        "codegen.toml: sensitive: \"Widget.spec.nothing\" is in none of the CRDs
codegen.toml: accessors: \"Gadget\" is in none of the CRDs
codegen.toml: names: \"Widget.spec.gone\" is in none of the CRDs as a place with a type of its own"
    );
}

#[test]
fn one_name_for_two_types() {
    let spec = "{type: object, properties: {a: {type: object}, b: {type: object, properties: {c: {type: string}}}}}";
    let config = Config::parse("[names]\n\"Widget.spec.a\" = \"Same\"\n\"Widget.spec.b\" = \"Same\"\n").unwrap();
    let errors = generate(&[crd("Widget", spec)], &config, &Lock::default(), "").unwrap_err().to_string();
    assert_eq!(
        errors,
        "codegen.toml: names: Same is given to v1/Widget.spec.a and to v1/Widget.spec.b, which are different types"
    );
}

#[test]
fn types_that_are_more_than_a_path() {
    for type_ in ["other::Type // text", "other::Type /* text */", "other::\\nType", "other Type", "1"] {
        let config = Config::parse(&format!("[types]\n\"Widget.spec.a\" = \"{type_}\"\n")).unwrap();
        let spec = "{type: object, properties: {a: {type: object, properties: {x: {type: string}}}}}";
        let errors = generate(&[crd("Widget", spec)], &config, &Lock::default(), "").unwrap_err().to_string();
        let expected = "codegen.toml: types: ";
        assert!(errors.starts_with(expected) && errors.contains("must be the path of a type"), "{type_}: {errors}");
    }
}

#[test]
fn one_module_for_two_groups() {
    let config = Config::parse("[groups]\n\"example.com\" = \"scheme\"\n").unwrap();
    let errors = generate(&[crd("Widget", "{type: object}")], &config, &Lock::default(), "").unwrap_err().to_string();
    assert_eq!(
        errors,
        "codegen.toml: groups: \"scheme\" for \"example.com\": another group, or the crate itself, has a module of that name"
    );
}
