//! Repair of definitions that the API server rejects because of their schemas.
//!
//! The result is a definition that the API server accepts: a part of a schema that it does not accept is removed, or
//! becomes a value of any type. A change only removes constraints, so that objects of the original schema are objects of
//! the repaired one. The exception is a missing type that other keywords imply. Errors that are not about schemas remain.

mod combinations;
mod edit;
mod keywords;
mod rejections;
mod schemas;

use self::edit::{PRESERVE, flag, get_mut, make_any_object, remove, set};
use self::schemas::Schemas;
use super::context::Context;
use super::definition;
use super::rejected;
use crate::problem::{Note, Place};
use crate::yaml::{Content, Node, Position};

/// The maximum number of validations. Each one reveals the errors that the previous ones hid: structure, then defaults,
/// then rules. After half of them, schemas that still have errors become objects with any fields.
const MAX_ROUNDS: usize = 16;

/// Repairs a definition. Reports each change as a note in the context.
pub(super) fn repair(node: &mut Node, context: &mut Context) {
    let mut report = Report { place: context.place.clone(), notes: Vec::new() };
    report.place.crd = node.get("metadata").and_then(|metadata| metadata.get("name")?.as_str()).map(str::to_owned);
    if let Some(spec) = get_mut(node, "spec") {
        versions(spec, &mut report);
    }
    for round in 0..MAX_ROUNDS {
        let mut document = definition::document(node.clone());
        let found = rejected::rejections(&mut document);
        if !rejections::repair(node, found, round >= MAX_ROUNDS / 2, &mut report) {
            break;
        }
    }
    context.notes.append(&mut report.notes);
}

/// The notes about changes, and the current place.
struct Report {
    place: Place,
    notes: Vec<Note>,
}

impl Report {
    fn note(&mut self, at: Position, problem: &str, change: &str) {
        let place = Place { at: at.known(), ..self.place.clone() };
        self.notes.push(Note { place, text: format!("{problem}; lenient: {change}") });
    }
}

fn versions(spec: &mut Node, report: &mut Report) {
    let preserves = flag(spec, "preserveUnknownFields");
    if preserves {
        remove(spec, "preserveUnknownFields");
        let problem = "spec.preserveUnknownFields must be false";
        report.note(spec.at, problem, &format!("{PRESERVE} is set at the root of each schema"));
    }
    let Some(Node { content: Content::List(versions), .. }) = get_mut(spec, "versions") else { return };
    for version in versions.iter_mut().filter(|version| matches!(version.content, Content::Map(_))) {
        report.place.version = version.get("name").and_then(Node::as_str).map(str::to_owned);
        let Some(root) = root_of(version, report) else { continue };
        let mut schemas = Schemas { report, path: String::new() };
        schemas.root(root);
        if preserves {
            set(root, PRESERVE, Content::Bool(true));
        }
    }
    report.place.version = None;
}

/// Returns the schema of a version; adds one that accepts any object to a version without a schema.
fn root_of<'n>(version: &'n mut Node, report: &mut Report) -> Option<&'n mut Node> {
    const SCHEMA: &str = "schema";
    const ROOT: &str = "openAPIV3Schema";
    let at = version.at;
    let is_map = |node: Option<&Node>| node.is_some_and(|node| matches!(node.content, Content::Map(_)));
    if !is_map(version.get(SCHEMA).and_then(|schema| schema.get(ROOT))) {
        report.note(at, "version has no schema.openAPIV3Schema", "any object is accepted");
        let mut root = Node { at, content: Content::Map(Vec::new()) };
        make_any_object(&mut root);
        let mut schema = Node { at, content: Content::Map(Vec::new()) };
        set(&mut schema, ROOT, root.content);
        set(version, SCHEMA, schema.content);
    }
    get_mut(version, SCHEMA).and_then(|schema| get_mut(schema, ROOT))
}
