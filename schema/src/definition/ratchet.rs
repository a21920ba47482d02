//! Ratcheting: values that were stored before a check existed may stay.

use serde_json::Value;

use super::columns::MAX_SELECTABLE_FIELDS;
use super::conversion::has_known_version;
use super::internal::{Spec, Version, is_same};
use super::lists::{is_invalid_set, list_keys};
use super::options::{CheckResources, Options};
use super::props::{Props, TYPES};
use super::structural;
use crate::object::Path;

/// Returns the options for an update of a definition.
pub(super) fn options(spec: &Spec<'_>, old: &Spec<'_>, old_definition: &Value, resources: CheckResources) -> Options {
    let webhook = old.spec.child("conversion").and_then(|conversion| conversion.child("webhook"));
    let reviews = webhook.map(|webhook| webhook.list("conversionReviewVersions")).unwrap_or_default();
    let path = Path::ROOT;
    Options {
        storage_version: true,
        known_review_version: reviews.is_empty() || has_known_version(reviews),
        immutable_names: is_established(old_definition),
        schema: old.schema().is_some() || old.versions.iter().all(|version| version.schema().is_some()),
        types: !old.has_schema_with(|schema| !schema.type_().is_empty() && !TYPES.contains(&schema.type_())),
        structural: old.schemas().all(structural::is_structural),
        pruned_defaults: !super::defaults::has_unpruned(old),
        atomic_sets: !old.has_schema_with(|schema| is_invalid_set(schema).is_some()),
        list_keys: !old.has_schema_with(|schema| !list_keys(schema, &path).is_empty()),
        too_many_selectable_fields: too_many(spec, old),
        stored_rules: stored_expressions(old, "rule"),
        stored_message_expressions: stored_expressions(old, "messageExpression"),
        unchanged_schemas: unchanged_schemas(spec, old),
        resources,
    }
}

/// Source: `findPreexistingExpressions`.
fn stored_expressions(old: &Spec<'_>, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    old.has_schema_with(|schema| {
        found.extend(schema.list("x-kubernetes-validations").iter().map(|rule| Props(rule).text(name).to_owned()));
        false
    });
    found
}

/// Source: `findVersionsWithUnchangedSchemas`.
fn unchanged_schemas(spec: &Spec<'_>, old: &Spec<'_>) -> Vec<String> {
    let is_unchanged = |version: &&Version<'_>| {
        let old = old.versions.iter().find(|old| old.name() == version.name());
        old.is_some_and(|old| is_same("schema", version.version.0, old.version.0))
    };
    spec.versions.iter().filter(is_unchanged).map(|version| version.name().to_owned()).collect()
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
