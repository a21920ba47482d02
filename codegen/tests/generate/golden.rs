//! One test per feature: a small CRD, and the relevant part of the output.

use super::*;

#[test]
fn required_and_nullable_fields_have_different_types() {
    let spec = "{type: object, required: [name, maybe], properties: {name: {type: string}, maybe: {type: string, nullable: true}, size: {type: integer}, gone: {type: integer, nullable: true}}}";
    let code = code(&generated(&[crd("Widget", spec)]));
    assert_has(
        &code,
        r#"pub struct WidgetSpec {
    /// `gone`.
    #[serde(
        default,
        deserialize_with = "deserialize_some",
        skip_serializing_if = "Option::is_none"
    )]
    pub gone: Option<Option<i64>>,
    /// `maybe`.
    pub maybe: Option<String>,
    /// `name`.
    pub name: String,
    /// `size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
}
"#,
    );
    assert_has(
        &code,
        "setters! {
    WidgetSpec {
        gone: nullable(i64),
        size: value(i64),
    }
}
",
    );
    assert_has(&code, "pub fn new(maybe: impl Into<Option<String>>, name: impl Into<String>) -> Self {");
}

#[test]
fn items_of_a_list_that_preserves_unknown_fields_preserve_theirs() {
    let list = "type: array, x-kubernetes-preserve-unknown-fields: true, items";
    let spec = format!(
        "{{type: object, properties: {{any: {{{list}: {{type: object}}}}, named: {{{list}: {{type: object, properties: {{a: {{type: string}}}}}}}}, texts: {{{list}: {{type: string}}}}}}}}"
    );
    let code = code(&generated(&[crd("Widget", &spec)]));
    assert_has(&code, "    pub any: Option<Vec<BTreeMap<String, Json>>>,\n");
    assert_has(&code, "    pub named: Option<Vec<WidgetNamed>>,\n");
    assert_has(&code, "    pub texts: Option<Vec<String>>,\n");
    assert_has(&code, "    #[serde(flatten)]\n    pub rest: BTreeMap<String, Json>,\n");
}

#[test]
fn facts_of_the_schema_are_documented() {
    let spec = r#"            description: What a widget should be.
            type: object
            properties:
              hosts:
                description: Names to answer to.
                type: array
                maxItems: 16
                x-kubernetes-list-type: set
                items: {type: string, minLength: 1, pattern: '^[a-z]+$'}
              port: {type: integer, format: int32, minimum: 1, maximum: 65535, default: 80}
              class: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: cannot change}]}
            x-kubernetes-validations: [{rule: "!has(self.port) || self.port != 22", message: not that one.}]
        "#;
    let code = code(&generated(&[crd("Widget", spec)]));
    assert_has(
        &code,
        "/// What a widget should be.
///
/// - Rule: `!has(self.port) || self.port != 22` (message: not that one).
",
    );
    assert_has(
        &code,
        "    /// Names to answer to.
    ///
    /// - A set: items are unique; at most 16 items.
    /// - Each item: at least 1 character.
    /// - Each item: matches `^[a-z]+$`.
",
    );
    assert_has(&code, "    /// - At least 1, at most 65535.\n    /// - Default: `80`.\n");
    assert_has(&code, "    /// - Immutable (message: cannot change).\n");
    assert_has(&code, "pub port: Option<i32>,");
    assert_has(&code, "defaults! {\n    WidgetSpec {\n        \"port\": \"80\";\n    }\n}\n");
}

#[test]
fn enums_accept_values_of_newer_servers() {
    let code = code(&generated(&[crd(
        "Widget",
        "{type: object, properties: {mode: {type: string, enum: [Fast, slow-motion, Unknown]}}}",
    )]));
    assert_has(
        &code,
        "#[non_exhaustive]
pub enum WidgetMode {
    /// `Fast`
    Fast,
    /// `slow-motion`
    SlowMotion,
    /// `Unknown`
    Unknown,
    /// A value that this version of the schema does not list.
    Unrecognized(String),
}

open_enum! {
    WidgetMode: String, Unrecognized {
        Fast = \"Fast\",
        SlowMotion = \"slow-motion\",
        Unknown = \"Unknown\",
    }
}
",
    );
}

#[test]
fn equal_shapes_are_one_type_across_kinds_and_versions() {
    let spec = "{type: object, properties: {parentRefs: {type: array, items: {type: object, properties: {name: {type: string}, port: {type: integer}}}}}}";
    let generated = generated(&[crd_with_versions("Widget", &[("v1", spec), ("v1beta1", spec)]), crd("Gadget", spec)]);
    let code = code(&generated);
    assert_eq!(code.matches("pub struct ParentRef ").count(), 1);
    assert_eq!(code.matches("pub struct WidgetSpec ").count(), 1);
    assert_eq!(code.matches("pub struct GadgetSpec ").count(), 1, "specs of two kinds are never one type");
    assert_has(&generated.tree[camino::Utf8Path::new("src/example/types/parent_ref.rs")], "pub struct ParentRef {");
    assert_has(
        &generated.tree[camino::Utf8Path::new("src/example/v1beta1/mod.rs")],
        "pub use super::types::{ParentRef, WidgetSpec};",
    );
}

#[test]
fn shapes_that_differ_in_a_limit_are_two_types() {
    let spec = |most: u32| {
        format!(
            "{{type: object, properties: {{item: {{type: object, properties: {{name: {{type: string, maxLength: {most}}}}}}}}}}}"
        )
    };
    let code = code(&generated(&[crd_with_versions("Widget", &[("v1", &spec(1)), ("v1beta1", &spec(2))])]));
    assert_eq!(code.matches("pub struct WidgetItem ").count(), 2, "one in each version");
}

#[test]
fn deprecated_versions_are_behind_their_feature() {
    let text = String::from_utf8(
        crd_with_versions("Widget", &[("v1", "{type: object}"), ("v1alpha1", "{type: object}")]).text,
    )
    .unwrap();
    let text =
        text.replace("name: v1alpha1\n", "name: v1alpha1\n    deprecated: true\n    deprecationWarning: use v1\n");
    let generated = generated(&[Source::new("widgets.yaml", text)]);
    assert_has(
        &generated.tree[camino::Utf8Path::new("src/example/mod.rs")],
        "/// Version `v1alpha1` of `example.com`.\n\
         #[cfg(all(feature = \"example-v1alpha1\", feature = \"deprecated\"))]\npub mod v1alpha1;\n",
    );
    assert_has(&generated.tree[camino::Utf8Path::new("src/example/v1alpha1/widget.rs")], "/// Deprecated: use v1.");
    assert_has(
        &generated.tree[camino::Utf8Path::new("src/scheme.rs")],
        "#[cfg(all(feature = \"example-v1alpha1\", feature = \"deprecated\"))]\n    \
         scheme.register::<example::v1alpha1::Widget>();",
    );
}

#[test]
fn versions_are_behind_features_unless_all_versions_is_set() {
    let crds = [crd_with_versions("Widget", &[("v1", "{type: object}"), ("v1beta1", "{type: object}")])];
    let with = generated(&crds);
    let names: Vec<&str> = with.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "client",
            "apply",
            "crds",
            "informers",
            "controller",
            "fake",
            "validate",
            "deprecated",
            "example-v1",
            "example-v1beta1"
        ]
    );
    assert_has(&code(&with), "#[cfg(feature = \"example-v1beta1\")]\npub mod v1beta1;\n");
    assert_has(
        &code(&with),
        "#[cfg(any(feature = \"example-v1\", feature = \"example-v1beta1\"))]\npub mod example;\n",
    );
    let config = Config { all_versions: true, ..Config::default() };
    let without = generate(&crds, &config, &Lock::default(), "").unwrap();
    assert!(!code(&without).contains("feature = \"example"), "{}", code(&without));
    assert_eq!(without.features.len(), 8);
}

#[test]
fn large_optional_structs_are_boxed_and_sensitive_values_wrapped() {
    let many: Vec<String> = (b'a'..=b'h').map(|name| format!("{}: {{type: string}}", char::from(name))).collect();
    let spec = format!(
        "{{type: object, properties: {{large: {{type: object, properties: {{{}}}}}, key: {{type: string}}}}}}",
        many.join(", ")
    );
    let config = Config { sensitive: vec!["Widget.spec.key".to_owned()], ..Config::default() };
    let code = code(&generate(&[crd("Widget", &spec)], &config, &Lock::default(), "").unwrap());
    assert_has(&code, "pub large: Option<Box<WidgetLarge>>,");
    assert_has(&code, "pub key: Option<Sensitive<String>>,");
}

/// A type of Kubernetes does not contain the defaults of a CRD, so the field that uses it does.
#[test]
fn defaults_in_a_well_known_type_are_emitted() {
    let spec = "{type: object, properties: {
        secretKeyRef: {type: object, x-kubernetes-map-type: atomic, required: [key], properties: {
            key: {type: string}, name: {type: string, default: ''}, optional: {type: boolean}}},
        pullSecrets: {type: array, items: {type: object, x-kubernetes-map-type: atomic, properties: {
            name: {type: string, default: none}}}}}}";
    let code = code(&generated(&[crd("Widget", spec)]));
    assert_has(&code, r#""pullSecrets": _, [("name": "\"none\"";)];"#);
    assert_has(&code, r#""secretKeyRef": _, ("name": "\"\"";);"#);
}

#[test]
fn json_schema_pointers_exist_in_the_crd() {
    let spec = "{type: object, properties: {
        a/b: {type: array, items: {type: object, properties: {mode: {type: string, enum: [x]}}}},
        ports: {type: object, additionalProperties: {type: object, properties: {port: {type: integer}}}}}}";
    let config = Config { json_schema: true, ..Config::default() };
    let generated = generate(&[crd("Widget", spec)], &config, &Lock::default(), "").unwrap();
    let listed = &generated.tree[camino::Utf8Path::new("src/json_schema.rs")];
    let crd = &generated.tree[camino::Utf8Path::new("crds/example.com_widgets.yaml")];
    let crd: serde_json::Value =
        serde_json::from_str(crd.lines().find(|line| !line.starts_with('#')).unwrap()).unwrap();
    let root = crd.pointer("/spec/versions/0/schema/openAPIV3Schema").unwrap();
    let entries = listed.split_whitespace().collect::<Vec<_>>().join(" ");
    let pointers: Vec<&str> = entries.split(" = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let pointers: Vec<&str> = pointers.into_iter().filter(|pointer| !pointer.contains('-')).collect();
    assert_eq!(pointers.len(), 5, "{listed}");
    for pointer in pointers {
        assert!(root.pointer(pointer).is_some(), "{pointer}");
    }
    assert_has(&code(&generated), "#[cfg(feature = \"schemars\")]\nmod json_schema;");
}

#[test]
fn apply_configurations_follow_the_types_and_name_how_lists_are_merged() {
    let spec = r"            type: object
            required: [name, hosts]
            properties:
              name: {type: string}
              gone: {type: integer, nullable: true}
              hosts: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              args: {type: array, items: {type: string}}
              mode: {type: string, enum: [Fast, Slow]}
              any: {x-kubernetes-preserve-unknown-fields: true}
              with_name: {type: string}
              selector: {type: object, x-kubernetes-map-type: atomic, properties: {size: {type: integer}, name: {type: string}}}
              named: {type: object, additionalProperties: {type: object, properties: {size: {type: integer}}}}
              ports:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [port, protocol]
                items:
                  type: object
                  required: [port]
                  properties: {port: {type: integer}, protocol: {type: string, default: TCP}}
        ";
    let generated = generated(&[crd("Widget", spec)]);
    let file = &generated.tree[camino::Utf8Path::new("src/applyconfigurations/example/v1/widget.rs")];
    assert_has(
        file,
        r#"apply_object! {
    WidgetApplyConfiguration: api::Widget, Namespaced {
        with_spec spec unset_spec spec_mut: nested(WidgetSpecApplyConfiguration) = "spec",
    }
}

apply_fields! {
    WidgetSpecApplyConfiguration: api::WidgetSpec {
        with_any any unset_any: value(Json) = "any",
        with_args args unset_args: values(String) = "args" as atomic,
        with_gone gone unset_gone: value(Option<i64>) = "gone",
        with_hosts hosts unset_hosts: values(String) = "hosts" as set,
        with_mode mode unset_mode: value(api::WidgetMode) = "mode",
        with_name name unset_name: text() = "name",
        with_named named unset_named named_mut: map(WidgetNamedApplyConfiguration) = "named",
        with_ports ports unset_ports ports_mut: list(WidgetPortApplyConfiguration) = "ports" as map["port",
            "protocol" = "\"TCP\""],
        with_selector selector unset_selector selector_mut: nested(WidgetSelectorApplyConfiguration) = "selector" as
            atomic,
        with_with_name get_with_name unset_with_name: text() = "with_name",
    }
}
"#,
    );
}

#[test]
fn conditions_that_are_an_atomic_list_are_reported() {
    let with = |list: &str| {
        let status = format!(
            "{{type: object, properties: {{conditions: {{type: array{list}, items: {{type: object, required: [type], properties: {{type: {{type: string}}}}}}}}}}}}"
        );
        let text = crd("Widget", "{type: object}").text;
        let text = String::from_utf8(text)
            .unwrap()
            .replace("          spec:", &format!("          status: {status}\n          spec:"));
        let notes = generated(&[Source::new("widgets.yaml", text)]).notes;
        notes.iter().map(|note| note.text.clone()).collect::<Vec<_>>()
    };
    let notes = with("");
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("Widget.status.conditions is an atomic list: "), "{notes:?}");
    assert_eq!(with(", x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [type]"), [""; 0]);
}

#[test]
fn selectable_fields_are_constants() {
    let source = crd("Widget", "{type: object, properties: {className: {type: string}, size: {type: integer}}}");
    let text = String::from_utf8(source.text).unwrap().replace(
        "    schema:\n",
        "    selectableFields: [{jsonPath: .spec.className}, {jsonPath: .spec.size}]\n    schema:\n",
    );
    let code = code(&generated(&[Source::new("widgets.yaml", text)]));
    assert_has(
        &code,
        "selectable_fields! {
    Widget {
        SPEC_CLASS_NAME = \"spec.className\",
        SPEC_SIZE = \"spec.size\",
    }
}
",
    );
}

#[test]
fn own_conditions_implement_the_trait_of_conditions() {
    let source = crd("Widget", "{type: object}");
    let status = "          status:\n            type: object\n            properties:\n              observedGeneration: {type: integer, format: int64}\n              conditions:\n                type: array\n                items:\n                  type: object\n                  required: [type, status]\n                  properties:\n                    type: {type: string, enum: [Ready]}\n                    status: {type: string}\n                    message: {type: string}\n                    lastTransitionTime: {type: string, format: date-time}\n                    lastUpdateTime: {type: string, format: date-time}\n";
    let code = code(&generated(&[Source::new("widgets.yaml", String::from_utf8(source.text).unwrap() + status)]));
    assert_has(
        &code,
        "has_conditions! {
    Widget {
        conditions: conditions,
        observed_generation: observed_generation optional,
    }
}
",
    );
    assert_has(
        &code,
        "        last_transition_time: last_transition_time optional,
        message: message optional,
        status: status required,
        type_: r#type required,
    }
}
",
    );
}
