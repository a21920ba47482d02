//! What codegen.toml cannot say, word for word as a person sees it.

use super::*;

/// What is wrong with this codegen.toml, for a widget with this spec.
fn refused_wishes(spec: &str, config: &str) -> String {
    let generated = |config| generate(&[crd("Widget", spec)], &config, &Lock::default(), "");
    let refused = Config::parse(config).map_err(Errors::from).and_then(generated);
    refused.unwrap_err().to_string()
}

#[test]
fn wishes_that_never_apply() {
    let config = "sensitive = [\"Widget.spec.tokens\", \"x\"]\n[names]\n\"Widget.spec.rule\" = \"R\"\n[accessors]\nwidget = \"wid\"\n[types]\n \"Widget.spec.rules[].a\" = \"A\"\n";
    let spec = "{type: object, properties: {token: {type: string}, rules: {type: array, items: {type: object, properties: {b: {type: string}}}}}}";
    assert_eq!(
        refused_wishes(spec, config),
        "codegen.toml:1:14: sensitive: \"Widget.spec.tokens\" is in none of the CRDs; did you mean \"Widget.spec.token\"?
codegen.toml:1:36: sensitive: \"x\" is in none of the CRDs; remove it
codegen.toml:7:2: types: \"Widget.spec.rules[].a\" is in none of the CRDs; did you mean \"Widget.spec.rules[].b\"?
codegen.toml:5:1: accessors: \"widget\" is in none of the CRDs; did you mean \"Widget\"?
codegen.toml:3:1: names: \"Widget.spec.rule\" is in none of the CRDs; did you mean \"Widget.spec.rules[]\"?"
    );
}

#[test]
fn one_name_for_two_types() {
    let spec = "{type: object, properties: {a: {type: object}, b: {type: object, properties: {c: {type: string}}}}}";
    assert_eq!(
        refused_wishes(spec, "[names]\n\"Widget.spec.a\" = \"Same\"\n\"Widget.spec.b\" = \"Same\"\n"),
        "codegen.toml:3:1: names: Same is given to v1/Widget.spec.a and to v1/Widget.spec.b, which are different types; give one of them another name"
    );
}

#[test]
fn types_that_are_more_than_a_path() {
    for type_ in ["other::Type // text", "other::Type /* text */", "other::\\nType", "other Type", "1"] {
        let spec = "{type: object, properties: {a: {type: object, properties: {x: {type: string}}}}}";
        let errors = refused_wishes(spec, &format!("[types]\n\"Widget.spec.a\" = \"{type_}\"\n"));
        let expected = "codegen.toml:2:1: types: ";
        assert!(errors.starts_with(expected) && errors.contains("must be the path of a type"), "{type_}: {errors}");
    }
}

#[test]
fn one_module_for_two_groups() {
    assert_eq!(
        refused_wishes("{type: object}", "[groups]\n\"example.com\" = \"scheme\"\n"),
        "codegen.toml:2:1: groups: \"scheme\" for \"example.com\": another group, or the crate itself, has a module of that name"
    );
}

#[test]
fn a_codegen_toml_that_is_none() {
    let refused = |config| refused_wishes("{type: object}", config);
    let unknown = refused("out = 'client'\nnothing = 1\n");
    assert!(unknown.starts_with("codegen.toml:2:1: unknown field `nothing`, expected one of `crds`, "), "{unknown}");
    assert_eq!(refused("out = 5\n"), "codegen.toml:1:7: invalid type: integer `5`, expected a string");
    assert_eq!(refused("out = \n"), "codegen.toml:1:7: string values must be quoted, expected literal string");
    assert_eq!(
        refused("kopium-flags = [\"--docs\"]\n"),
        "codegen.toml:1:1: kopium-flags: says something only with types-from = \"kopium\"; remove it"
    );
    assert_eq!(
        refused("types-from = \"kopium\"\n"),
        "codegen.toml:1:1: types-from: \"kopium\" is for the program, Build and Project, which run kopium"
    );
    let lock = Lock::parse("[[kind]]\nname = 5\n").unwrap_err().to_string();
    assert!(lock.starts_with("codegen.lock:2:1: unknown field `name`, "), "{lock}");
    assert!(lock.ends_with("; take the file from version control again, since it holds the names that are published"));
}
