//! Properties of sets and of server-side apply, for random sets and objects.

use kube_structural_schema::{Schema, Source, read};
use kube_structured_merge::{FieldManager, PathElement, Set, Versions, compare, extract, field_set};
use proptest::prelude::*;
use serde_json::{Value, json};

struct Widgets(Schema);

impl Versions for Widgets {
    fn kind(&self) -> &'static str {
        "Widget"
    }

    fn schema(&self, api_version: &str) -> Option<&Schema> {
        (api_version == "example.com/v1").then_some(&self.0)
    }

    fn convert(&self, object: &Value, _: &str) -> Option<Value> {
        Some(object.clone())
    }
}

fn widgets() -> Widgets {
    let parts = json!({
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "weight": {"type": "integer"},
        }},
    });
    let spec = json!({"type": "object", "properties": {
        "size": {"type": "integer"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "piece": {"type": "array", "items": {"type": "integer"}},
        "parts": parts,
    }});
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": spec},
            }}}],
        },
    });
    let mut found = read(&[Source::new("widgets.json", crd.to_string())]).expect("a CRD");
    Widgets(found.crds.remove(0).versions.remove(0).schema)
}

fn element() -> impl Strategy<Value = PathElement> {
    prop_oneof![
        "[abc]".prop_map(PathElement::field),
        "[ab]".prop_map(|name| PathElement::from_text(&format!("k:{{\"name\":\"{name}\"}}")).expect("a key")),
        "[ab]".prop_map(|value| PathElement::from_text(&format!("v:\"{value}\"")).expect("a value")),
        (0..3_i32).prop_map(|index| PathElement::from_text(&format!("i:{index}")).expect("an index")),
    ]
}

fn set() -> impl Strategy<Value = Set> {
    prop::collection::vec(prop::collection::vec(element(), 1..4), 0..8).prop_map(|paths| {
        let mut set = Set::new();
        paths.into_iter().for_each(|path| set.insert(path));
        set
    })
}

fn widget() -> impl Strategy<Value = Value> {
    let name = || prop::sample::subsequence(vec!["a", "b", "c"], 0..=3);
    let spec = (
        prop::option::of(0..3_i32),
        prop::option::of(name()),
        prop::option::of(name()),
        prop::option::of(prop::collection::vec(0..3_i32, 0..3)),
        prop::option::of((name(), 0..3_i32)),
    );
    spec.prop_map(|(size, labels, set, piece, parts)| {
        let mut spec = json!({});
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                spec[name] = value;
            }
        };
        put("size", size.map(Value::from));
        put("labels", labels.map(|names| names.iter().map(|name| ((*name).to_owned(), json!("x"))).collect()));
        put("set", set.map(Value::from));
        put("piece", piece.map(Value::from));
        put(
            "parts",
            parts.map(|(names, weight)| names.iter().map(|name| json!({"name": name, "weight": weight})).collect()),
        );
        json!({
            "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "n"}, "spec": spec,
        })
    })
}

fn live() -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "n"}})
}

proptest! {
    #[test]
    fn fields_v1_round_trips(set in set()) {
        prop_assert_eq!(Set::from_fields_v1(&set.to_fields_v1()).expect("a set"), set);
    }

    #[test]
    fn union_contains_the_paths_of_both_sets(one in set(), other in set()) {
        let union = one.union(&other);
        prop_assert_eq!(&union, &other.union(&one));
        for path in one.paths().iter().chain(&other.paths()) {
            prop_assert!(union.has(path));
        }
        prop_assert!(union.paths().iter().all(|path| one.has(path) || other.has(path)));
        prop_assert_eq!(one.union(&one), one);
    }

    #[test]
    fn difference_and_intersection_partition_a_set(one in set(), other in set()) {
        let (both, rest) = (one.intersection(&other), one.difference(&other));
        prop_assert!(both.paths().iter().all(|path| one.has(path) && other.has(path)));
        prop_assert!(rest.paths().iter().all(|path| one.has(path) && !other.has(path)));
        prop_assert_eq!(both.union(&rest), one);
    }

    #[test]
    fn comparison_is_empty_for_equal_objects_only(one in widget(), other in widget()) {
        let widgets = widgets();
        prop_assert!(compare(&widgets.0, &one, &one).is_empty());
        prop_assert_eq!(compare(&widgets.0, &one, &other).is_empty(), one == other);
    }

    #[test]
    fn extract_keeps_all_paths_of_the_field_set(object in widget()) {
        let widgets = widgets();
        let set = field_set(&widgets.0, &object);
        let extracted = extract(&widgets.0, &object, &set);
        prop_assert_eq!(field_set(&widgets.0, &extracted), set);
    }

    #[test]
    fn apply_is_idempotent(first in widget(), mine in widget()) {
        let widgets = widgets();
        let manager = FieldManager::new(&widgets, "example.com/v1");
        let base = manager.apply(&live(), &first, "other", true, "2024-01-01T00:00:00Z").expect("applied");
        let applied = manager.apply(&base, &mine, "me", true, "2024-01-01T00:00:00Z").expect("applied");
        let again = manager.apply(&applied, &mine, "me", false, "2024-01-01T00:00:01Z").expect("no conflict with oneself");
        prop_assert_eq!(applied, again);
    }

    #[test]
    fn apply_of_an_empty_configuration_removes_fields_without_other_owners(mine in widget()) {
        let widgets = widgets();
        let manager = FieldManager::new(&widgets, "example.com/v1");
        let applied = manager.apply(&live(), &mine, "me", false, "2024-01-01T00:00:00Z").expect("applied");
        let empty = manager.apply(&applied, &live(), "me", false, "2024-01-01T00:00:00Z").expect("applied");
        // As on a real API server: no manager owns an empty list, so it stays.
        let mut left = empty.get("spec").and_then(Value::as_object).into_iter().flatten();
        prop_assert!(left.all(|(_, value)| *value == json!([])), "{}", empty);
    }

    #[test]
    fn appliers_of_equal_values_share_ownership(mine in widget()) {
        let widgets = widgets();
        let manager = FieldManager::new(&widgets, "example.com/v1");
        let one = manager.apply(&live(), &mine, "one", false, "2024-01-01T00:00:00Z").expect("applied");
        let both = manager.apply(&one, &mine, "two", false, "2024-01-01T00:00:00Z").expect("no conflict over the same value");
        prop_assert_eq!(&both["spec"], &one["spec"]);
        let left = manager.apply(&both, &live(), "one", false, "2024-01-01T00:00:00Z").expect("applied");
        prop_assert_eq!(&left["spec"], &one["spec"]);
    }
}

#[test]
fn conflict_names_manager_and_field() {
    let widgets = widgets();
    let manager = FieldManager::new(&widgets, "example.com/v1");
    let of = |size: i32| {
        let mut widget = live();
        widget["spec"] = json!({"size": size});
        widget
    };
    let base = manager.apply(&live(), &of(1), "first", false, "2024-01-01T00:00:00Z").expect("applied");
    let error = manager.apply(&base, &of(2), "second", false, "2024-01-01T00:00:00Z").expect_err("a conflict");
    assert_eq!(error.to_string(), "Apply failed with 1 conflict: conflict with \"first\": .spec.size");
    let forced = manager.apply(&base, &of(2), "second", true, "2024-01-01T00:00:00Z").expect("forced");
    assert_eq!(forced["spec"], json!({"size": 2}));
}
