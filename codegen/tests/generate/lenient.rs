//! `lenient = true`: CRDs that the API server rejects.

use super::*;

fn lenient(sources: &[Source]) -> Generated {
    let config = Config { lenient: true, ..Config::default() };
    generate(sources, &config, &Lock::default(), "").unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn unusable_schemas_become_json() {
    let spec = "{type: object, required: [b], properties: {a: {type: any}, b: {}, c: {type: array, items: {$ref: x}}, d: {type: [string, 'null']}, e: {anyOf: [{type: string}, {type: integer}]}, f: {type: object, oneOf: [{properties: {g: {type: string}}}]}}}";
    let generated = lenient(&[crd("Widget", spec)]);
    let code = code(&generated);
    assert_has(&code, "pub a: Option<Json>,");
    assert_has(&code, "pub b: Json,");
    assert_has(&code, "pub c: Option<Vec<Json>>,");
    assert_has(&code, "pub d: Option<Option<String>>,");
    assert_has(&code, "pub e: Option<IntOrString>,");
    assert_has(&code, "pub f: Option<BTreeMap<String, Json>>,");
    assert_eq!(generated.notes.len(), 6, "{:?}", generated.notes);
}

#[test]
fn embedded_crd_is_the_repaired_one() {
    let generated = lenient(&[crd("Widget", "{type: object, properties: {a: {type: any}}}")]);
    let (_, crd) = generated.tree.iter().find(|(path, _)| path.starts_with("crds")).unwrap();
    assert!(crd.contains(r#""a":{"x-kubernetes-preserve-unknown-fields":true}"#), "{crd}");
    let again = super::generated(&[Source::new("embedded.yaml", crd.as_str())]);
    assert_eq!((again.notes.len(), &again.lock), (0, &generated.lock));
}

#[test]
fn valid_crds_generate_the_same_with_lenient() {
    let sources = [crd("Widget", "{type: object, properties: {a: {type: string, enum: [x]}}}")];
    assert_eq!(lenient(&sources), generated(&sources));
}

#[test]
fn unusable_schemas_are_errors_by_default() {
    let errors = rejected(crd("Widget", "{type: object, properties: {a: {type: any}}}").text);
    assert!(errors.to_string().starts_with("bad.yaml:16:"), "{errors}");
    assert_eq!(errors.0.len(), 1);
}
