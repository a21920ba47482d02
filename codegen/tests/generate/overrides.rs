//! Complete error messages about codegen.toml.

use super::*;

/// Returns the errors of this codegen.toml, for a widget with this spec.
fn error_of(spec: &str, config: &str) -> String {
    let generated = |config| generate(&[crd("Widget", spec)], &config, &Lock::default(), "");
    let result = Config::parse(config).map_err(Errors::from).and_then(generated);
    result.unwrap_err().to_string()
}

#[test]
fn override_of_an_unknown_path_is_an_error() {
    let config = "sensitive = [\"Widget.spec.tokens\", \"x\"]\n[names]\n\"Widget.spec.rule\" = \"R\"\n[accessors]\nwidget = \"wid\"\n[types]\n \"Widget.spec.rules[].a\" = \"A\"\n";
    let spec = "{type: object, properties: {token: {type: string}, rules: {type: array, items: {type: object, properties: {b: {type: string}}}}}}";
    assert_eq!(
        error_of(spec, config),
        "codegen.toml:1:14: sensitive: \"Widget.spec.tokens\" is not in any of the CRDs; did you mean \"Widget.spec.token\"?
codegen.toml:1:36: sensitive: \"x\" is not in any of the CRDs; remove it
codegen.toml:7:2: types: \"Widget.spec.rules[].a\" is not in any of the CRDs; did you mean \"Widget.spec.rules[].b\"?
codegen.toml:5:1: accessors: \"widget\" is not in any of the CRDs; did you mean \"Widget\"?
codegen.toml:3:1: names: \"Widget.spec.rule\" is not in any of the CRDs; did you mean \"Widget.spec.rules[]\"?"
    );
}

#[test]
fn one_name_for_two_types_is_an_error() {
    let spec = "{type: object, properties: {a: {type: object}, b: {type: object, properties: {c: {type: string}}}}}";
    assert_eq!(
        error_of(spec, "[names]\n\"Widget.spec.a\" = \"Same\"\n\"Widget.spec.b\" = \"Same\"\n"),
        "codegen.toml:3:1: names: Same is given to v1/Widget.spec.a and to v1/Widget.spec.b, which are different types; give one of them another name"
    );
}

#[test]
fn type_that_is_not_a_path_is_an_error() {
    for type_ in ["other::Type // text", "other::Type /* text */", "other::\\nType", "other Type", "1"] {
        let spec = "{type: object, properties: {a: {type: object, properties: {x: {type: string}}}}}";
        let errors = error_of(spec, &format!("[types]\n\"Widget.spec.a\" = \"{type_}\"\n"));
        let expected = "codegen.toml:2:1: types: ";
        assert!(errors.starts_with(expected) && errors.contains("must be the path of a type"), "{type_}: {errors}");
    }
}

#[test]
fn reserved_module_for_a_group_is_an_error() {
    assert_eq!(
        error_of("{type: object}", "[groups]\n\"example.com\" = \"scheme\"\n"),
        "codegen.toml:2:1: groups: \"scheme\" for \"example.com\": another group, or the crate itself, has a module of that name"
    );
}

#[test]
fn malformed_codegen_toml_is_an_error() {
    let error = |config| error_of("{type: object}", config);
    let unknown = error("out = 'client'\nnothing = 1\n");
    assert!(unknown.starts_with("codegen.toml:2:1: unknown field `nothing`, expected one of `crds`, "), "{unknown}");
    assert_eq!(error("out = 5\n"), "codegen.toml:1:7: invalid type: integer `5`, expected a string");
    assert_eq!(error("out = \n"), "codegen.toml:1:7: string values must be quoted, expected literal string");
    assert_eq!(
        error("kopium-flags = [\"--docs\"]\n"),
        "codegen.toml:1:1: kopium-flags: has no effect without types-from = \"kopium\"; remove it"
    );
    assert_eq!(
        error("types-from = \"kopium\"\n"),
        "codegen.toml:1:1: types-from: \"kopium\" requires Project or Build, which run kopium"
    );
    let lock = Lock::parse("[[kind]]\nname = 5\n").unwrap_err().to_string();
    assert!(lock.starts_with("codegen.lock:2:1: unknown field `name`, "), "{lock}");
    assert!(lock.ends_with("; restore the file from version control: it contains the published names"));
}
