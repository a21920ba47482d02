//! Access reviews.
//!
//! Source: `kubernetes/pkg/apis/authorization/validation/validation.go`, `registry/authorization/util/helpers.go`.

use kube_structural_schema::object::FieldError;
use serde_json::{Value, json};

use super::super::{Context, Registry, Target};
use super::selectors::{self, Selector};
use crate::auth::{Attributes, User};
use crate::metadata;
use crate::status::Failure;

const GROUP: &str = "authorization.k8s.io";
const ONE_OF: &str = "exactly one of nonResourceAttributes or resourceAttributes must be specified";

impl Registry {
    pub(super) fn review_access(
        &self,
        target: &Target,
        review: &mut Value,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        let is_self = target.kind.names.kind == "SelfSubjectAccessReview";
        let errors = validate(review, is_self, target.kind.namespaced);
        if !errors.is_empty() {
            // The API server omits the kind.
            return Err(Failure::invalid("", GROUP, "", &errors));
        }
        let spec = &review["spec"];
        let described = (!is_self).then(|| User::of_review(spec));
        let decision = self.authorize(described.as_ref().unwrap_or(context.user), &attributes(spec));
        let mut status = json!({"allowed": decision.allowed});
        if !decision.reason.is_empty() {
            status["reason"] = decision.reason.into();
        }
        let resource = &spec["resourceAttributes"];
        let ignored: Vec<String> =
            Selector::ALL.iter().filter_map(|selector| selector.evaluation_error(resource)).collect();
        if !ignored.is_empty() {
            status["evaluationError"] = ignored.join("; ").into();
        }
        review["status"] = status;
        Ok(())
    }
}

/// Returns what a review asks about.
fn attributes(spec: &Value) -> Attributes {
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    if !resource.is_object() {
        return Attributes { verb: text(path, "verb"), path: text(path, "path"), ..Attributes::default() };
    }
    Attributes {
        is_resource: true,
        verb: text(resource, "verb"),
        group: text(resource, "group"),
        resource: text(resource, "resource"),
        subresource: text(resource, "subresource"),
        namespace: text(resource, "namespace"),
        name: text(resource, "name"),
        path: String::new(),
    }
}

fn validate(review: &Value, is_self: bool, is_local: bool) -> Vec<FieldError> {
    let spec = &review["spec"];
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let mut errors = Vec::new();
    if resource.is_object() == path.is_object() {
        errors.push(FieldError::invalid("spec", shown(path), ONE_OF));
    }
    let is_empty = |name: &str| match &spec[name] {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    };
    if !is_self && is_empty("user") && is_empty("groups") {
        errors.push(FieldError::invalid("spec.user", "", "at least one of user or group must be specified"));
    }
    if resource.is_object() {
        for selector in Selector::ALL {
            selectors::validate(selector, resource, &mut errors);
        }
    }
    if !has_empty_metadata(review, is_local) {
        let detail = if is_local { "must be empty except for namespace" } else { "must be empty" };
        errors.push(FieldError::invalid("metadata", review["metadata"].clone(), detail));
    }
    if is_local {
        let namespace = resource["namespace"].as_str().unwrap_or_default();
        if resource.is_object() && namespace != metadata::text(review, "namespace") {
            let field = "spec.resourceAttributes.namespace";
            errors.push(FieldError::invalid(field, namespace, "must match metadata.namespace"));
        }
        if path.is_object() {
            let detail = "disallowed on this kind of request";
            errors.push(FieldError::invalid("spec.nonResourceAttributes", shown(path), detail));
        }
    }
    errors
}

/// Returns attributes of a path as errors show them: the fields of the Go struct.
fn shown(path: &Value) -> Value {
    if !path.is_object() {
        return Value::Null;
    }
    let text = |name: &str| path[name].as_str().unwrap_or_default();
    json!({"Path": text("path"), "Verb": text("verb")})
}

/// Whether the metadata of a review has no fields except those that the server sets.
fn has_empty_metadata(review: &Value, is_local: bool) -> bool {
    let is_unset = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let is_own = |name: &str| name == "managedFields" || (is_local && name == "namespace");
    let fields = review["metadata"].as_object().into_iter().flatten();
    fields.into_iter().all(|(name, value)| is_own(name) || is_unset(value))
}
