//! Validation of `spec`, and of values that depend on `status` and annotations.

use serde_json::Value;

use super::approval::{Approval, is_protected};
use super::columns;
use super::conversion::{self, one_of};
use super::display;
use super::internal::{Spec, Version};
use super::names::names_of;
use super::openapi;
use super::options::Options;
use super::props::Props;
use crate::object::{ErrorKind, FieldError, Path, names};

/// Source: `validateCustomResourceDefinitionSpec`.
pub(super) fn validate(spec: &Spec<'_>, options: &Options) -> Vec<FieldError> {
    let path = Path::part("spec");
    let mut errors = group(spec, &path);
    errors.extend(one_of(&path.field("scope"), spec.spec.text("scope"), &["Cluster", "Namespaced"]));
    errors.extend(required_schemas(spec, options, &path));
    let preserves = spec.spec.flag("preserveUnknownFields");
    let has_defaults = preserves && spec.schemas().any(Props::has_defaults);
    if has_defaults && preserves {
        let field = path.field("preserveUnknownFields").text();
        errors.push(FieldError::invalid(field, true, "must be false in order to use defaults in the schema"));
    }
    let structural = options.structural || !preserves || has_defaults || spec.has_schema_with(has_extensions);
    for (index, version) in spec.versions.iter().enumerate() {
        let path = path.field("versions");
        let path = path.item(index);
        let invalid = names::label_1035(version.name());
        if !invalid.is_empty() {
            errors.push(FieldError::invalid(path.field("name").text(), version.name(), invalid.join(",")));
        }
        errors.extend(self::version(spec, version, options, structural, &path));
    }
    errors.extend(across_versions(spec, options, &path));
    errors.extend(required_names(spec, &path));
    errors.extend(names_of(Props(spec.spec.get("names").unwrap_or(&Value::Null)), &path.field("names")));
    errors.extend(shared_values(spec, options, structural, &path));
    let conversion = spec.spec.child("conversion");
    if let Some(strategy) = conversion.map(|conversion| conversion.text("strategy"))
        && strategy != "None"
        && preserves
    {
        let detail = "must be None if spec.preserveUnknownFields is true";
        errors.push(FieldError::invalid(path.field("conversion").field("strategy").text(), strategy, detail));
    }
    errors.extend(conversion::conversion(conversion, options.known_review_version, &path));
    errors
}

/// Source: `validateCustomResourceDefinitionSpecUpdate`.
pub(super) fn validate_update(spec: &Spec<'_>, old: &Spec<'_>, options: &Options) -> Vec<FieldError> {
    let mut errors = validate(spec, options);
    let path = Path::part("spec");
    let names = path.field("names");
    let kind_name =
        |spec: &Spec<'_>, name: &str| spec.spec.child("names").map_or(String::new(), |all| all.text(name).to_owned());
    let mut immutable = |field: String, new: String, old: String| {
        if new != old {
            errors.push(FieldError::invalid(field, new, "field is immutable"));
        }
    };
    let text = |spec: &Spec<'_>, name: &str| spec.spec.text(name).to_owned();
    if options.immutable_names {
        immutable(path.field("scope").text(), text(spec, "scope"), text(old, "scope"));
        immutable(names.field("kind").text(), kind_name(spec, "kind"), kind_name(old, "kind"));
    }
    immutable(path.field("group").text(), text(spec, "group"), text(old, "group"));
    immutable(names.field("plural").text(), kind_name(spec, "plural"), kind_name(old, "plural"));
    errors
}

fn group(spec: &Spec<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let (group, field) = (spec.spec.text("group"), path.field("group"));
    let invalid = names::subdomain(group);
    if group.is_empty() {
        vec![FieldError::required(field.text(), "")]
    } else if !invalid.is_empty() {
        vec![FieldError::invalid(field.text(), group, invalid.join(","))]
    } else if !group.contains('.') {
        vec![FieldError::invalid(field.text(), group, "should be a domain with at least one dot")]
    } else {
        Vec::new()
    }
}

/// Versions require a schema, unless they share one.
fn required_schemas(spec: &Spec<'_>, options: &Options, path: &Path<'_>) -> Vec<FieldError> {
    if spec.schema().is_some() {
        return Vec::new();
    }
    let versions = path.field("versions");
    let without = spec.versions.iter().enumerate().filter(|(_, version)| version.schema().is_none());
    let field = |index: usize| versions.item(index).field("schema").field("openAPIV3Schema").text();
    if options.schema {
        return without.map(|(index, _)| FieldError::required(field(index), "")).collect();
    }
    if spec.spec.flag("preserveUnknownFields") {
        return Vec::new();
    }
    let served = without.filter(|(_, version)| version.version.flag("served"));
    served.map(|(index, _)| FieldError::required(field(index), "because otherwise all fields are pruned")).collect()
}

/// Source: `schemaHasKubernetesExtensions`.
fn has_extensions(schema: Props<'_>) -> bool {
    schema.flag("x-kubernetes-embedded-resource")
        || schema.get("x-kubernetes-preserve-unknown-fields").is_some()
        || schema.flag("x-kubernetes-int-or-string")
        || !schema.list("x-kubernetes-list-map-keys").is_empty()
        || schema.get("x-kubernetes-list-type").is_some()
        || !schema.list("x-kubernetes-validations").is_empty()
}

/// Source: `validateCustomResourceDefinitionVersion`.
fn version(
    spec: &Spec<'_>,
    version: &Version<'_>,
    options: &Options,
    structural: bool,
    path: &Path<'_>,
) -> Vec<FieldError> {
    let mut errors = deprecation_warning(version.version, path);
    let has_status = has_status(spec.subresources_of(version.name()));
    let schema_path = path.field("schema");
    errors.extend(openapi::validation(version.schema, version.name(), has_status, options, structural, &schema_path));
    errors.extend(columns::subresources(version.subresources, path));
    errors.extend(columns::columns(version.columns, path));
    if !version.selectable_fields.is_empty() {
        match version.schema() {
            None => {
                let detail = "may only be set when `version.schema.openAPIV3Schema` is not included";
                errors.push(FieldError::invalid(path.field("selectableFields").text(), "", detail));
            }
            Some(schema) => {
                let allowed = options.too_many_selectable_fields.iter().any(|name| name == version.name());
                errors.extend(columns::selectable_fields(version.selectable_fields, schema, path, allowed));
            }
        }
    }
    errors
}

/// Source: `validateDeprecationWarning`.
fn deprecation_warning(version: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let Some(warning) = version.pointer("deprecationWarning") else { return Vec::new() };
    let mut errors = Vec::new();
    if version.flag("deprecated") {
        if warning.len() > 256 {
            errors.push("must be <= 256 characters long".to_owned());
        }
        if warning.is_empty() {
            errors.push("must not be an empty string".to_owned());
        }
        if let Some((index, _)) = warning.char_indices().find(|(_, c)| !crate::object::go::is_printable(*c)) {
            errors.push(format!(
                "must only contain printable UTF-8 characters; non-printable character found at index {index}"
            ));
        }
    } else {
        errors.push("can only be set for deprecated versions".to_owned());
    }
    let field = || path.field("deprecationWarning").text();
    errors.into_iter().map(|detail| FieldError::invalid(field(), warning, detail)).collect()
}

fn has_status(subresources: Option<Props<'_>>) -> bool {
    subresources.is_some_and(|subresources| subresources.get("status").is_some())
}

/// Validates names and flags across versions.
fn across_versions(spec: &Spec<'_>, options: &Options, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut invalid = |detail: &str| {
        let detail = format!("{}: {detail}", display::versions(spec));
        errors.push(FieldError::new(ErrorKind::Invalid, path.field("versions").text(), detail));
    };
    let mut names: Vec<&str> = spec.versions.iter().map(Version::name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        invalid("must contain unique version names");
    }
    let stored = spec.versions.iter().filter(|version| version.version.flag("storage")).count();
    if options.storage_version && stored != 1 {
        invalid("must have exactly one version marked as storage version");
    }
    // The name of the first version is also `spec.version` in the internal type.
    if let Some(first) = spec.versions.first().map(Version::name).filter(|name| !name.is_empty()) {
        let invalid_name = names::label_1035(first);
        if !invalid_name.is_empty() {
            errors.push(FieldError::invalid(path.field("version").text(), first, invalid_name.join(",")));
        }
    }
    errors
}

fn required_names(spec: &Spec<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let names = Props(spec.spec.get("names").unwrap_or(&Value::Null));
    let path = path.field("names");
    let missing = ["plural", "singular", "kind", "listKind"].into_iter().filter(|name| names.text(name).is_empty());
    missing.map(|name| FieldError::required(path.field(name).text(), "")).collect()
}

/// Validates values shared by all versions.
fn shared_values(spec: &Spec<'_>, options: &Options, structural: bool, path: &Path<'_>) -> Vec<FieldError> {
    let any_status =
        has_status(spec.subresources) || spec.versions.iter().any(|version| has_status(version.subresources));
    let first = spec.versions.first().map(Version::name).unwrap_or_default();
    let validation_path = path.field("validation");
    let mut errors = openapi::validation(spec.validation, first, any_status, options, structural, &validation_path);
    errors.extend(columns::subresources(spec.subresources, path));
    errors.extend(columns::columns(spec.columns, path));
    if !spec.selectable_fields.is_empty() {
        if spec.validation.is_none() {
            let detail = "may only be set when validations.schema is included";
            errors.push(FieldError::invalid(path.field("selectableFields").text(), "", detail));
        } else {
            let allowed = options.too_many_selectable_fields.iter().any(String::is_empty);
            let schema = spec.schema().unwrap_or(Props(&Value::Null));
            errors.extend(columns::selectable_fields(spec.selectable_fields, schema, path, allowed));
        }
    }
    errors
}

/// Versions that may contain stored objects must not be removed.
///
/// Source: `ValidateCustomResourceDefinitionStoredVersions`.
pub(super) fn stored_versions(definition: &Value, spec: &Spec<'_>) -> Vec<FieldError> {
    let status = Props(definition.get("status").unwrap_or(&Value::Null));
    let stored: Vec<&str> = status.texts("storedVersions").collect();
    let path = Path::part("status");
    let path = path.field("storedVersions");
    if stored.is_empty() {
        // A nil slice is null in Go's JSON.
        let detail = "must have at least one stored version";
        return vec![FieldError::invalid(path.text(), Value::Null, detail)];
    }
    let mut errors = Vec::new();
    for version in spec.versions.iter().filter(|version| version.version.flag("storage")) {
        if !stored.contains(&version.name()) {
            let detail = format!("must have the storage version {}", version.name());
            errors.push(FieldError::invalid(path.text(), stored.clone(), detail));
        }
    }
    for (index, name) in stored.iter().enumerate() {
        let is_last = !stored[index + 1..].contains(name);
        if is_last && !spec.versions.iter().any(|version| version.name() == *name) {
            let detail = format!(
                "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions"
            );
            errors.push(FieldError::invalid(path.item(index).text(), *name, detail));
        }
    }
    errors
}

/// Source: `validateAPIApproval`.
pub(super) fn approval(definition: &Value, old: Option<&Value>) -> Option<FieldError> {
    let group = definition.pointer("/spec/group").and_then(Value::as_str).unwrap_or_default();
    if !is_protected(group) {
        return None;
    }
    let state = Approval::of(definition);
    if old.map(Approval::of) == Some(state) { None } else { state.error(definition) }
}

/// Source: `validatePreserveUnknownFields`.
pub(super) fn preserve_unknown_fields(spec: &Spec<'_>, old: Option<&Spec<'_>>) -> Option<FieldError> {
    const NAME: &str = "preserveUnknownFields";
    if old.is_some_and(|old| old.spec.flag(NAME)) || !spec.spec.flag(NAME) {
        return None;
    }
    let detail =
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
    Some(FieldError::invalid("spec.preserveUnknownFields", true, detail))
}
