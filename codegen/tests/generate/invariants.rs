//! Properties of the output for any input.

use super::*;

fn three() -> Vec<Source> {
    let spec = |name: &str| {
        format!(
            "{{type: object, properties: {{shared: {{type: object, properties: {{a: {{type: string}}}}}}, {name}: {{type: string, enum: [x]}}}}}}"
        )
    };
    vec![
        crd("Widget", &spec("one")),
        crd("Gadget", &spec("two")),
        crd_with_versions("Gizmo", &[("v1", &spec("three")), ("v1beta1", &spec("four"))]),
    ]
}

#[test]
fn order_of_sources_does_not_affect_output() {
    let sources = three();
    let expected = generated(&sources);
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(generated(&order.map(|index| sources[index].clone())), expected, "{order:?}");
    }
}

#[test]
fn second_generation_with_the_lock_changes_nothing() {
    let first = generated(&three());
    let second = generate(&three(), &Config::default(), &first.lock, "").unwrap();
    assert_eq!((&first.tree, &first.lock), (&second.tree, &second.lock));
    assert_eq!(Lock::parse(&first.lock.to_text()).unwrap(), first.lock);
}

#[test]
fn published_name_is_kept_when_a_shared_type_splits() {
    let spec = |extra: &str| {
        format!("{{type: object, properties: {{ref: {{type: object, properties: {{a: {{type: string}}{extra}}}}}}}}}")
    };
    let before = generated(&[crd("Widget", &spec("")), crd("Gadget", &spec(""))]);
    assert_has(&code(&before), "pub struct Ref {");
    let after = generate(
        &[crd("Widget", &spec(", b: {type: string}")), crd("Gadget", &spec(""))],
        &Config::default(),
        &before.lock,
        "",
    )
    .unwrap();
    let after = code(&after);
    assert_has(&after, "pub r#ref: Option<Ref>,");
    assert_has(&after, "pub r#ref: Option<WidgetRef>,");
}

#[test]
fn published_types_are_never_merged() {
    let spec = |least: u32| {
        format!(
            "{{type: object, properties: {{part: {{type: object, properties: {{a: {{type: integer, minimum: {least}}}}}}}}}}}"
        )
    };
    let before = generated(&[crd("Widget", &spec(1)), crd("Gadget", &spec(2))]);
    let after =
        generate(&[crd("Widget", &spec(1)), crd("Gadget", &spec(1))], &Config::default(), &before.lock, "").unwrap();
    assert_has(&code(&after), "pub part: Option<WidgetPart>,");
    assert_has(&code(&after), "pub part: Option<GadgetPart>,");
}

#[test]
fn published_field_keeps_its_name_when_a_new_one_collides() {
    let spec = |names: &str| format!("{{type: object, properties: {{{names}}}}}");
    let before = generated(&[crd("Widget", &spec("foo_bar: {type: string}"))]);
    let after = generate(
        &[crd("Widget", &spec("foo_bar: {type: string}, fooBar: {type: string}"))],
        &Config::default(),
        &before.lock,
        "",
    )
    .unwrap();
    assert_has(&code(&after), "#[serde(skip_serializing_if = \"Option::is_none\")]\n    pub foo_bar: Option<String>,");
    assert_has(
        &code(&after),
        "#[serde(rename = \"fooBar\", skip_serializing_if = \"Option::is_none\")]\n    pub foo_upper_bar: Option<String>,",
    );
}

#[test]
fn versions_of_a_crd_in_several_files_are_merged() {
    let one = crd_with_versions("Widget", &[("v1", "{type: object}")]);
    let other = Source::new("other.yaml", crd_with_versions("Widget", &[("v1beta1", "{type: object}")]).text);
    let generated = generated(&[one, other]);
    assert!(generated.tree.contains_key(camino::Utf8Path::new("src/example/v1/widget.rs")));
    assert!(generated.tree.contains_key(camino::Utf8Path::new("src/example/v1beta1/widget.rs")));
}

#[test]
fn crd_without_served_versions_is_generated() {
    let text = String::from_utf8(crd("Widget", "{type: object}").text).unwrap();
    let text = text.replace("served: true", "served: false").replace("storage: true", "storage: false");
    let generated = generated(&[Source::new("widgets.yaml", text)]);
    assert_has(&code(&generated), "pub struct Widget {");
    let notes: Vec<&str> = generated.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(
        notes,
        [
            "no version has served: true; the client includes all of them",
            "no version has storage: true; the API server rejects the CRD"
        ]
    );
}

#[test]
fn published_names_of_kinds_and_members_are_kept_when_kinds_are_added() {
    let before = generated(&[crd(
        "Gateway",
        "{type: object, x-kubernetes-preserve-unknown-fields: true, properties: {route: {type: object, properties: {a: {type: string}}}}}",
    )]);
    let more = "{type: object, x-kubernetes-preserve-unknown-fields: true, properties: {rest: {type: string}, route: {type: object, properties: {a: {type: string}}}}}";
    let sources = [
        crd("Gateway", more),
        crd("GatewayRoute", "{type: object}"),
        crd("GatewayList", "{type: object}"),
        crd("AllGateway", "{type: object}"),
    ];
    let after = code(&generate(&sources, &Config::default(), &before.lock, "").unwrap());
    assert_has(&after, "pub route: Option<GatewayRoute>,");
    assert_has(&after, "pub struct GatewayRouteKind {");
    assert_has(&after, "pub type GatewayList = List<Gateway>;");
    assert_has(&after, "pub struct GatewayListKind {");
    assert_has(&after, "#[serde(flatten)]\n    pub rest: BTreeMap<String, Json>,");
    assert_has(&after, "pub fn all_gateways(&self) -> AllNamespaces<example::v1::Gateway> {");
}

/// Two versions may have different types `WidgetPart`: not both can move to the module of shared types.
#[test]
fn equal_names_of_two_versions_are_kept_when_both_types_get_new_uses() {
    let spec = |kind: &str| {
        format!("{{type: object, properties: {{part: {{type: object, properties: {{{kind}: {{type: string}}}}}}}}}}")
    };
    let versions = |versions: &[(&'static str, &str)]| {
        let specs: Vec<(&str, String)> = versions.iter().map(|(version, kind)| (*version, spec(kind))).collect();
        crd_with_versions("Widget", &specs.iter().map(|(version, spec)| (*version, spec.as_str())).collect::<Vec<_>>())
    };
    let before = generated(&[versions(&[("v1", "a"), ("v1beta1", "b")])]);
    let after = [versions(&[("v1", "a"), ("v1beta1", "b"), ("v2", "a"), ("v2beta1", "b")])];
    let after = generate(&after, &Config::default(), &before.lock, "").unwrap();
    for version in ["v1", "v1beta1"] {
        let file = &after.tree[camino::Utf8Path::new(&format!("src/example/{version}/widget.rs"))];
        assert_has(file, "pub struct WidgetPart {");
        assert_has(file, "pub part: Option<WidgetPart>,");
    }
}

#[test]
fn accessors_of_groups_and_versions_are_unique() {
    let of = |group: &str, version: &'static str| {
        let source = crd_with_versions("Widget", &[(version, "{type: object}")]);
        let text = String::from_utf8(source.text).unwrap().replace("example.com", group);
        Source::new(format!("{group}.yaml"), text)
    };
    let code = code(&generated(&[of("a.com", "b-c"), of("a-b.com", "c")]));
    assert_has(&code, "pub fn a_com_b_c(&self)");
    assert_has(&code, "pub fn a_b_c(&self)");
    assert_has(&code, "pub struct ABC {");
    assert_has(&code, "pub struct AComBC {");
}

/// The fingerprints of an earlier release are computed in another way.
#[test]
fn names_are_kept_when_the_lock_has_other_fingerprints() {
    let spec = "{type: object, properties: {one: {type: object, properties: {a: {type: string}}}}}";
    let first = generated(&[crd("Widget", spec)]);
    let text = first.lock.to_text().replace("WidgetOne", "Published");
    let line = |line: &str| match line.strip_prefix("fingerprint = ") {
        Some(_) => format!("fingerprint = \"{}\"", "0".repeat(32)),
        None => line.to_owned(),
    };
    let old: String = text.lines().map(|text| line(text) + "\n").collect();
    let again = generate(&[crd("Widget", spec)], &Config::default(), &Lock::parse(&old).unwrap(), "").unwrap();
    assert!(code(&again).contains("pub struct Published {"));
    assert_eq!(again.lock.to_text(), text);
}
