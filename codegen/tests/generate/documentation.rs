//! Doc comments and the reference.

use super::*;

/// Returns the reference page of the only version.
fn page(generated: &Generated) -> &str {
    let page = generated.tree.iter().find(|(path, _)| path.starts_with("docs"));
    page.map(|(_, text)| text.as_str()).unwrap_or_default()
}

fn spec(fields: &str) -> Generated {
    generated(&[crd("Widget", &format!("{{type: object, {fields}}}"))])
}

#[test]
fn rule_messages_are_escaped_once() {
    let generated = spec(
        r#"properties: {a: {type: string, x-kubernetes-validations: [{rule: "self != '*'", message: "no <star> or __all__ [x]"}]}}"#,
    );
    let fact = r"Rule: `self != '*'` (message: no \<star> or \_\_all\_\_ \[x\]).";
    assert_has(page(&generated), fact);
    assert_has(&code(&generated), fact);
}

#[test]
fn enum_values_that_differ_in_spaces_are_distinguishable() {
    let generated = spec(
        r#"properties: {a: {type: string, default: " ", enum: ["", " ", "a b", "a  b", "a b "]}, n: {type: integer, enum: [1, 2]}}"#,
    );
    let code = code(&generated);
    for docs in ["/// An empty string.", r#"/// `" "`"#, "/// `a b`", r#"/// `"a \u0020b"`"#, r#"/// `"a b "`"#] {
        assert_has(&code, &format!("    {docs}\n"));
    }
    assert_has(page(&generated), "One of `\"\"`, `\" \"`, `a b`, `\"a \\u0020b\"`, `\"a b \"`.\n  - Default: `\" \"`.");
    assert_has(page(&generated), "One of `1`, `2`.");
}

#[test]
fn headings_and_tables_of_descriptions_are_kept() {
    let text = "Modes.\\n\\n# Usage\\n\\n| a | __b__ |\\n|---|---|\\n| 1 | `x|y` |\\n";
    let generated =
        generated(&[crd("Widget", &format!(r#"{{type: object, description: "{text}", properties: {{}}}}"#))]);
    assert_has(
        &code(&generated),
        "/// **Usage**\n///\n/// | a | \\_\\_b\\_\\_ |\n/// |---|---|\n/// | 1 | `x\\|y` |\n",
    );
}

#[test]
fn combinations_of_required_properties_are_described() {
    let one = |name: &str| format!("{{required: [{name}]}}");
    let (a, b, c) = (one("a"), one("b"), one("c"));
    for (combination, fact) in [
        (format!("oneOf: [{a}, {b}, {c}]"), "Exactly one of `a`, `b` and `c` must be set."),
        (format!("anyOf: [{a}, {b}]"), "At least one of `a` and `b` must be set."),
        (
            "anyOf: [{required: [a, b]}, {required: [c]}]".to_owned(),
            "At least one of (`a` and `b`) and `c` must be set.",
        ),
        (format!("oneOf: [{{not: {{anyOf: [{a}, {b}]}}}}, {a}, {b}]"), "At most one of `a` and `b` may be set."),
        (
            format!("allOf: [{{oneOf: [{a}, {b}]}}, {c}]"),
            "Exactly one of `a` and `b` must be set.\n/// - `c` must be set.",
        ),
        ("not: {required: [a, b]}".to_owned(), "`a` and `b` must not be set together."),
        (format!("not: {{anyOf: [{a}, {c}]}}"), "`a` and `c` must not be set."),
    ] {
        let generated = spec(&format!(
            "properties: {{a: {{type: string}}, b: {{type: string}}, c: {{type: string}}}}, {combination}"
        ));
        assert_has(&code(&generated), &format!("/// - {fact}\n"));
        assert_has(page(&generated), fact.lines().next().unwrap_or_default());
    }
}

#[test]
fn other_combinations_are_not_described() {
    for combination in [
        "oneOf: [{required: [a]}, {properties: {b: {enum: [x]}}, required: [b]}]",
        "anyOf: [{not: {required: [a]}}, {required: [b]}]",
        "oneOf: [{not: {anyOf: [{required: [a]}]}}, {required: [a]}, {required: [b]}]",
    ] {
        let generated = spec(&format!("properties: {{a: {{type: string}}, b: {{type: string}}}}, {combination}"));
        assert!(!code(&generated).contains("be set"), "{combination}");
    }
}

#[test]
fn readme_links_to_existing_pages() {
    for served in ["true", "false"] {
        let source = crd("Widget", "{type: object}");
        let text =
            String::from_utf8(source.text.to_vec()).unwrap().replace("served: true", &format!("served: {served}"));
        let generated = generated(&[Source::new("crd.yaml", text)]);
        let readme = &generated.tree[camino::Utf8Path::new("README.md")];
        let links: Vec<&str> = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        let pages: Vec<&str> = links.into_iter().filter(|link| link.starts_with("docs/")).collect();
        assert_eq!(pages, ["docs/example.com/v1.md"], "{readme}");
        assert!(generated.tree.contains_key(camino::Utf8Path::new(pages[0])), "served: {served}");
    }
}

#[test]
fn reference_has_a_section_per_type_and_links_to_it() {
    let generated = spec(
        "properties: {one: {type: object, description: 'First. Second.', properties: {a: {type: string}}}, \
         many: {type: array, items: {type: object, properties: {b: {type: integer}}}}}",
    );
    let page = page(&generated);
    for text in [
        "`one` ([`WidgetOne`](#widgetone)): First.\n",
        "### WidgetOne\n\nFirst. Second.\n\n- <a id=\"widgetone.a\"></a>`a` (string)\n",
        "`many` (list of [`WidgetMany`](#widgetmany))",
        "### WidgetMany\n\n- <a id=\"widgetmany.b\"></a>`b` (integer)\n",
    ] {
        assert_has(page, text);
    }
}
