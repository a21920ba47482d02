//! Reading of a CRD document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::context::Context;
use super::properties;
use crate::crd::{Crd, Names, PrinterColumn, Scale, Scope, Subresources, Version, priority};
use crate::dns;
use crate::problem::{Place, Problem, ProblemKind};
use crate::schema::Schema;
use crate::structural;
use crate::yaml::{Node, Position};

/// Reads a CRD without its `document`. Reports problems in the context; returns `None` if required parts are missing.
pub(super) fn read(node: &Node, context: &mut Context) -> Option<Crd> {
    let outer = context.place.clone();
    let missing = ProblemKind::Missing("metadata.name".to_owned());
    let name = context.required(node, missing, |context| {
        let metadata = context.map(node, "metadata")?;
        Some((context.string(metadata, "name")?, metadata.get("name")?.at))
    });
    context.place.crd = name.as_ref().map(|(name, _)| name.clone());
    context.place.at = node.at.known();
    let crd = name.and_then(|(name, at)| definition(node, name, at, context));
    context.place = outer;
    crd
}

fn definition(node: &Node, name: String, name_at: Position, context: &mut Context) -> Option<Crd> {
    let place = context.place.clone();
    let spec = context.required_map(node, "spec", "spec")?;
    let group = context.required_string(spec, "group", "spec.group")?;
    check(context, spec, "group", &group, is_subdomain, "a DNS subdomain");
    let names = names(spec, context)?;
    let expected = format!("{}.{group}", names.plural);
    if name != expected {
        context.wrong_value(
            name_at,
            "metadata.name",
            format!("{expected:?}, from spec.names.plural and spec.group"),
            &name,
        );
    }
    let scope = scope(spec, context)?;
    if context.boolean(spec, "preserveUnknownFields") {
        let message =
            "spec.preserveUnknownFields must be false; set x-kubernetes-preserve-unknown-fields in the schema instead";
        context.problem(spec.at, ProblemKind::NotStructural(message.to_owned()));
    }
    let conversion_webhook = context
        .map(spec, "conversion")
        .and_then(|conversion| context.string(conversion, "strategy"))
        .is_some_and(|strategy| strategy == "Webhook");
    let versions = versions(spec, context, &group, &names.kind);
    Some(Crd { place, name, group, names, scope, versions, conversion_webhook, document: Value::Null })
}

/// Returns the CRD as JSON without fields that the server sets.
pub(super) fn document(node: Node) -> Value {
    let mut document = node.into_json();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|field, value| matches!(field.as_str(), "name" | "labels" | "annotations") && !value.is_null());
    }
    document
}

fn names(spec: &Node, context: &mut Context) -> Option<Names> {
    let node = context.required_map(spec, "names", "spec.names")?;
    let kind = context.required_string(node, "kind", "spec.names.kind");
    let plural = context.required_string(node, "plural", "spec.names.plural");
    let (kind, plural) = (kind?, plural?);
    check(context, node, "kind", &kind, |text| is_label(&text.to_ascii_lowercase()), "a DNS label, capitals allowed");
    check(context, node, "plural", &plural, is_label, "a DNS label");
    let singular = context.string(node, "singular").filter(|text| !text.is_empty());
    let list_kind = context.string(node, "listKind").filter(|text| !text.is_empty());
    Some(Names {
        singular: singular.unwrap_or_else(|| kind.to_lowercase()),
        list_kind: list_kind.unwrap_or_else(|| format!("{kind}List")),
        short_names: context.strings(node, "shortNames"),
        categories: context.strings(node, "categories"),
        kind,
        plural,
    })
}

fn scope(spec: &Node, context: &mut Context) -> Option<Scope> {
    match context.required_string(spec, "scope", "spec.scope")?.as_str() {
        "Namespaced" => Some(Scope::Namespaced),
        "Cluster" => Some(Scope::Cluster),
        other => {
            let at = spec.get("scope").map_or(spec.at, |scope| scope.at);
            context.wrong_value(at, "spec.scope", "Namespaced or Cluster", other);
            None
        }
    }
}

fn versions(spec: &Node, context: &mut Context, group: &str, kind: &str) -> Vec<Version> {
    let missing = ProblemKind::Missing("a version in spec.versions".to_owned());
    let nodes = context.required(spec, missing, |context| {
        Some(context.list(spec, "versions")).filter(|versions| !versions.is_empty())
    });
    let mut versions: Vec<Version> = Vec::new();
    for node in nodes.unwrap_or_default() {
        let outer = context.place.clone();
        if let Some(version) = version(node, context) {
            if versions.iter().any(|other| other.name == version.name) {
                let part = format!("version {}", version.name);
                context.problem(node.at, ProblemKind::Conflict { part, other: "the same list".to_owned() });
            }
            versions.push(version);
        }
        context.place = outer;
    }
    versions.sort_by_key(|version| priority(&version.name));
    set_default_deprecation_warnings(&mut versions, group, kind);
    versions
}

/// Sets the default warning of deprecated versions without a warning. It names the newest version that is served and
/// not deprecated, if that is newer.
///
/// Source: `apiextensions-apiserver/pkg/apiserver/customresource_handler.go`, `defaultDeprecationWarning`.
fn set_default_deprecation_warnings(versions: &mut [Version], group: &str, kind: &str) {
    let newest = versions.iter().position(|version| version.served && version.deprecated.is_none());
    let newest = newest.map(|index| (index, versions[index].name.clone()));
    for (index, version) in versions.iter_mut().enumerate() {
        if let Some(warning) = version.deprecated.as_mut().filter(|warning| warning.is_empty()) {
            *warning = format!("{group}/{} {kind} is deprecated", version.name);
            if let Some((_, name)) = newest.as_ref().filter(|(other, _)| *other < index) {
                warning.push_str(&format!("; use {group}/{name} {kind}"));
            }
        }
    }
}

fn version(node: &Node, context: &mut Context) -> Option<Version> {
    let name = context.required_string(node, "name", "spec.versions[].name")?;
    check(context, node, "name", &name, is_label, "a DNS label");
    context.place.version = Some(name.clone());
    context.place.at = node.at.known();
    let place = context.place.clone();
    let root = context.required(node, ProblemKind::NoSchema, |context| {
        let schema = context.map(node, "schema")?;
        context.map(schema, "openAPIV3Schema")
    })?;
    let problems = context.problems.len();
    let schema = properties::read(root, context);
    check_structural(&schema, &place, problems, context);
    let warning = context.string(node, "deprecationWarning");
    let deprecated = context.boolean(node, "deprecated");
    Some(Version {
        served: context.boolean(node, "served"),
        storage: context.boolean(node, "storage"),
        deprecated: deprecated.then(|| warning.unwrap_or_default()),
        subresources: subresources(node, context),
        printer_columns: printer_columns(node, context),
        selectable_fields: selectable_fields(node, context),
        schema,
        place,
        name,
    })
}

/// Checks that a schema is structural, except at paths with other problems: a type with a problem is not a missing
/// type.
fn check_structural(schema: &Schema, place: &Place, since: usize, context: &mut Context) {
    let mut found = Vec::new();
    structural::check(schema, place, &mut found);
    let path = |problem: &Problem| problem.place.path.clone().unwrap_or_default();
    let reported: BTreeSet<String> = context.problems[since..].iter().map(path).collect();
    found.retain(|problem| !reported.contains(&path(problem)));
    context.problems.append(&mut found);
}

fn subresources(version: &Node, context: &mut Context) -> Subresources {
    let Some(node) = context.map(version, "subresources") else {
        return Subresources::default();
    };
    let scale = context.map(node, "scale").map(|scale| Scale {
        spec_replicas_path: context.string(scale, "specReplicasPath").unwrap_or_default(),
        status_replicas_path: context.string(scale, "statusReplicasPath").unwrap_or_default(),
        label_selector_path: context.string(scale, "labelSelectorPath"),
    });
    Subresources { status: context.map(node, "status").is_some(), scale }
}

fn printer_columns(version: &Node, context: &mut Context) -> Vec<PrinterColumn> {
    let columns = context.list(version, "additionalPrinterColumns").iter();
    columns
        .map(|column| PrinterColumn {
            name: context.string(column, "name").unwrap_or_default(),
            type_: context.string(column, "type").unwrap_or_default(),
            json_path: context.string(column, "jsonPath").unwrap_or_default(),
            description: context.string(column, "description"),
            format: context.string(column, "format"),
            priority: context.number(column, "priority").and_then(|number| number.as_i64()).unwrap_or_default(),
        })
        .collect()
}

fn selectable_fields(version: &Node, context: &mut Context) -> Vec<String> {
    let fields = context.list(version, "selectableFields").iter();
    fields.filter_map(|field| context.string(field, "jsonPath")).collect()
}

fn check(
    context: &mut Context,
    node: &Node,
    key: &str,
    text: &str,
    is_valid: impl Fn(&str) -> bool,
    expected: &'static str,
) {
    if !is_valid(text) {
        let at = node.get(key).map_or(node.at, |value| value.at);
        context.wrong_value(at, key, expected, text);
    }
}

/// Returns whether the text is an RFC 1035 label, as required for plurals and versions: letters, digits and `-`,
/// starting with a letter.
fn is_label(text: &str) -> bool {
    text.len() <= 63 && dns::is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase())
}

/// Returns whether the text is an RFC 1123 subdomain: labels of at most 63 characters, 253 characters in total.
fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && dns::is_subdomain(text) && text.split('.').all(|label| label.len() <= 63)
}
