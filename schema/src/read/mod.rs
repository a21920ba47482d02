//! Reading of CRDs from sources.

mod context;
mod definition;
#[cfg(feature = "cel")]
mod lenient;
mod merge;
pub(crate) mod properties;
#[cfg(feature = "cel")]
mod rejected;

use crate::crd::Crd;
use crate::problem::{Note, Place, Problem, ProblemKind, Problems};
use crate::yaml::{self, Content, Node, Position};
use context::Context;

/// A text to read, with its name in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name, usually a path.
    pub name: String,
    /// The bytes: YAML or JSON, one document or many.
    pub text: Vec<u8>,
}

impl Source {
    /// Creates a source from its name and text.
    pub fn new(name: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Source { name: name.into(), text: text.into() }
    }
}

/// The definitions in sources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definitions {
    /// The CRDs, sorted by name, without duplicates.
    pub crds: Vec<Crd>,
    /// Remarks, for example about skipped documents.
    pub notes: Vec<Note>,
}

/// Reads all CRDs of all sources. The order of sources only affects the order of problems.
///
/// Documents other than CRDs are skipped with a [`Note`]; sources without any CRD are an error. Several sources may
/// contain different versions of one CRD: they are merged.
pub fn read(sources: &[Source]) -> Result<Definitions, Problems> {
    stacker::maybe_grow(yaml::STACK_BYTES, yaml::STACK_BYTES, || read_all(sources, Reader::default()))
}

/// Reads all CRDs of all sources like [`read`], but repairs schemas that the API server rejects, for CRDs that are used
/// without it.
///
/// A value whose schema cannot be used may be any JSON value, and other keywords that the API server rejects are removed.
/// Each change is reported as a [`Note`]. The CRDs, and their [`document`](Crd::document)s, are repaired: the API server
/// accepts them. Errors that are not about schemas, such as a missing group, remain.
#[cfg(feature = "cel")]
pub fn read_lenient(sources: &[Source]) -> Result<Definitions, Problems> {
    let reader = Reader { is_lenient: true, ..Reader::default() };
    stacker::maybe_grow(yaml::STACK_BYTES, yaml::STACK_BYTES, || read_all(sources, reader))
}

fn read_all(sources: &[Source], mut reader: Reader) -> Result<Definitions, Problems> {
    for source in sources {
        reader.context.place = Place { source: source.name.clone(), ..Place::default() };
        match yaml::parse(&source.text) {
            Ok(documents) => {
                documents.into_iter().for_each(|node| reader.document(node));
                #[cfg(feature = "cel")]
                reader.report_rejections(&source.text);
            }
            Err((at, error)) if is_template(&source.text, at) => {
                reader.context.problem(at, ProblemKind::Template(error));
            }
            Err((at, error)) => reader.context.problem(at, ProblemKind::Yaml(error)),
        }
    }
    reader.finish(if let [source] = sources { &source.name } else { "all sources" })
}

/// Returns whether the line of an error may belong to a template.
fn is_template(text: &[u8], at: Position) -> bool {
    let line = text.split(|byte| *byte == b'\n').nth(at.line.saturating_sub(1) as usize);
    line.is_some_and(|line| line.windows(2).any(|two| two == b"{{"))
}

/// Reads the CRD, or the list of CRDs, of a JSON document. Works like [`read`], but problems have no lines.
pub fn read_document(name: &str, document: serde_json::Value) -> Result<Definitions, Problems> {
    let mut reader = Reader::default();
    reader.context.place.source = name.to_owned();
    reader.document(Node::from(document));
    #[cfg(feature = "cel")]
    reader.report_rejections(&[]);
    reader.finish(name)
}

/// Reads a definition that the API server has accepted, without its `document`; returns `None` if it is not valid.
pub fn read_accepted(definition: &serde_json::Value) -> Option<Crd> {
    definition::read(&Node::from(definition.clone()), &mut Context::default())
}

const API_GROUP: &str = "apiextensions.k8s.io/";
const API_VERSION: &str = "apiextensions.k8s.io/v1";
const KIND: &str = "CustomResourceDefinition";

#[derive(Default)]
struct Reader {
    context: Context,
    /// Whether schemas are repaired.
    #[cfg(feature = "cel")]
    is_lenient: bool,
    crds: Vec<Crd>,
    /// The number of definitions read from the source.
    definitions: usize,
    /// Rejections by the API server's validation: number and name of the definition, and errors.
    #[cfg(feature = "cel")]
    rejections: Vec<(usize, String, Vec<rejected::Rejection>)>,
}

impl Reader {
    /// Reads a document: a CRD, a list of CRDs, or another object.
    fn document(&mut self, node: Node) {
        let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        if kind == KIND && api_version == API_VERSION {
            self.definition(node);
        } else if kind == KIND && api_version.starts_with(API_GROUP) {
            self.context.problem(node.at, ProblemKind::ApiVersion(api_version.to_owned()));
        } else if kind == "List" || kind == "CustomResourceDefinitionList" {
            // Reports `items` of another type.
            self.context.list(&node, "items");
            items(node).into_iter().for_each(|item| self.document(item));
        } else {
            let document = if kind.is_empty() { "a document without a kind".to_owned() } else { format!("a {kind}") };
            let place = Place { at: node.at.known(), ..self.context.place.clone() };
            let text = format!("skipped {document}: not an {API_VERSION} {KIND}");
            self.context.notes.push(Note { place, text });
        }
    }

    fn definition(&mut self, #[cfg_attr(not(feature = "cel"), allow(unused_mut))] mut node: Node) {
        self.definitions += 1;
        #[cfg(feature = "cel")]
        if self.is_lenient {
            lenient::repair(&mut node, &mut self.context);
        }
        #[cfg(feature = "cel")]
        let first_problem = self.context.problems.len();
        let Some(mut crd) = definition::read(&node, &mut self.context) else { return };
        crd.document = definition::document(node);
        #[cfg(feature = "cel")]
        {
            let rejections = rejected::check(&mut crd.document, first_problem, &mut self.context);
            if !rejections.is_empty() {
                self.rejections.push((self.definitions, crd.name.clone(), rejections));
            }
        }
        self.crds.push(crd);
    }

    /// Reports the rejections by the API server's validation. Parses the source again for positions.
    #[cfg(feature = "cel")]
    fn report_rejections(&mut self, text: &[u8]) {
        self.definitions = 0;
        let rejections = std::mem::take(&mut self.rejections);
        if rejections.is_empty() {
            return;
        }
        let documents = yaml::parse(text).unwrap_or_default();
        let mut definitions = Vec::new();
        documents.iter().for_each(|node| definitions_in(node, &mut definitions));
        for (number, name, rejections) in rejections {
            let node = definitions.get(number - 1).copied();
            self.context.place.crd = Some(name);
            rejections.into_iter().for_each(|rejection| rejection.report(node, &mut self.context));
            self.context.place.crd = None;
        }
    }

    /// Validates a CRD that was merged from several sources, which the API server may reject although it accepts each of them.
    #[cfg(feature = "cel")]
    fn check_merged(&mut self, crd: &mut Crd) {
        let found = rejected::rejections(&mut crd.document);
        if found.is_empty() {
            return;
        }
        if !self.is_lenient {
            let text = |rejection: rejected::Rejection| {
                format!("the API server rejects the versions of all sources together: {}", rejection.text())
            };
            let notes = found.into_iter().map(|rejection| Note { place: crd.place.clone(), text: text(rejection) });
            self.context.notes.extend(notes);
            return;
        }
        let mut node = Node::from(crd.document.clone());
        self.context.place = crd.place.clone();
        lenient::repair(&mut node, &mut self.context);
        let first_problem = self.context.problems.len();
        let Some(mut repaired) = definition::read(&node, &mut self.context) else { return };
        repaired.document = definition::document(node);
        let remaining = rejected::check(&mut repaired.document, first_problem, &mut self.context);
        remaining.into_iter().for_each(|rejection| rejection.report(None, &mut self.context));
        repaired.place = crd.place.clone();
        for version in &mut repaired.versions {
            let known = crd.versions.iter().find(|known| known.name == version.name);
            version.place = known.map_or_else(|| version.place.clone(), |known| known.place.clone());
        }
        *crd = repaired;
    }

    /// Merges the CRDs and returns them, unless there are problems.
    fn finish(mut self, source: &str) -> Result<Definitions, Problems> {
        let sources = std::mem::take(&mut self.crds);
        #[cfg(feature = "cel")]
        let names: Vec<String> = sources.iter().map(|crd| crd.name.clone()).collect();
        #[cfg_attr(not(feature = "cel"), allow(unused_mut))]
        let (mut crds, mut notes) = merge::merge(sources, &mut self.context.problems);
        self.context.notes.append(&mut notes);
        #[cfg(feature = "cel")]
        if self.context.problems.is_empty() {
            let is_merged = |crd: &&mut Crd| names.iter().filter(|name| **name == crd.name).count() > 1;
            crds.iter_mut().filter(is_merged).for_each(|crd| self.check_merged(crd));
        }
        if crds.is_empty() && self.context.problems.is_empty() {
            let place = Place { source: source.to_owned(), ..Place::default() };
            self.context.problems.push(Problem { place, kind: ProblemKind::NoCrd });
        }
        if self.context.problems.is_empty() {
            Ok(Definitions { crds, notes: self.context.notes })
        } else {
            Err(Problems(self.context.problems))
        }
    }
}

/// Collects the definitions of a document, in the order in which they are read.
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

    fn read_both_ways(text: &str) -> (Result<Definitions, Problems>, Result<Definitions, Problems>) {
        let document = serde_json::from_str(text).unwrap();
        (read(&[Source::new("widgets.json", text)]), read_document("widgets.json", document))
    }

    #[test]
    fn document_reads_like_its_text() {
        let list = format!(r#"{{"kind": "List", "items": [{DEFINITION}, {{"kind": "Other"}}]}}"#);
        for text in [DEFINITION, &list] {
            let (read, document) = read_both_ways(text);
            let (read, document) = (read.unwrap(), document.unwrap());
            assert_eq!(document.crds[0].document, read.crds[0].document);
            assert_eq!(document.crds[0].names, read.crds[0].names);
            assert_eq!(document.crds[0].versions[0].schema.properties.len(), 1);
            assert_eq!(document.notes.len(), read.notes.len());
        }
    }

    #[test]
    fn problems_of_a_document_have_no_line() {
        for (valid, invalid) in
            [("\"Namespaced\"", "\"Everywhere\""), ("\"integer\"", "1"), ("\"example.com\"", "\"!\"")]
        {
            let (read, document) = read_both_ways(&DEFINITION.replacen(valid, invalid, 1));
            let (read, document) = (read.unwrap_err(), document.unwrap_err());
            let kinds = |problems: &Problems| problems.0.iter().map(|one| one.kind.clone()).collect::<Vec<_>>();
            assert_eq!(kinds(&document), kinds(&read));
            assert!(read.0.iter().all(|problem| problem.place.at.is_some()), "{read}");
            assert!(document.0.iter().all(|problem| problem.place.at.is_none()), "{document}");
        }
        let nothing = read_document("nothing", serde_json::Value::Null).unwrap_err();
        assert_eq!(nothing.0[0].kind, ProblemKind::NoCrd);
    }

    fn limits(limits: &str) -> Result<crate::schema::Limits, Problems> {
        let text = DEFINITION.replacen(r#"{"type": "integer"}"#, &format!("{{type: string, {limits}}}"), 1);
        // Unquoted keys make it YAML, for kubectl as well.
        let found = read(&[Source::new("widgets.yaml", text)])?;
        let root = &found.crds[0].versions[0].schema;
        Ok(root.properties["spec"].properties["size"].limits.clone())
    }

    #[test]
    fn integral_floats_are_sizes() {
        for (text, size) in [("1e+06", 1_000_000), ("1e6", 1_000_000), ("1.0", 1), ("-0.0", 0), ("0x10", 16)] {
            assert_eq!(limits(&format!("maxLength: {text}")).unwrap().max_length, Some(size), "{text}");
        }
        let limits = self::limits("minimum: 1e3, maximum: 1.5").unwrap();
        assert_eq!((limits.minimum, limits.maximum), (Some(1000.into()), serde_json::Number::from_f64(1.5)));
    }

    #[test]
    fn sizes_that_the_api_server_cannot_decode_are_rejected() {
        for text in ["1.5", "1e20", "9223372036854775808", "9223372036854775807.0", "\"5\""] {
            let problems = limits(&format!("maxLength: {text}")).unwrap_err();
            assert!(matches!(problems.0[0].kind, ProblemKind::WrongType { .. }), "{text}: {problems}");
        }
    }

    #[test]
    fn property_names_match_those_stored_by_the_api_server() {
        let text = DEFINITION.replacen(r#""size": "#, "1.0: {type: string}, on: {type: string}, 0x1F: ", 1);
        let found = read(&[Source::new("widgets.yaml", text)]).unwrap();
        let spec = &found.crds[0].versions[0].schema.properties["spec"];
        assert_eq!(spec.properties.keys().collect::<Vec<_>>(), ["1", "31", "true"]);
    }
}
