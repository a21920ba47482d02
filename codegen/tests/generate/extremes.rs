//! Deeply nested schemas, and structs with many fields.

use super::*;

/// Returns a schema of nested lists of objects.
fn lists(levels: usize) -> String {
    let open = "{type: array, items: {type: object, properties: {a: ";
    format!("{{type: object, properties: {{a: {}{{type: string}}{}}}}}", open.repeat(levels), "}}}".repeat(levels))
}

/// Returns the lengths of the chains between fields of type `Nested`, outermost first.
fn chain_lengths(code: &str) -> Vec<usize> {
    let fields: Vec<&str> = code.lines().filter(|line| line.trim_start().starts_with("pub a: ")).collect();
    fields.split(|field| field.contains("Nested<")).map(<[&str]>::len).collect()
}

#[test]
fn chains_of_types_are_cut_below_the_limit_of_the_compiler() {
    let shallow = code(&generated(&[crd("Widget", &lists(8))]));
    assert!(!shallow.contains("Nested"));
    let deep = code(&generated(&[crd("Widget", &lists(60))]));
    let chains = chain_lengths(&deep);
    assert!(chains.len() > 3 && chains.iter().all(|length| *length < 14), "{chains:?}");
    assert_has(&deep, "list(Nested<Widget");
}

#[test]
fn published_type_is_not_cut_when_its_chain_grows() {
    let before = generated(&[crd("Widget", &lists(10))]);
    let sources = [crd("Widget", &lists(14))];
    let after = generate(&sources, &Config::default(), &before.lock, "").unwrap_or_else(|errors| panic!("{errors}"));
    assert!(code(&generated(&sources)).contains("Nested"));
    assert!(!code(&after).contains("Nested"));

    let cut = generated(&[crd("Widget", &lists(30))]);
    let again = generate(&[crd("Widget", &lists(30))], &Config::default(), &cut.lock, "");
    assert_eq!(code(&again.unwrap_or_else(|errors| panic!("{errors}"))), code(&cut));
    let shorter = generate(&[crd("Widget", &lists(29))], &Config::default(), &cut.lock, "");
    let shorter = code(&shorter.unwrap_or_else(|errors| panic!("{errors}")));
    assert_eq!(chain_lengths(&shorter)[..2], chain_lengths(&code(&cut))[..2]);
}

#[test]
fn values_nested_too_deeply_for_types_are_json_with_a_note() {
    let generated = generated(&[crd("Widget", &lists(150))]);
    let notes: Vec<String> = generated.notes.iter().map(ToString::to_string).collect();
    assert!(notes.iter().any(|note| note.contains("is nested too deeply for types")), "{notes:?}");
    assert_has(&code(&generated), "pub a: Option<Json>,");
    let error = rejected(lists(600)).to_string();
    assert!(error.contains("nested deeper than 1024 levels"), "{error}");
}

#[test]
fn struct_of_many_fields_does_not_derive_deserialize() {
    let fields: Vec<String> = (0..200).map(|index| format!("field{index}: {{type: string, nullable: true}}")).collect();
    let spec = format!("{{type: object, required: [field7], properties: {{{}}}}}", fields.join(", "));
    let code = code(&generated(&[crd("Widget", &spec)]));
    assert_has(&code, "#[derive(Clone, Debug, Default, PartialEq, Serialize)]");
    assert_has(&code, "    field7 = \"field7\": optional(Option<String>),\n");
    assert_has(&code, "    field8 = \"field8\": nullable(Option<Option<String>>),\n");
    assert!(!code.contains("use serde::{Deserialize, Serialize};"));
}
