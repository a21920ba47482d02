//! Remedies for sources without a CRD, and for objects without a separator.

use std::collections::BTreeMap;

use camino::Utf8Path;
use kube_structural_schema::yaml::{Content, Node, YamlError, parse};
use kube_structural_schema::{Note, Problem, ProblemKind, Source};

use super::skip::{TEMPLATE, TEMPLATED_CRD, chart_of};
use crate::error::{Error, Errors};

/// Adds remedies to errors that concern the sources in general.
pub(in crate::sync) fn advised(errors: Errors, sources: &[Source], skipped: &[Note]) -> Errors {
    let advised = |error| match error {
        Error::Source(problem) if problem.kind == ProblemKind::NoCrd => {
            Error::NoCrd { place: problem.place.to_string(), found: found(sources), advice: templates(skipped) }
        }
        Error::Source(problem) if is_missing_separator(&problem) => Error::MissingSeparator(problem),
        other => other,
    };
    Errors(errors.0.into_iter().map(advised).collect())
}

/// Returns whether the problem is a duplicate key on the top level of an object.
fn is_missing_separator(problem: &Problem) -> bool {
    let ProblemKind::Yaml(YamlError::DuplicateKey { key, first }) = &problem.kind else { return false };
    let is_top_level = first.column == 1 && problem.place.at.is_some_and(|at| at.column == 1);
    is_top_level && matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "spec")
}

/// Describes the objects of the sources: `found 2 ConfigMaps and 1 Deployment`.
fn found(sources: &[Source]) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources {
        parse(&source.text).unwrap_or_default().iter().for_each(|document| count(document, &mut kinds));
    }
    let counted: Vec<String> = kinds.iter().map(|(kind, count)| counted(kind, *count)).collect();
    match counted.as_slice() {
        [] if sources.is_empty() => "no YAML or JSON file was read".to_owned(),
        [] => "the files are empty".to_owned(),
        [only] => format!("found {only}"),
        [first @ .., last] => format!("found {} and {last}", first.join(", ")),
    }
}

fn count(document: &Node, kinds: &mut BTreeMap<String, usize>) {
    match document.get("kind").and_then(Node::as_str) {
        Some("List") => {
            if let Some(Node { content: Content::List(items), .. }) = document.get("items") {
                items.iter().for_each(|item| count(item, kinds));
            }
        }
        kind => *kinds.entry(kind.unwrap_or_default().to_owned()).or_default() += 1,
    }
}

fn counted(kind: &str, count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    match kind {
        "" => format!("{count} document{plural} without a kind"),
        _ if plural.is_empty() => format!("1 {kind}"),
        _ if kind.ends_with('s') => format!("{count} {kind}es"),
        _ if kind.ends_with("ay") || !kind.ends_with('y') => format!("{count} {kind}s"),
        _ => format!("{count} {}ies", kind.trim_end_matches('y')),
    }
}

/// Describes the templates that were skipped, and how to render them.
fn templates(skipped: &[Note]) -> String {
    let is_template = |note: &&Note| note.text == TEMPLATE || note.text == TEMPLATED_CRD;
    let templates: Vec<&Note> = skipped.iter().filter(is_template).collect();
    let Some(first) = templates.iter().find(|note| note.text == TEMPLATED_CRD).or(templates.first()) else {
        return String::new();
    };
    let file = Utf8Path::new(&first.place.source);
    let chart = chart_of(file).filter(|chart| !chart.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let noun = if templates.len() == 1 { "template was" } else { "templates were" };
    format!(
        "; {} {noun} skipped, such as {file}: render the chart (helm template {chart} | kube-client-gen generate -)",
        templates.len()
    )
}
