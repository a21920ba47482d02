//! Schemas that try to inject code or paths, and names that collide.

use super::*;

#[test]
fn schema_text_never_becomes_code() {
    let evil = r##""*/ #[test] fn x() { panic!() } /* \"# ` ]"##;
    let spec = format!(
        "{{type: object, description: {evil:?}, properties: {{{evil:?}: {{type: string, pattern: {evil:?}, description: {evil:?}}}, d: {{type: string, default: {evil:?}}}, e: {{type: string, enum: [{evil:?}]}}}}}}"
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
fn kinds_named_like_rust_items_are_valid_rust() {
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
fn all_paths_are_inside_of_the_crate() {
    for path in generated(&[crd("Widget", "{type: object}")]).tree.keys() {
        assert!(path.components().all(|part| matches!(part, camino::Utf8Component::Normal(_))), "{path}");
    }
}

#[test]
fn kind_named_like_an_accessor_of_all_namespaces_has_a_unique_accessor() {
    let generated = generated(&[crd("Widget", "{type: object}"), crd("AllWidget", "{type: object}")]);
    let code = &generated.tree[camino::Utf8Path::new("src/clientset.rs")];
    for method in ["fn widgets(", "fn all_widgets(", "fn all_all_widgets(", "fn all_widgets_of_kind("] {
        assert_eq!(code.matches(method).count(), 1, "{method}");
    }
}

#[test]
fn colliding_names_are_distinguished() {
    let odd = "{type: object, properties: {default: {type: string}, setDefault: {type: string}, 5xx: {type: string, enum: ['1', err]}, _: {type: integer, enum: [1]}, into: {type: object, required: [x], properties: {x: {type: string}}}}}";
    for kind in ["Foo", "Into", "Serialize", "Deserialize"] {
        for (path, text) in generated(&[crd(kind, odd), crd("Foo-Bar", odd), crd("FooBar", odd)]).tree {
            if path.extension() == Some("rs") {
                syn::parse_file(&text).unwrap_or_else(|error| panic!("{kind} {path}: {error}"));
            }
        }
    }
}

#[test]
fn version_with_a_dash_and_group_with_a_digit_are_supported() {
    let config = |name: &str| {
        format!("{{type: object, properties: {{{name}: {{type: object, properties: {{a: {{type: string}}}}}}}}}}")
    };
    let text = |source: Source| String::from_utf8(source.text).unwrap();
    let widget = text(crd_with_versions("Widget", &[("v1-beta", &config("config"))]));
    let other = text(crd_with_versions("WidgetConfig", &[("v1-beta", &config("x"))]));
    let elsewhere = text(crd("Widget", "{type: object}")).replace("example.com", "3scale.net");
    let sources = [Source::new("a", widget), Source::new("b", other), Source::new("c", elsewhere)];
    assert_has(&code(&generated(&sources)), "pub struct WidgetSpecConfig {");
}

#[test]
fn bidirectional_control_characters_are_not_emitted() {
    let spec = "{type: object, description: \"evil \\u202e text\", properties: {\"a\\u202eb\\rc\": {type: string, default: \"\\u2066\", enum: [\"\\u202d\", \"\\u2066\"]}}}";
    for (path, text) in generated(&[crd("Widget", spec)]).tree {
        let is_control = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\r');
        assert!(path.extension() != Some("rs") || !text.contains(is_control), "{path}");
    }
}
