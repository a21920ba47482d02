//! Text that would like to be code, and names that would like to be elsewhere.

use super::*;

#[test]
fn schema_text_never_becomes_code() {
    let evil = r##""*/ #[test] fn x() { panic!() } /* \"# ` ]"##;
    let spec = format!(
        "{{type: object, description: {evil:?}, properties: {{{evil:?}: {{type: string, default: {evil:?}, pattern: {evil:?}, description: {evil:?}}}, e: {{type: string, enum: [{evil:?}]}}}}}}"
    );
    for (path, text) in generated(&[crd("Widget", &spec)]).tree {
        if path.extension() != Some("rs") {
            continue;
        }
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let functions = file
            .items
            .iter()
            .filter(|item| matches!(item, syn::Item::Fn(function) if function.sig.ident == "x"))
            .count();
        assert_eq!(functions, 0, "{path}");
    }
}

#[test]
fn kinds_called_like_rust_are_kinds() {
    for kind in [
        "Type", "Self", "Option", "String", "Vec", "Box", "Result", "Value", "Some", "Types", "Mod", "Match", "Async",
        "Crate-d",
    ] {
        for (path, text) in
            generated(&[crd(kind, "{type: object, properties: {type: {type: array, items: {type: string}}}}")]).tree
        {
            if path.extension() == Some("rs") {
                syn::parse_file(&text).unwrap_or_else(|error| panic!("{kind} {path}: {error}"));
            }
        }
    }
}

#[test]
fn no_path_leaves_the_crate() {
    for path in generated(&[crd("Widget", "{type: object}")]).tree.keys() {
        assert!(path.components().all(|part| matches!(part, camino::Utf8Component::Normal(_))), "{path}");
    }
}

#[test]
fn a_kind_called_like_the_view_over_all_namespaces_is_no_clash() {
    let code = code(&generated(&[crd("Widget", "{type: object}"), crd("AllWidget", "{type: object}")]));
    for method in ["fn widgets(", "fn all_widgets(", "fn all_all_widgets(", "fn widgets_of_all_namespaces("] {
        assert_eq!(code.matches(method).count(), 1, "{method}");
    }
}
