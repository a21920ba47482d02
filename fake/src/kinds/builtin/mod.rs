//! Built-in kinds, as far as controllers use them.

mod autoscaler;
pub(crate) mod defaults;
mod encoding;
mod event;
mod patch_strategy;
mod prepare;
mod qos;
mod schemas;
mod selector;
pub(crate) mod strategy;
mod validate;
pub(crate) mod validation;
mod warnings;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use kube_structural_schema::{Names, Scale, Schema, Subresources, Type, Version};

use self::schemas::{definition, free, object, of, root, text};
use super::{BuiltinVersion, Kind, Kinds, Rules};
use crate::catalogue::{Catalogue, Release, Resource};
use crate::status::GroupResource;

pub(crate) use encoding::{apply_decoding, normalize};
pub(crate) use event::{EventForm, convert_to as convert_event};
pub(crate) use patch_strategy::{PatchStrategy, PatchedStruct};
pub(crate) use prepare::{prepare_for_create, prepare_for_delete, prepare_for_update};
pub(crate) use qos::qos_class;
pub(crate) use selector::selector_text;
pub(crate) use validate::{validate, validate_namespace, validate_update};
pub(crate) use warnings::warnings;

struct Builtin {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short_names: &'static [&'static str],
    categories: &'static [&'static str],
    namespaced: bool,
    status: bool,
    schema: Schema,
    rules: Rules,
}

impl Builtin {
    fn into_kind(self, definition_id: u64) -> Kind {
        let version = Version {
            place: kube_structural_schema::Place::default(),
            name: self.version.to_owned(),
            served: true,
            storage: true,
            deprecated: None,
            subresources: Subresources { status: self.status, scale: None },
            printer_columns: Vec::new(),
            selectable_fields: Vec::new(),
            schema: self.schema,
        };
        Kind {
            resource: GroupResource { group: self.group.to_owned(), resource: self.plural.to_owned() },
            names: Names {
                kind: self.kind.to_owned(),
                list_kind: format!("{}List", self.kind),
                plural: self.plural.to_owned(),
                singular: self.kind.to_lowercase(),
                short_names: self.short_names.iter().map(|name| (*name).to_owned()).collect(),
                categories: self.categories.iter().map(|name| (*name).to_owned()).collect(),
            },
            namespaced: self.namespaced,
            object_group: None,
            versions: Arc::new([version]),
            storage: 0,
            rules: self.rules,
            converts_by_webhook: false,
            has_embedded: false,
            definition_id,
            builtin: Arc::default(),
        }
    }
}

/// Returns the kind `Scale` of `autoscaling/v1`.
pub(crate) fn scale() -> Kind {
    let schema = root([
        ("spec", object([("replicas", of(Type::Integer))])),
        ("status", object([("replicas", of(Type::Integer)), ("selector", text())])),
    ]);
    let scale = Builtin {
        group: "autoscaling",
        version: "v1",
        kind: "Scale",
        plural: "scales",
        short_names: &[],
        categories: &[],
        namespaced: true,
        status: false,
        schema,
        rules: Rules::Stored,
    };
    Kind { object_group: Some("autoscaling"), ..scale.into_kind(0) }
}

/// The facts about the scale of built-in kinds, which is the same in all releases.
static SCALE: LazyLock<Arc<[BuiltinVersion]>> = LazyLock::new(|| {
    let catalogue = Catalogue::of(Release::default());
    let resource = catalogue.resources().iter().find(|resource| resource.plural == "deployments");
    let type_ = catalogue.kind("autoscaling", "v1", "Scale");
    resource.zip(type_).map(|(resource, type_)| BuiltinVersion::new(resource, type_)).into_iter().collect()
});

/// Returns the kind `Scale` as a subresource of a kind. That of a built-in kind is decoded by its Go struct.
pub(crate) fn scale_of(parent: &Kind) -> Kind {
    let scale = scale().as_subresource_of(parent);
    if parent.is_custom() { scale } else { Kind { builtin: Arc::clone(&SCALE), ..scale } }
}

/// Creates a kind without a schema.
pub(crate) fn without_schema(resource: &kube::core::ApiResource, namespaced: bool, definition_id: u64) -> Kind {
    let version = Version {
        place: kube_structural_schema::Place::default(),
        name: resource.version.clone(),
        served: true,
        storage: true,
        deprecated: None,
        subresources: Subresources { status: true, scale: None },
        printer_columns: Vec::new(),
        selectable_fields: Vec::new(),
        schema: free(),
    };
    Kind {
        resource: GroupResource { group: resource.group.clone(), resource: resource.plural.clone() },
        names: Names {
            kind: resource.kind.clone(),
            list_kind: format!("{}List", resource.kind),
            plural: resource.plural.clone(),
            singular: resource.kind.to_lowercase(),
            short_names: Vec::new(),
            categories: Vec::new(),
        },
        namespaced,
        object_group: None,
        versions: Arc::new([version]),
        storage: 0,
        rules: Rules::Stored,
        converts_by_webhook: false,
        has_embedded: false,
        definition_id,
        builtin: Arc::default(),
    }
}

/// The annotation that is still read as the storage class of claims and volumes.
pub(crate) const BETA_STORAGE_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// Registers the built-in kinds of a release.
pub(crate) fn install(kinds: &mut Kinds, release: Release) {
    kinds.release = release;
    let catalogue = Catalogue::of(release);
    let mut by_name: BTreeMap<(&str, &str), Vec<&'static Resource>> = BTreeMap::new();
    for resource in catalogue.resources().iter().filter(|resource| is_served(resource)) {
        by_name.entry((resource.group, resource.plural)).or_default().push(resource);
    }
    for mut resources in by_name.into_values() {
        resources.sort_by_key(|resource| kube_structural_schema::version_priority(resource.version));
        let definition_id = kinds.next_definition_id();
        kinds.insert(of_resources(catalogue, &resources, definition_id));
    }
}

/// Whether a resource is served by default: stable versions of resources with stored objects, of reviews, and of the like.
fn is_served(resource: &Resource) -> bool {
    let is_stable = resource.version.trim_start_matches('v').bytes().all(|byte| byte.is_ascii_digit());
    let is_stored = ["create", "list", "watch"].iter().all(|verb| resource.verbs.contains(verb));
    is_stable && (is_stored || is_review(resource.group, resource.kind) || resource.kind == "ComponentStatus")
}

/// Whether objects of a kind are answered instead of being stored.
pub(super) fn is_review(group: &str, kind: &str) -> bool {
    matches!((group, kind), ("authentication.k8s.io" | "authorization.k8s.io", _) | ("", "Binding"))
}

/// Creates a kind from its versions, the newest first. The newest is the storage version.
fn of_resources(catalogue: &'static Catalogue, resources: &[&'static Resource], definition_id: u64) -> Kind {
    let first = resources[0];
    let (rules, schema) = rules_and_schema(first);
    let version = |(index, resource): (usize, &&'static Resource)| Version {
        place: kube_structural_schema::Place::default(),
        name: resource.version.to_owned(),
        served: true,
        storage: index == 0,
        deprecated: deprecation(resource),
        subresources: subresources(resource),
        printer_columns: Vec::new(),
        selectable_fields: Vec::new(),
        schema: schema.clone(),
    };
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let facts = |resource: &&'static Resource| {
        let type_ = catalogue.kind(resource.group, resource.version, resource.kind)?;
        Some(BuiltinVersion::new(resource, type_))
    };
    Kind {
        resource: GroupResource { group: first.group.to_owned(), resource: first.plural.to_owned() },
        names: Names {
            kind: first.kind.to_owned(),
            list_kind: format!("{}List", first.kind),
            plural: first.plural.to_owned(),
            singular: first.singular.to_owned(),
            short_names: owned(&first.short_names),
            categories: owned(&first.categories),
        },
        namespaced: first.namespaced,
        object_group: None,
        versions: resources.iter().enumerate().map(version).collect(),
        storage: 0,
        rules,
        converts_by_webhook: false,
        has_embedded: false,
        definition_id,
        builtin: resources.iter().filter_map(facts).collect(),
    }
}

/// Returns the rules of a kind, and the schema of kinds that are not decoded by their struct.
fn rules_and_schema(resource: &Resource) -> (Rules, Schema) {
    match (resource.group, resource.kind) {
        ("", "Namespace") => (Rules::Namespace, free()),
        ("", "ConfigMap") => (Rules::ConfigMap, free()),
        ("", "Secret") => (Rules::Secret, free()),
        ("coordination.k8s.io", "Lease") => (Rules::Lease, free()),
        ("", "Event") => (Rules::Event(EventForm::Core), EventForm::Core.schema().clone()),
        ("events.k8s.io", "Event") => (Rules::Event(EventForm::New), EventForm::New.schema().clone()),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => (Rules::Definition, definition()),
        _ => (Rules::Stored, free()),
    }
}

/// Returns the warning of a deprecated version.
///
/// Source: `k8s.io/api/core/v1/lifecycle.go`.
fn deprecation(resource: &Resource) -> Option<String> {
    let text = match (resource.group, resource.kind) {
        ("", "Endpoints") => "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        ("", "ComponentStatus") => "v1 ComponentStatus is deprecated in v1.19+",
        _ => return None,
    };
    Some(text.to_owned())
}

fn subresources(resource: &Resource) -> Subresources {
    let has = |name: &str| resource.subresources.iter().any(|subresource| subresource.name == name);
    let scale = has("scale").then(|| Scale {
        spec_replicas_path: ".spec.replicas".to_owned(),
        status_replicas_path: ".status.replicas".to_owned(),
        label_selector_path: None,
    });
    Subresources { status: has("status"), scale }
}
