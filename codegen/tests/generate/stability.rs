//! Published names do not change: additions change no public name, no path, and no type of an unchanged field.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use kube_client_gen::{Config, Generated, Lock, Severity, Source, SurfaceChange, generate, surface_changes};
use serde_json::{Value, json};

const FIELDS: [&str; 8] = ["ref", "refs", "part", "parts", "selector", "type", "status", "template"];

/// Creates a random schema with few names, so that shapes become equal and different.
fn schema(rng: &mut Rng, depth: usize) -> Value {
    match rng.u8(..if depth == 0 { 3 } else { 7 }) {
        0 => json!({"type": "string"}),
        1 => json!({"type": "integer"}),
        2 => json!({"type": "string", "enum": ["a", "b"]}),
        3 => json!({"type": "array", "items": schema(rng, depth - 1)}),
        4 => json!({"type": "object", "additionalProperties": schema(rng, depth - 1)}),
        _ => object(rng, depth - 1),
    }
}

fn object(rng: &mut Rng, depth: usize) -> Value {
    let mut properties = serde_json::Map::new();
    for name in FIELDS {
        if rng.u8(..3) == 0 {
            properties.insert(name.to_owned(), schema(rng, depth));
        }
    }
    json!({"type": "object", "properties": properties})
}

/// The schemas of each version of each kind.
type Kinds = BTreeMap<&'static str, BTreeMap<&'static str, Value>>;

fn sources(kinds: &Kinds) -> Vec<Source> {
    let of = |(kind, versions): (&&str, &BTreeMap<&str, Value>)| {
        let plural = format!("{}s", kind.to_lowercase());
        let newest = versions.keys().next_back();
        let versions: Vec<Value> = versions
            .iter()
            .map(|(name, spec)| json!({"name": name, "served": true, "storage": Some(name) == newest, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}))
            .collect();
        let crd = json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.example.com")},
            "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": kind, "plural": plural}, "versions": versions},
        });
        Source::new(format!("{plural}.json"), crd.to_string())
    };
    kinds.iter().map(of).collect()
}

fn generated_after(kinds: &Kinds, lock: &Lock) -> Generated {
    generate(&sources(kinds), &Config::default(), lock, "").unwrap_or_else(|errors| panic!("{errors}"))
}

/// Adds a kind, a version, or an optional field somewhere.
fn add(rng: &mut Rng, kinds: &mut Kinds) {
    const KINDS: [&str; 6] = ["Widget", "Gadget", "WidgetPart", "GadgetRef", "Part", "Refs"];
    const VERSIONS: [&str; 4] = ["v1", "v1beta1", "v2", "v1alpha1"];
    let kind = *rng.choice(&KINDS).unwrap();
    let version = *rng.choice(&VERSIONS).unwrap();
    let versions = kinds.entry(kind).or_default();
    // A new version often has the schema of another one.
    let existing = versions.values().next().cloned();
    let new = match existing {
        Some(existing) if rng.bool() => existing,
        _ => object(rng, 3),
    };
    let spec = versions.entry(version).or_insert(new);
    grow(rng, spec);
}

fn grow(rng: &mut Rng, schema: &mut Value) {
    let inner = ["items", "additionalProperties"].into_iter().find(|name| schema.get(*name).is_some());
    if let Some(inner) = inner {
        return grow(rng, &mut schema[inner]);
    }
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let name = *rng.choice(&FIELDS).unwrap();
    match properties.get_mut(name) {
        Some(known) => grow(rng, known),
        None => drop(properties.insert(name.to_owned(), self::schema(rng, 2))),
    }
}

fn assert_nothing_breaks(before: &Generated, after: &Generated, what: &str) {
    let broken: Vec<String> = surface_changes(&before.tree, &after.tree)
        .into_iter()
        .filter(|change| change.severity == Severity::Breaking && !is_required_permission(change))
        .map(|change| change.to_string())
        .collect();
    assert!(broken.is_empty(), "{what}:\n{}", broken.join("\n"));
}

/// Whether the difference is that a client of another version than the storage version can change objects only after
/// `allow_field_loss`, or again without it: a field was added to one of the two versions.
fn is_required_permission(change: &SurfaceChange) -> bool {
    let without = |text: &Option<String>| text.as_ref().map(|text| text.replace(" Lossy", " "));
    change.path.ends_with("()") && without(&change.before) == without(&change.after)
}

#[test]
fn additions_have_no_breaking_changes() {
    for seed in 0..100 {
        let mut rng = Rng::with_seed(seed);
        let mut kinds = Kinds::new();
        kinds.entry("Widget").or_default().insert("v1", object(&mut rng, 4));
        kinds.entry("Gadget").or_default().insert("v1", object(&mut rng, 4));
        let mut before = generated_after(&kinds, &Lock::default());
        for step in 0..6 {
            add(&mut rng, &mut kinds);
            let after = generated_after(&kinds, &before.lock);
            assert_nothing_breaks(&before, &after, &format!("seed {seed}, step {step}"));
            before = after;
        }
    }
}

#[test]
fn changes_of_apply_configurations_are_reported() {
    let of = |spec: Value| generated_after(&[("Widget", [("v1", spec)].into())].into(), &Lock::default());
    let fields = |fields: Value| json!({"type": "object", "properties": fields});
    let part = json!({"type": "object", "properties": {"ref": {"type": "string"}}});
    let before = of(fields(json!({"part": part, "status": {"type": "string"}, "type": {"type": "string"}})));
    let after = of(fields(json!({"part": part, "status": {"type": "integer"}, "refs": {"type": "string"}})));
    let changes = surface_changes(&before.tree, &after.tree);
    let of_configurations = changes.iter().filter(|change| change.path.contains("WidgetSpecApplyConfiguration"));
    let found: Vec<String> = of_configurations.map(ToString::to_string).collect();
    let path = "applyconfigurations::example::v1::WidgetSpecApplyConfiguration";
    let expected = [
        format!("breaking: {path}::with_type() was removed:"),
        format!("additive: {path}::with_refs() was added:"),
        format!("breaking: {path}::with_status() changed from"),
    ];
    for start in expected {
        assert!(found.iter().any(|change| change.starts_with(&start)), "{start}\n{}", found.join("\n"));
    }
    assert!(!found.iter().any(|change| change.contains("part")), "{}", found.join("\n"));
}

/// Versions of one CRD in the corpus are its history: each is added to those before.
#[test]
#[ignore = "needs ../shared/corpus"]
fn real_histories_have_no_breaking_changes() {
    let steps = check_histories(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"));
    assert!(steps > 20, "only {steps} steps found");
}

#[test]
fn histories_of_our_corpus_have_no_breaking_changes() {
    let steps = check_histories(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus"));
    assert_eq!(steps, 3);
}

/// Checks each CRD with several versions in a corpus; returns the number of added versions.
fn check_histories(corpus: &Path) -> usize {
    let mut crds: BTreeMap<(PathBuf, String), Vec<PathBuf>> = BTreeMap::new();
    below(corpus, &mut crds);
    let mut steps = 0;
    for ((_, plural), files) in crds.iter_mut().filter(|(_, files)| files.len() > 1) {
        files.sort_by_key(|file| age(file));
        if scopes(files) > 1 {
            // A kind with another scope is another kind.
            continue;
        }
        let mut before: Option<Generated> = None;
        for count in 1..=files.len() {
            let sources: Vec<Source> = files[..count]
                .iter()
                .map(|file| {
                    // Versions that are no longer served are a part of the history.
                    let text = std::fs::read_to_string(file).unwrap().replace("served: false", "served: true");
                    Source::new(file.display().to_string(), text)
                })
                .collect();
            let lock = before.as_ref().map(|before| before.lock.clone()).unwrap_or_default();
            let after = generate(&sources, &Config::default(), &lock, "").unwrap_or_else(|errors| panic!("{errors}"));
            if let Some(before) = &before {
                assert_nothing_breaks(before, &after, &format!("{plural}, {}", files[count - 1].display()));
                steps += 1;
            }
            before = Some(after);
        }
    }
    steps
}

/// Collects the files of each CRD: `<project>/<group>/<version>/<plural>.yaml`.
fn below(folder: &Path, crds: &mut BTreeMap<(PathBuf, String), Vec<PathBuf>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, crds);
        } else if let (Some(group), Some(name)) = (path.ancestors().nth(2), path.file_name()) {
            crds.entry((group.to_owned(), name.to_string_lossy().into_owned())).or_default().push(path.clone());
        }
    }
}

/// Returns the number of different scopes in the files.
fn scopes(files: &[PathBuf]) -> usize {
    let scope = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines().find(|line| line.starts_with("  scope:")).map(str::to_owned)
    };
    files.iter().map(scope).collect::<std::collections::BTreeSet<_>>().len()
}

/// Returns the sort key of a version: alpha before beta, 1 before 2.
fn age(file: &Path) -> (u8, String) {
    let version = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let stage = if version.contains("alpha") { 0 } else { u8::from(!version.contains("beta")) + 1 };
    (stage, version)
}

#[test]
fn changes_of_custom_kind_types_are_reported() {
    let file = |plural: &str| {
        let text = format!(
            "custom_kind! {{\n    Widget {{\n        group: \"example.com\",\n        plural: \"{plural}\",\n    }}\n}}\n"
        );
        kube_client_gen::Tree::from([("src/example/v1/widget.rs".into(), text)])
    };
    let changes: Vec<String> =
        surface_changes(&file("widgets"), &file("gadgets")).iter().map(ToString::to_string).collect();
    assert_eq!(changes, [r#"breaking: example::v1::Widget::<plural> changed from "widgets" to "gadgets""#]);
}

#[test]
fn changes_in_inline_modules_are_reported() {
    let file = |of: &str| {
        let text = format!("pub mod example {{ pub mod v1 {{ pub type WidgetLister = Lister<{of}>; }} }}\n");
        kube_client_gen::Tree::from([("src/listers.rs".into(), text)])
    };
    let changes: Vec<String> = surface_changes(&file("A"), &file("B")).iter().map(ToString::to_string).collect();
    assert_eq!(changes, ["breaking: listers::example::v1::WidgetLister changed from Lister<A> to Lister<B>"]);
}
