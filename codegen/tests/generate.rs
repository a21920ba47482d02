//! What generation yields, and what it refuses. The golden tests are one feature each: a small CRD, and the part of the
//! output that shows the feature.

use kube_client_gen::{Config, Errors, Generated, Lock, Source, generate};

/// A CRD of one version with this schema below `spec`.
fn crd(kind: &str, spec: &str) -> Source {
    crd_with_versions(kind, &[("v1", spec)])
}

fn crd_with_versions(kind: &str, versions: &[(&str, &str)]) -> Source {
    let plural = format!("{}s", kind.to_lowercase());
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.example.com}}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {{kind: {kind}, plural: {plural}}}\n  versions:\n"
    );
    for (index, (version, spec)) in versions.iter().enumerate() {
        let stored = index == 0;
        text.push_str(&format!(
            "  - name: {version}\n    served: true\n    storage: {stored}\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec: {}\n",
            if spec.starts_with('{') { (*spec).to_owned() } else { format!("\n{spec}") }
        ));
    }
    Source::new(format!("{plural}.yaml"), text)
}

fn generated(sources: &[Source]) -> Generated {
    generate(sources, &Config::default(), &Lock::default(), "").unwrap_or_else(|errors| panic!("{errors}"))
}

fn refused(text: impl Into<Vec<u8>>) -> Errors {
    generate(&[Source::new("bad.yaml", text)], &Config::default(), &Lock::default(), "").expect_err("refused")
}

/// Everything emitted below `src/`, for looking things up.
fn code(generated: &Generated) -> String {
    generated.tree.iter().filter(|(path, _)| path.starts_with("src")).map(|(_, text)| text.as_str()).collect()
}

fn assert_has(code: &str, expected: &str) {
    assert!(code.contains(expected), "not found:\n{expected}\n\nin:\n{code}");
}

mod golden {
    use super::*;

    #[test]
    fn fields_know_whether_they_must_be_there() {
        let spec = "{type: object, required: [name, maybe], properties: {name: {type: string}, maybe: {type: string, nullable: true}, size: {type: integer}, gone: {type: integer, nullable: true}}}";
        let code = code(&generated(&[crd("Widget", spec)]));
        assert_has(
            &code,
            r#"pub struct WidgetSpec {
    /// `gone`.
    #[serde(
        default,
        deserialize_with = "kube_client_runtime::types::present",
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
    fn facts_of_the_schema_stand_in_the_documentation() {
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
/// - Rule: `!has(self.port) || self.port != 22` (else: not that one).
",
        );
        assert_has(
            &code,
            "    /// Names to answer to.
    ///
    /// - A set: no item twice; at most 16 items.
    /// - Each item: at least 1 character.
    /// - Each item: matches `^[a-z]+$`.
",
        );
        assert_has(&code, "    /// - At least 1, at most 65535.\n    /// - Default: `80`.\n");
        assert_has(&code, "    /// - Immutable (else: cannot change).\n");
        assert_has(&code, "pub port: Option<i32>,");
        assert_has(&code, "defaults! {\n    WidgetSpec {\n        \"port\": \"80\";\n    }\n}\n");
    }

    #[test]
    fn enums_are_open_for_values_of_newer_servers() {
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
    /// A value that this version of the schema does not name.
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
        let generated =
            generated(&[crd_with_versions("Widget", &[("v1", spec), ("v1beta1", spec)]), crd("Gadget", spec)]);
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
            "/// Version `v1alpha1` of `example.com`.\n#[cfg(feature = \"deprecated\")]\npub mod v1alpha1;\n",
        );
        assert_has(&generated.tree[camino::Utf8Path::new("src/example/v1alpha1/widget.rs")], "/// Deprecated: use v1.");
        assert_has(
            &generated.tree[camino::Utf8Path::new("src/scheme.rs")],
            "#[cfg(feature = \"deprecated\")] scheme.register::<super::example::v1alpha1::Widget>();",
        );
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
}

mod laws {
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
    fn the_order_of_sources_does_not_matter() {
        let sources = three();
        let expected = generated(&sources);
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(generated(&order.map(|index| sources[index].clone())), expected, "{order:?}");
        }
    }

    #[test]
    fn generating_again_with_the_lock_changes_nothing() {
        let first = generated(&three());
        let second = generate(&three(), &Config::default(), &first.lock, "").unwrap();
        assert_eq!(first, second);
        assert_eq!(Lock::parse(&first.lock.to_text()).unwrap(), first.lock);
    }

    #[test]
    fn published_names_and_boxes_stay_when_a_shared_type_splits() {
        let spec = |extra: &str| {
            format!(
                "{{type: object, properties: {{ref: {{type: object, properties: {{a: {{type: string}}{extra}}}}}}}}}"
            )
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
        let after = generate(&[crd("Widget", &spec(1)), crd("Gadget", &spec(1))], &Config::default(), &before.lock, "")
            .unwrap();
        assert_has(&code(&after), "pub part: Option<WidgetPart>,");
        assert_has(&code(&after), "pub part: Option<GadgetPart>,");
    }

    #[test]
    fn a_published_field_keeps_its_name_when_another_one_collides() {
        let spec = |names: &str| format!("{{type: object, properties: {{{names}}}}}");
        let before = generated(&[crd("Widget", &spec("foo_bar: {type: string}"))]);
        let after = generate(
            &[crd("Widget", &spec("foo_bar: {type: string}, fooBar: {type: string}"))],
            &Config::default(),
            &before.lock,
            "",
        )
        .unwrap();
        assert_has(
            &code(&after),
            "#[serde(skip_serializing_if = \"Option::is_none\")]\n    pub foo_bar: Option<String>,",
        );
        assert_has(
            &code(&after),
            "#[serde(rename = \"fooBar\", skip_serializing_if = \"Option::is_none\")]\n    pub foo_upper_bar: Option<String>,",
        );
    }

    #[test]
    fn several_files_may_hold_one_crd_with_a_version_each() {
        let one = crd_with_versions("Widget", &[("v1", "{type: object}")]);
        let other = Source::new("other.yaml", crd_with_versions("Widget", &[("v1beta1", "{type: object}")]).text);
        let generated = generated(&[one, other]);
        assert!(generated.tree.contains_key(camino::Utf8Path::new("src/example/v1/widget.rs")));
        assert!(generated.tree.contains_key(camino::Utf8Path::new("src/example/v1beta1/widget.rs")));
    }
}

mod refusals {
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
        assert_refused(
            vec![b' '; 100 << 20],
            "bad.yaml:1:1: 104857600 bytes; at most 67108864 are read; split the file",
        );
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
        let errors =
            generate(&[crd("Widget", "{type: object}")], &config, &Lock::default(), "").unwrap_err().to_string();
        assert_eq!(
            errors,
            "codegen.toml: sensitive: \"Widget.spec.nothing\" is in none of the CRDs
codegen.toml: accessors: \"Gadget\" is in none of the CRDs
codegen.toml: names: \"Widget.spec.gone\" is in none of the CRDs as a place with a type of its own"
        );
    }

    #[test]
    fn one_name_for_two_types() {
        let spec =
            "{type: object, properties: {a: {type: object}, b: {type: object, properties: {c: {type: string}}}}}";
        let config = Config::parse("[names]\n\"Widget.spec.a\" = \"Same\"\n\"Widget.spec.b\" = \"Same\"\n").unwrap();
        let errors = generate(&[crd("Widget", spec)], &config, &Lock::default(), "").unwrap_err().to_string();
        assert_eq!(
            errors,
            "codegen.toml: names: Same is given to v1/Widget.spec.a and to v1/Widget.spec.b, which are different types"
        );
    }
}

mod hostile {
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
            "Type", "Self", "Option", "String", "Vec", "Box", "Result", "Value", "Some", "Types", "Mod", "Match",
            "Async", "Crate-d",
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
}
