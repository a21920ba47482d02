//! Validation of the schema of a version: allowed OpenAPI keywords, lists and maps, and rules.
//!
//! Source: `validateCustomResourceDefinitionValidation`, `ValidateCustomResourceDefinitionOpenAPISchema`.

use serde_json::Value;

use super::fields::{Field, Presence, SCHEMA};
use super::lists::{is_invalid_set, list_keys, map_list};
use super::options::Options;
use super::props::{Items, Parts, Props, TYPES, Values};
use super::rule_scope::RuleScope;
use super::rules::Checks;
use super::scope::{Errors, NoDefault, Scope};
use super::{defaults, display, rules, structural};
use crate::object::{ErrorKind, FieldError, Path};

/// The fields allowed at the root of a schema with the status subresource, in the order of the message.
const ALLOWED_AT_ROOT: [&str; 22] = [
    "Description",
    "Type",
    "Format",
    "Title",
    "Maximum",
    "ExclusiveMaximum",
    "Minimum",
    "ExclusiveMinimum",
    "MaxLength",
    "MinLength",
    "Pattern",
    "MaxItems",
    "MinItems",
    "UniqueItems",
    "MultipleOf",
    "Required",
    "Items",
    "Properties",
    "ExternalDocs",
    "Example",
    "XPreserveUnknownFields",
    "XValidations",
];

/// Validates the `CustomResourceValidation` of a version.
pub(super) fn validation(
    validation: Option<Props<'_>>,
    version: &str,
    has_status: bool,
    options: &Options,
    structural: bool,
    path: &Path<'_>,
) -> Vec<FieldError> {
    let Some(schema) = validation.and_then(|validation| validation.child("openAPIV3Schema")) else { return Vec::new() };
    let root = path.field("openAPIV3Schema");
    let mut errors = Vec::new();
    if has_status {
        errors.extend(at_root(schema, &root));
    }
    if schema.flag("nullable") {
        errors.push(FieldError::forbidden(root.field("nullable").text(), "nullable cannot be true at the root"));
    }
    let mut unsupported = None;
    let mut checks_rules = false;
    if structural {
        unsupported = structural::unsupported(schema);
        if unsupported.is_none() {
            let mut found = structural::validate(schema, &root);
            if found.is_empty() {
                found = defaults::validate(schema, &root, options);
            }
            checks_rules = found.is_empty();
            errors.extend(found);
        }
    }
    let mut walk = Walk { options, errors: Errors::default() };
    walk.errors.cost.is_unlimited = options.unchanged_schemas.iter().any(|name| name == version);
    let rules = RuleScope::root(schema);
    walk.schema(schema, &root, &Scope { rules: checks_rules.then_some(&rules), is_root: true, ..Scope::default() });
    errors.append(&mut walk.errors.schema);
    errors.append(&mut walk.errors.rules);
    if let Some(message) = unsupported.filter(|_| errors.is_empty()) {
        errors.push(FieldError::invalid(root.text(), "", message));
    }
    errors.extend(walk.errors.cost.errors(&root));
    errors
}

/// Returns an error for a field that is not allowed at the root with the status subresource.
fn at_root(schema: Props<'_>, path: &Path<'_>) -> Option<FieldError> {
    for field in SCHEMA.fields {
        let Some(value) = schema.get(field.json).filter(|value| is_set(field, value)) else { continue };
        if field.go == "Type" {
            if value != "object" {
                let detail = "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled";
                return Some(FieldError::invalid(path.field("type").text(), value.clone(), detail));
            }
        } else if !ALLOWED_AT_ROOT.contains(&field.go) {
            let allowed = ALLOWED_AT_ROOT.join(" ");
            let detail = format!(
                "{}: only [{allowed}] fields are allowed at the root of the schema if the status subresource is enabled",
                display::schema(schema)
            );
            return Some(FieldError::new(ErrorKind::Invalid, path.text(), detail));
        }
    }
    None
}

fn is_set(field: &Field, value: &Value) -> bool {
    field.presence == Presence::Set || !display::is_zero(value)
}

struct Walk<'o> {
    options: &'o Options,
    errors: Errors,
}

impl Walk<'_> {
    fn schema(&mut self, schema: Props<'_>, path: &Path<'_>, scope: &Scope<'_>) {
        let parts = schema.parts();
        if !scope.is_root && !parts.is_uncommon {
            return self.common(parts, path, scope);
        }
        let previous_errors = self.errors.schema.len();
        self.keywords(schema, path, scope);
        self.values(schema, path, scope);
        self.properties(schema, path, scope);
        let nested = Scope { rules: None, is_root: false, ..*scope };
        if let Some(not) = schema.child("not") {
            self.schema(not, &path.field("not"), &nested);
        }
        for name in ["allOf", "oneOf", "anyOf"] {
            for (index, inner) in schema.schemas(name).enumerate() {
                self.schema(inner, &path.field(name).item(index), &nested);
            }
        }
        self.keyed(schema, "definitions", path, &nested);
        self.items(schema, path, scope);
        self.keyed(schema, "dependencies", path, &nested);
        self.extensions(schema, path);
        self.list_type(schema, path);
        if self.options.list_keys {
            self.errors.schema.extend(list_keys(schema, path));
        }
        rules::validate(&mut self.errors, schema, path, scope, &Checks { options: self.options, previous_errors });
    }

    /// Validates a schema with common keywords only.
    fn common(&mut self, parts: Parts<'_>, path: &Path<'_>, scope: &Scope<'_>) {
        self.type_and_default(parts.type_, parts.has_default, path, scope);
        let properties = path.field("properties");
        for (name, inner) in parts.properties.into_iter().flatten() {
            let rules = scope.rules.map(|rules| rules.property(name, Props(inner)));
            self.schema(Props(inner), &properties.key(name), &Scope { rules: rules.as_ref(), ..*scope });
        }
        if let Some(items) = parts.items {
            let rules = scope.rules.map(|rules| rules.element(items));
            let uncorrelatable = scope.uncorrelatable.or(Some(path));
            self.schema(items, &path.field("items"), &Scope { rules: rules.as_ref(), uncorrelatable, ..*scope });
        }
    }

    fn type_and_default(&mut self, type_: &str, has_default: bool, path: &Path<'_>, scope: &Scope<'_>) {
        if self.options.types && !type_.is_empty() && !TYPES.contains(&type_) {
            self.errors.schema.push(FieldError::not_supported(path.field("type").text(), type_, TYPES));
        }
        if let Some(reason) = scope.forbids_defaults.filter(|_| has_default) {
            let detail = format!("must not be set {reason}");
            self.errors.schema.push(FieldError::forbidden(path.field("default").text(), detail));
        }
        if type_ == "null" {
            let detail = "type cannot be set to null, use nullable as an alternative";
            self.errors.schema.push(FieldError::forbidden(path.field("type").text(), detail));
        }
    }

    /// Source: `specStandardValidatorV3.validate`.
    fn keywords(&mut self, schema: Props<'_>, path: &Path<'_>, scope: &Scope<'_>) {
        self.type_and_default(schema.type_(), schema.get("default").is_some(), path, scope);
        let mut forbid = |name: &str, detail: String| {
            self.errors.schema.push(FieldError::forbidden(path.field(name).text(), detail));
        };
        let is_set = |name: &str| match schema.get(name) {
            Some(Value::String(text)) => !text.is_empty() || name == "$ref",
            Some(Value::Object(fields)) => !fields.is_empty() || matches!(name, "additionalItems" | "dependencies"),
            found => found.is_some(),
        };
        for name in ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"] {
            if is_set(name) {
                forbid(name, format!("{name} is not supported"));
            }
        }
        if let Some(Items::Many([_, ..])) = schema.items() {
            forbid("items", "items must be a schema object and not an array".to_owned());
        }
        if scope.in_metadata && schema.flag("x-kubernetes-embedded-resource") {
            forbid("x-kubernetes-embedded-resource", "must not be used inside of resource meta".to_owned());
        }
        if schema.flag("uniqueItems") {
            let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
            forbid("uniqueItems", detail.to_owned());
        }
    }

    fn values(&mut self, schema: Props<'_>, path: &Path<'_>, scope: &Scope<'_>) {
        let Some(values) = schema.values() else { return };
        let path = path.field("additionalProperties");
        if schema.map("properties").is_some() && !matches!(values, Values::Allowed(true)) {
            let detail = "additionalProperties and properties are mutual exclusive";
            self.errors.schema.push(FieldError::forbidden(path.text(), detail));
        }
        let Values::Schema(inner) = values else { return };
        let rules = scope.rules.map(|rules| rules.element(inner));
        let mut scope = Scope { rules: rules.as_ref(), is_root: false, ..*scope };
        if scope.in_metadata {
            scope.forbids_defaults = Some(NoDefault::InMetadataValues);
        }
        self.schema(inner, &path, &scope);
    }

    fn properties(&mut self, schema: Props<'_>, path: &Path<'_>, scope: &Scope<'_>) {
        let properties = path.field("properties");
        for (name, inner) in schema.properties() {
            let rules = scope.rules.map(|rules| rules.property(name, inner));
            let mut below = Scope { rules: rules.as_ref(), is_root: false, ..*scope };
            // Maps are correlated by key, unless they are atomic.
            if schema.text("x-kubernetes-map-type") == "atomic" && below.uncorrelatable.is_none() {
                below.uncorrelatable = Some(path);
            }
            let is_meta = matches!(name.as_str(), "metadata" | "kind" | "apiVersion");
            if (scope.is_root || schema.flag("x-kubernetes-embedded-resource")) && is_meta {
                below.in_metadata = true;
                if scope.is_root {
                    below.forbids_defaults = Some(NoDefault::TopLevel(name));
                }
            }
            self.schema(inner, &properties.key(name), &below);
        }
    }

    fn keyed(&mut self, schema: Props<'_>, name: &str, path: &Path<'_>, scope: &Scope<'_>) {
        let path = path.field(name);
        for (key, inner) in schema.map(name).into_iter().flatten().filter(|(_, inner)| inner.is_object()) {
            self.schema(Props(inner), &path.key(key), scope);
        }
    }

    fn items(&mut self, schema: Props<'_>, path: &Path<'_>, scope: &Scope<'_>) {
        let mut below = Scope { is_root: false, ..*scope };
        if schema.text("x-kubernetes-list-type") != "map" && below.uncorrelatable.is_none() {
            below.uncorrelatable = Some(path);
        }
        let items = path.field("items");
        match schema.items() {
            Some(Items::One(inner)) => {
                let rules = scope.rules.map(|rules| rules.element(inner));
                self.schema(inner, &items, &Scope { rules: rules.as_ref(), ..below });
            }
            Some(Items::Many(many)) => {
                below.rules = None;
                for (index, inner) in many.iter().enumerate() {
                    self.schema(Props(inner), &items.item(index), &below);
                }
            }
            None => {}
        }
    }

    fn extensions(&mut self, schema: Props<'_>, path: &Path<'_>) {
        let errors = &mut self.errors.schema;
        let preserve = "x-kubernetes-preserve-unknown-fields";
        if schema.get(preserve) == Some(&Value::Bool(false)) {
            errors.push(FieldError::invalid(path.field(preserve).text(), false, "must be true or undefined"));
        }
        let Some(map_type) = schema.pointer("x-kubernetes-map-type") else { return };
        errors.extend(wrong_type(schema, "object", "x-kubernetes-map-type", path));
        if !matches!(map_type, "atomic" | "granular") {
            let field = path.field("x-kubernetes-map-type").text();
            errors.push(FieldError::not_supported(field, map_type, ["atomic", "granular"]));
        }
    }

    fn list_type(&mut self, schema: Props<'_>, path: &Path<'_>) {
        const TYPE: &str = "x-kubernetes-list-type";
        const KEYS: &str = "x-kubernetes-list-map-keys";
        let list_type = schema.pointer(TYPE);
        let errors = &mut self.errors.schema;
        if list_type.is_some() {
            let mismatch = wrong_type(schema, "array", TYPE, path);
            if mismatch.is_none()
                && self.options.atomic_sets
                && let Some((name, value)) = is_invalid_set(schema)
            {
                let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
                errors.push(FieldError::invalid(path.field("items").field(name).text(), value, detail));
            }
            errors.extend(mismatch);
        }
        if let Some(other) = list_type.filter(|list_type| !matches!(*list_type, "atomic" | "set" | "map")) {
            errors.push(FieldError::not_supported(path.field(TYPE).text(), other, ["atomic", "set", "map"]));
        }
        if !schema.list(KEYS).is_empty() && list_type != Some("map") {
            let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
            errors.push(match list_type {
                None => FieldError::required(path.field(TYPE).text(), detail),
                Some(other) => FieldError::invalid(path.field(TYPE).text(), other, detail),
            });
        }
        if list_type == Some("map") {
            errors.extend(map_list(schema, path));
        }
    }
}

/// Returns an error if an extension requires another type.
fn wrong_type(schema: Props<'_>, expected: &str, extension: &str, path: &Path<'_>) -> Option<FieldError> {
    let detail = format!("must be {expected} if {extension} is specified");
    let field = || path.field("type").text();
    match schema.type_() {
        "" => Some(FieldError::required(field(), detail)),
        found if found == expected => None,
        found => Some(FieldError::invalid(field(), found, detail)),
    }
}
