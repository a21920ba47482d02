//! Warnings about valid definitions.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go`.

use super::internal::Spec;
use super::props::Props;
use crate::object::format;
use crate::object::go;

/// Returns the warnings of a definition that `old` does not have.
pub(super) fn warnings(spec: &Spec<'_>, old: Option<&Spec<'_>>) -> Vec<String> {
    let previous = old.map(unrecognized).unwrap_or_default();
    let formats = unrecognized(spec).into_iter().filter(|format| !previous.contains(format));
    let mut warnings: Vec<String> =
        formats.map(|format| format!("unrecognized format {}", go::quoted(&format))).collect();
    let previous = old.map(sets).unwrap_or_default();
    warnings.extend(sets(spec).into_iter().filter(|warning| !previous.contains(warning)));
    warnings
}

fn unrecognized(spec: &Spec<'_>) -> Vec<String> {
    let mut found = Vec::new();
    spec.has_schema_with(|schema: Props<'_>| {
        let format = schema.text("format");
        if !format.is_empty() && !format::is_recognized(schema.type_(), format) {
            found.push(format.to_owned());
        }
        false
    });
    found
}

fn sets(spec: &Spec<'_>) -> Vec<String> {
    let mut found = Vec::new();
    spec.has_schema_with(|schema: Props<'_>| {
        let type_ = schema.item().map_or("", Props::type_);
        if schema.text("x-kubernetes-list-type") == "set" && matches!(type_, "object" | "array") {
            found.push(format!(
                "x-kubernetes-list-type: set for items of type {} is not supported by server-side apply or CEL validation rules",
                go::quoted(type_)
            ));
        }
        false
    });
    found.sort();
    found.dedup();
    found
}
