//! Sources become CRDs.

mod context;
mod definition;
mod merge;
mod properties;
#[cfg(feature = "cel")]
mod refused;

use crate::crd::Crd;
use crate::problem::{Mistake, Note, Place, Problem, Problems};
use crate::yaml::{self, Content, Node, Position};
use context::Context;

/// A text to read, and what to call it in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name, usually a path.
    pub name: String,
    /// The bytes: YAML or JSON, one document or many.
    pub text: Vec<u8>,
}

impl Source {
    /// A source of this name and text.
    pub fn new(name: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Source { name: name.into(), text: text.into() }
    }
}

/// What sources hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The CRDs, by name; each once.
    pub crds: Vec<Crd>,
    /// What was passed over.
    pub notes: Vec<Note>,
}

/// Reads all CRDs of all sources. The order of sources does not matter, except for the order of problems.
///
/// Documents that are no CRD are passed over with a [`Note`]; sources without any CRD are an error. Several sources may
/// hold one CRD with different versions each: they are put together.
pub fn read(sources: &[Source]) -> Result<Found, Problems> {
    stacker::maybe_grow(yaml::STACK_BYTES, yaml::STACK_BYTES, || read_all(sources))
}

fn read_all(sources: &[Source]) -> Result<Found, Problems> {
    let mut context = Context::default();
    let mut crds = Vec::new();
    for source in sources {
        context.place = Place { source: source.name.clone(), ..Place::default() };
        match yaml::parse(&source.text) {
            Ok(documents) => {
                documents.into_iter().for_each(|node| document(node, &mut context, &mut crds));
                #[cfg(feature = "cel")]
                report_refused(&source.text, &mut context);
            }
            Err((at, error)) if is_template(&source.text, at) => context.problem(at, Mistake::Template(error)),
            Err((at, error)) => context.problem(at, Mistake::Yaml(error)),
        }
    }
    found(context, crds, if let [source] = sources { &source.name } else { "all sources" })
}

/// Whether a line that cannot be read may be a template's.
fn is_template(text: &[u8], at: Position) -> bool {
    let line = text.split(|byte| *byte == b'\n').nth(at.line.saturating_sub(1) as usize);
    line.is_some_and(|line| line.windows(2).any(|two| two == b"{{"))
}

/// Reads the CRD, or the list of them, that a JSON document is: what [`read`] reads, without lines in its problems.
pub fn read_document(name: &str, document: serde_json::Value) -> Result<Found, Problems> {
    let mut context = Context { place: Place { source: name.to_owned(), ..Place::default() }, ..Context::default() };
    let mut crds = Vec::new();
    self::document(Node::from(document), &mut context, &mut crds);
    #[cfg(feature = "cel")]
    report_refused(&[], &mut context);
    found(context, crds, name)
}

/// Reads a definition that the API server has accepted, its `document` left out; `None` for one that it would refuse.
pub fn read_accepted(definition: &serde_json::Value) -> Option<Crd> {
    definition::read(&Node::from(definition.clone()), &mut Context::default())
}

/// The schema that a JSON document says, whatever is wrong with it.
#[cfg(feature = "cel")]
pub(crate) fn schema_of(schema: &serde_json::Value) -> crate::schema::Schema {
    properties::read(&Node::from(schema.clone()), &mut Context::default())
}

/// What was found in sources of that name, if nothing is wrong with it.
fn found(mut context: Context, crds: Vec<Crd>, source: &str) -> Result<Found, Problems> {
    let (crds, mut notes) = merge::merge(crds, &mut context.problems);
    context.notes.append(&mut notes);
    if crds.is_empty() && context.problems.is_empty() {
        let place = Place { source: source.to_owned(), ..Place::default() };
        context.problems.push(Problem { place, mistake: Mistake::NoCrd });
    }
    if context.problems.is_empty() { Ok(Found { crds, notes: context.notes }) } else { Err(Problems(context.problems)) }
}

const API_GROUP: &str = "apiextensions.k8s.io/";
const API_VERSION: &str = "apiextensions.k8s.io/v1";
const KIND: &str = "CustomResourceDefinition";

/// Reads one document: a CRD, a list of them, or something else.
fn document(node: Node, context: &mut Context, crds: &mut Vec<Crd>) {
    let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if kind == KIND && api_version == API_VERSION {
        context.definitions += 1;
        #[cfg(feature = "cel")]
        let since = context.problems.len();
        if let Some(mut crd) = definition::read(&node, context) {
            crd.document = definition::document(node);
            #[cfg(feature = "cel")]
            {
                let refused = refused::decide(&mut crd.document, since, context);
                if !refused.is_empty() {
                    context.refused.push((context.definitions, crd.name.clone(), refused));
                }
            }
            crds.push(crd);
        }
    } else if kind == KIND && api_version.starts_with(API_GROUP) {
        context.problem(node.at, Mistake::ApiVersion(api_version.to_owned()));
    } else if kind == "List" || kind == "CustomResourceDefinitionList" {
        // Reports items that are no list.
        context.list(&node, "items");
        items(node).into_iter().for_each(|item| document(item, context, crds));
    } else {
        let what = if kind.is_empty() { "a document without a kind".to_owned() } else { format!("a {kind}") };
        let place = Place { at: node.at.known(), ..context.place.clone() };
        context.notes.push(Note { place, text: format!("{what}, no {API_VERSION} {KIND}; passed over") });
    }
}

/// Reports what the API server refuses. The source is parsed again for the positions.
#[cfg(feature = "cel")]
fn report_refused(text: &[u8], context: &mut Context) {
    context.definitions = 0;
    let refused = std::mem::take(&mut context.refused);
    if refused.is_empty() {
        return;
    }
    let documents = yaml::parse(text).unwrap_or_default();
    let mut definitions = Vec::new();
    documents.iter().for_each(|node| definitions_in(node, &mut definitions));
    for (number, name, refused) in refused {
        let node = definitions.get(number - 1).copied();
        context.place.crd = Some(name);
        refused.into_iter().for_each(|refused| refused.report(node, context));
        context.place.crd = None;
    }
}

/// The definitions of a document, in the order in which they are read.
#[cfg(feature = "cel")]
fn definitions_in<'n>(node: &'n Node, found: &mut Vec<&'n Node>) {
    let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default();
    match text("kind") {
        KIND if text("apiVersion") == API_VERSION => found.push(node),
        "List" | "CustomResourceDefinitionList" => {
            if let Some(Content::List(items)) = node.get("items").map(|items| &items.content) {
                items.iter().for_each(|item| definitions_in(item, found));
            }
        }
        _ => {}
    }
}

fn items(list: Node) -> Vec<Node> {
    let Content::Map(entries) = list.content else { return Vec::new() };
    let items = entries.into_iter().find(|(key, _)| key.name == "items").map(|(_, items)| items.content);
    if let Some(Content::List(items)) = items { items } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINITION: &str = r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
          "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
            "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}]}}"#;

    fn of(text: &str) -> (Result<Found, Problems>, Result<Found, Problems>) {
        let document = serde_json::from_str(text).unwrap();
        (read(&[Source::new("widgets.json", text)]), read_document("widgets.json", document))
    }

    #[test]
    fn a_document_says_what_its_text_says() {
        let list = format!(r#"{{"kind": "List", "items": [{DEFINITION}, {{"kind": "Other"}}]}}"#);
        for text in [DEFINITION, &list] {
            let (read, document) = of(text);
            let (read, document) = (read.unwrap(), document.unwrap());
            assert_eq!(document.crds[0].document, read.crds[0].document);
            assert_eq!(document.crds[0].names, read.crds[0].names);
            assert_eq!(document.crds[0].versions[0].schema.properties.len(), 1);
            assert_eq!(document.notes.len(), read.notes.len());
        }
    }

    #[test]
    fn what_is_wrong_with_a_document_is_told_without_a_line() {
        for (right, wrong) in [("\"Namespaced\"", "\"Everywhere\""), ("\"integer\"", "1"), ("\"example.com\"", "\"!\"")]
        {
            let (read, document) = of(&DEFINITION.replacen(right, wrong, 1));
            let (read, document) = (read.unwrap_err(), document.unwrap_err());
            let told = |problems: &Problems| problems.0.iter().map(|one| one.mistake.clone()).collect::<Vec<_>>();
            assert_eq!(told(&document), told(&read));
            assert!(read.0.iter().all(|problem| problem.place.at.is_some()), "{read}");
            assert!(document.0.iter().all(|problem| problem.place.at.is_none()), "{document}");
        }
        let nothing = read_document("nothing", serde_json::Value::Null).unwrap_err();
        assert_eq!(nothing.0[0].mistake, Mistake::NoCrd);
    }

    fn facets(facets: &str) -> Result<crate::schema::Limits, Problems> {
        let text = DEFINITION.replacen(r#"{"type": "integer"}"#, &format!("{{type: string, {facets}}}"), 1);
        // Keys without quotes make it YAML, also for kubectl.
        let found = read(&[Source::new("widgets.yaml", text)])?;
        let root = &found.crds[0].versions[0].schema;
        Ok(root.properties["spec"].properties["size"].limits.clone())
    }

    #[test]
    fn whole_floats_are_sizes() {
        for (text, size) in [("1e+06", 1_000_000), ("1e6", 1_000_000), ("1.0", 1), ("-0.0", 0), ("0x10", 16)] {
            assert_eq!(facets(&format!("maxLength: {text}")).unwrap().max_length, Some(size), "{text}");
        }
        let limits = facets("minimum: 1e3, maximum: 1.5").unwrap();
        assert_eq!((limits.minimum, limits.maximum), (Some(1000.into()), serde_json::Number::from_f64(1.5)));
    }

    #[test]
    fn sizes_that_the_api_server_cannot_decode_are_errors() {
        for text in ["1.5", "1e20", "9223372036854775808", "9223372036854775807.0", "\"5\""] {
            let problems = facets(&format!("maxLength: {text}")).unwrap_err();
            assert!(matches!(problems.0[0].mistake, Mistake::WrongType { .. }), "{text}: {problems}");
        }
    }

    #[test]
    fn properties_have_the_names_that_the_api_server_stores() {
        let text = DEFINITION.replacen(r#""size": "#, "1.0: {type: string}, on: {type: string}, 0x1F: ", 1);
        let found = read(&[Source::new("widgets.yaml", text)]).unwrap();
        let spec = &found.crds[0].versions[0].schema.properties["spec"];
        assert_eq!(spec.properties.keys().collect::<Vec<_>>(), ["1", "31", "true"]);
    }
}
