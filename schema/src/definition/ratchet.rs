//! Which checks apply: what was stored before a check existed may stay as it is.

use serde_json::Value;

use super::CheckResources;
use super::columns::MOST_SELECTABLE_FIELDS;
use super::conversion::has_known_version;
use super::internal::Spec;
use super::lists::{is_invalid_set, list_keys};
use super::openapi::TYPES;
use super::props::Props;
use super::structural;
use crate::object::Path;

/// Source: `validationOptions`.
pub(super) struct Options {
    /// A version of `ConversionReview` that the API server knows is required.
    pub(super) known_review_version: bool,
    /// Scope and kind are immutable.
    pub(super) immutable_names: bool,
    /// Every version needs a schema.
    pub(super) schema: bool,
    /// Types have to be types.
    pub(super) types: bool,
    /// Schemas have to be structural.
    pub(super) structural: bool,
    /// Defaults may not have unknown fields.
    pub(super) pruned_defaults: bool,
    /// Items of sets have to be atomic.
    pub(super) atomic_sets: bool,
    /// Items and keys of sets and maps are checked.
    pub(super) list_keys: bool,
    /// The versions that may keep too many selectable fields; `""` is the definition as a whole.
    pub(super) too_many_selectable_fields: Vec<String>,
    /// How resources in defaults are checked.
    pub(super) resources: CheckResources,
}

impl Options {
    /// What a new definition has to satisfy.
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

    pub(super) fn of_update(
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
            structural: old.schemas().all(structural::holds),
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
    let kept = |new: &[Value], old: &[Value]| {
        old.len() > MOST_SELECTABLE_FIELDS
            && new
                .iter()
                .map(|field| Props(field).text("jsonPath"))
                .eq(old.iter().map(|field| Props(field).text("jsonPath")))
    };
    let mut allowed = Vec::new();
    if kept(spec.selectable_fields, old.selectable_fields) {
        allowed.push(String::new());
    }
    for version in &spec.versions {
        let before = old.versions.iter().find(|before| before.name() == version.name());
        if before.is_some_and(|before| kept(version.selectable_fields, before.selectable_fields)) {
            allowed.push(version.name().to_owned());
        }
    }
    allowed
}
