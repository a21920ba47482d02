//! Several versions of a kind: changes that delete stored fields, and conversions.

use super::*;

const SMALL: &str = "{type: object, properties: {a: {type: string}}}";
const LARGE: &str = "{type: object, properties: {a: {type: string}, b: {type: string}}}";

/// The storage version is the first one.
fn two(stored: &str, other: &str) -> Source {
    crd_with_versions("Widget", &[("v1", stored), ("v1beta1", other)])
}

fn file<'g>(generated: &'g Generated, path: &str) -> &'g str {
    &generated.tree[camino::Utf8Path::new(path)]
}

fn losses(generated: &Generated) -> Vec<&str> {
    generated.notes.iter().map(|note| note.text.as_str()).filter(|text| text.starts_with("each change")).collect()
}

#[test]
fn client_of_a_version_without_a_stored_field_requires_permission_to_change_objects() {
    let generated = generated(&[two(LARGE, SMALL)]);
    assert_eq!(losses(&generated), ["each change through v1beta1 deletes fields of the storage version: .spec.b"]);
    let clientset = file(&generated, "src/clientset.rs");
    assert_has(
        clientset,
        "    /// Each change through this version deletes fields of the storage version: `.spec.b`. The client changes objects
    /// only after `allow_field_loss()`.
    pub fn widgets(&self, namespace: &str) -> LossyNamespaced<example::v1beta1::Widget> {
        self.client.namespaced(namespace).lossy_updates()
    }
",
    );
    assert_has(
        clientset,
        "    pub fn widgets(&self, namespace: &str) -> Namespaced<example::v1::Widget> {
        self.client.namespaced(namespace)
    }
",
    );
    assert_has(clientset, "#[cfg(feature = \"example-v1beta1\")]\nuse kube_client_runtime::client::LossyNamespaced;\n");
}

#[test]
fn client_of_a_cluster_scoped_kind_requires_it_too() {
    let Source { name, text, .. } = two(LARGE, SMALL);
    let text = String::from_utf8(text).unwrap().replace("Namespaced", "Cluster");
    let generated = generated(&[Source::new(name, text)]);
    assert_has(
        file(&generated, "src/clientset.rs"),
        "    pub fn widgets(&self) -> LossyCluster<example::v1beta1::Widget> {
        self.client.cluster().lossy_updates()
    }
",
    );
}

#[test]
fn version_with_all_stored_fields_loses_nothing() {
    let map = "{type: object, additionalProperties: {type: string}}";
    let any = "{type: object, x-kubernetes-preserve-unknown-fields: true}";
    for (stored, other) in [(LARGE, LARGE), (SMALL, LARGE), (LARGE, map), (LARGE, any), (map, any)] {
        let generated = generated(&[two(stored, other)]);
        assert!(losses(&generated).is_empty(), "{stored} {other}");
        assert!(!code(&generated).contains("lossy_updates"), "{stored} {other}");
    }
}

#[test]
fn unknown_fields_that_only_the_storage_version_preserves_are_lost() {
    let any = "{type: object, x-kubernetes-preserve-unknown-fields: true}";
    let nested = |inner: &str| format!("{{type: object, additionalProperties: {inner}}}");
    let lost = |stored: &str, other: &str| losses(&generated(&[two(stored, other)])).concat();
    let text = "each change through v1beta1 deletes fields of the storage version: ";
    assert_eq!(lost(any, SMALL), format!("{text}.spec.*"));
    assert_eq!(lost(&nested(LARGE), &nested(SMALL)), format!("{text}.spec{{}}.b"));
    assert_eq!(
        lost(&format!("{{type: object, properties: {{x: {LARGE}}}}}"), &nested(SMALL)),
        format!("{text}.spec.x.b")
    );
}

#[test]
fn versions_are_convertible_where_both_are_compiled() {
    let generated = generated(&[two(LARGE, SMALL)]);
    let conversions = file(&generated, "src/conversions.rs");
    let gate = "#[cfg(all(feature = \"example-v1\", feature = \"example-v1beta1\"))]\n";
    for part in [
        "use kube_client_runtime::convert::ConvertTo;\n",
        "use super::example;\n",
        "impl ConvertTo<example::v1::Widget> for example::v1beta1::Widget {}\n",
        "impl ConvertTo<example::v1beta1::Widget> for example::v1::Widget {}\n",
    ] {
        assert_has(conversions, &format!("{gate}{part}"));
    }
    assert_has(file(&generated, "src/lib.rs"), "#[cfg(feature = \"validate\")]\nmod conversions;\n");
}

#[test]
fn kinds_without_a_conversion_that_is_known_have_none() {
    let Source { name, text, .. } = two(LARGE, SMALL);
    let webhook = "  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: 'https://example.com'}}}\n  versions:\n";
    let text = String::from_utf8(text).unwrap().replace("  versions:\n", webhook);
    let webhook = generated(&[Source::new(name, text)]);
    assert!(losses(&webhook).is_empty());
    for generated in [webhook, generated(&[crd("Widget", LARGE)])] {
        assert!(!generated.tree.contains_key(camino::Utf8Path::new("src/conversions.rs")));
        assert!(!code(&generated).contains("conversions"));
    }
}
