//! Ratcheting: values that were stored before a check existed may stay.

use serde_json::Value;

use super::CheckResources;
use super::columns::MAX_SELECTABLE_FIELDS;
use super::conversion::has_known_version;
use super::internal::Spec;
use super::lists::{is_invalid_set, list_keys};
use super::openapi::TYPES;
use super::props::Props;
use super::structural;
use crate::object::Path;

/// Source: `validationOptions`.
pub(super) struct Options {
    /// Whether a version of `ConversionReview` that the API server supports is required.
    pub(super) known_review_version: bool,
    /// Whether scope and kind are immutable.
    pub(super) immutable_names: bool,
    /// Whether every version requires a schema.
    pub(super) schema: bool,
    /// Whether types have to be known.
    pub(super) types: bool,
    /// Whether schemas have to be structural.
    pub(super) structural: bool,
    /// Whether defaults must not have unknown fields.
    pub(super) pruned_defaults: bool,
    /// Whether items of sets have to be atomic.
    pub(super) atomic_sets: bool,
    /// Whether items and keys of sets and associative lists are checked.
    pub(super) list_keys: bool,
    /// The versions that may have too many selectable fields; `""` is the whole definition.
    pub(super) too_many_selectable_fields: Vec<String>,
    /// The validation of resources in defaults.
    pub(super) resources: CheckResources,
}

impl Options {
    /// Returns the options for a new definition.
    pub(super) fn strict(resources: CheckResources) -> Self {
        Options {
            known_review_version: true,
            immutable_names: false,
            schema: true,
            types: true,
            structural: true,
            pruned_defaults: true,
            atomic_sets: true,
            list_keys: true,
            too_many_selectable_fields: Vec::new(),
            resources,
        }
    }

    pub(super) fn for_update(
        spec: &Spec<'_>,
        old: &Spec<'_>,
        old_definition: &Value,
        resources: CheckResources,
    ) -> Self {
        let webhook = old.spec.child("conversion").and_then(|conversion| conversion.child("webhook"));
        let reviews = webhook.map(|webhook| webhook.list("conversionReviewVersions")).unwrap_or_default();
        let path = Path::ROOT;
        Options {
            known_review_version: reviews.is_empty() || has_known_version(reviews),
            immutable_names: is_established(old_definition),
            schema: old.schema().is_some() || old.versions.iter().all(|version| version.schema().is_some()),
            types: !old.has_schema_with(|schema| !schema.type_().is_empty() && !TYPES.contains(&schema.type_())),
            structural: old.schemas().all(structural::is_structural),
            pruned_defaults: !super::defaults::has_unpruned(old),
            atomic_sets: !old.has_schema_with(|schema| is_invalid_set(schema).is_some()),
            list_keys: !old.has_schema_with(|schema| !list_keys(schema, &path).is_empty()),
            too_many_selectable_fields: too_many(spec, old),
            resources,
        }
    }
}

fn is_established(definition: &Value) -> bool {
    let status = Props(definition.get("status").unwrap_or(&Value::Null));
    let conditions = status.list("conditions").iter().map(Props);
    conditions
        .filter(|condition| condition.type_() == "Established")
        .any(|condition| condition.text("status") == "True")
}

/// Source: `findTooManySelectableFieldsAllowed`.
fn too_many(spec: &Spec<'_>, old: &Spec<'_>) -> Vec<String> {
    let is_kept = |new: &[Value], old: &[Value]| {
        old.len() > MAX_SELECTABLE_FIELDS
            && new
                .iter()
                .map(|field| Props(field).text("jsonPath"))
                .eq(old.iter().map(|field| Props(field).text("jsonPath")))
    };
    let mut allowed = Vec::new();
    if is_kept(spec.selectable_fields, old.selectable_fields) {
        allowed.push(String::new());
    }
    for version in &spec.versions {
        let old_version = old.versions.iter().find(|old| old.name() == version.name());
        if old_version.is_some_and(|old| is_kept(version.selectable_fields, old.selectable_fields)) {
            allowed.push(version.name().to_owned());
        }
    }
    allowed
}
