//! Content negotiation: the representation that a request asks for.

use ::http::header::ACCEPT;
use ::http::request::Parts;
use jiff::Timestamp;

use super::media;
use super::options::Query;
use super::table::Rows;
use super::verb::Verb;
use crate::registry::Target;
use crate::status::Failure;

/// The encoding of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Yaml,
}

/// The representation of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Object,
    Table,
    /// Of a single object.
    Metadata,
    /// Of the items of a list.
    MetadataList,
}

/// The versions of `meta.k8s.io`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V1Beta1,
}

impl Version {
    pub(super) fn api_version(self) -> &'static str {
        match self {
            Version::V1 => "meta.k8s.io/v1",
            Version::V1Beta1 => "meta.k8s.io/v1beta1",
        }
    }
}

/// The encoding and representation of a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) form: Form,
    pub(super) shape: Shape,
    /// The version of a table or of partial metadata.
    pub(super) version: Version,
    /// The options of table rows.
    pub(super) rows: Rows,
}

/// Returns the first `Accept` header, as Go reads it.
fn accept(head: &Parts) -> &str {
    head.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A clause of `Accept`.
struct Clause {
    type_: String,
    subtype: String,
    quality: f64,
    parameters: Vec<(String, String)>,
}

impl Clause {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        let media = parts.next()?.trim_matches(' ');
        let (type_, subtype) = match media.split_once('/') {
            Some((_, subtype)) if subtype.contains('/') => return None,
            Some((type_, subtype)) => (type_.trim_matches(' '), subtype.trim_matches(' ')),
            None if media == "*" => ("*", "*"),
            None => return None,
        };
        let mut clause =
            Clause { type_: type_.to_owned(), subtype: subtype.to_owned(), quality: 1.0, parameters: Vec::new() };
        for (name, value) in parts.filter_map(|part| part.split_once('=')).filter(|(_, value)| !value.contains('=')) {
            match name.trim_matches(' ') {
                "q" => clause.quality = value.parse().unwrap_or_default(),
                name => clause.parameters.push((name.to_owned(), value.trim_matches(' ').to_owned())),
            }
        }
        Some(clause)
    }

    fn precedes(&self, other: &Self) -> bool {
        self.quality > other.quality
            || (self.type_ != "*" && other.type_ == "*")
            || (self.subtype != "*" && other.subtype == "*")
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// Returns the encoding that the clause asks for, if it is supported.
    fn form(&self) -> Option<Form> {
        match (self.type_.as_str(), self.subtype.as_str()) {
            ("application", "json" | "*") | ("*", "*") => Some(Form::Json),
            ("application", "yaml") => Some(Form::Yaml),
            _ => None,
        }
    }

    /// Whether the clause asks for a representation other than the object.
    fn transforms(&self) -> bool {
        ["as", "g", "v"].into_iter().any(|name| self.parameter(name).is_some())
    }

    /// Whether the clause asks for an encoding only.
    fn is_plain(&self) -> bool {
        !self.transforms() && self.parameter("sv").is_none() && self.allows_streams()
    }

    /// Whether the clause asks for no stream or for a supported one; YAML has none.
    fn allows_streams(&self) -> bool {
        match self.parameter("stream") {
            None => true,
            Some(requested) => requested == "watch" && self.form() == Some(Form::Json),
        }
    }

    fn asks_for(&self, kind: &str, group: &str, version: &str) -> bool {
        let of = |name: &str| self.parameter(name).unwrap_or_default();
        (of("as"), of("g"), of("v")) == (kind, group, version)
    }
}

/// Returns the clauses of `Accept` in the order of preference.
///
/// Source: `munnerz/goautoneg`. Its comparison is not a total order, so the clauses are sorted by insertion, as in Go.
fn clauses(head: &Parts) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    for clause in accept(head).split(',').filter_map(Clause::parse) {
        let mut at = clauses.len();
        while at > 0 && clause.precedes(&clauses[at - 1]) {
            at -= 1;
        }
        clauses.insert(at, clause);
    }
    clauses
}

/// Whether the router of built-in kinds accepts a request: it only knows full types and `*/*`.
///
/// Source: `emicklei/go-restful/route.go`, `matchesAccept`.
pub(super) fn router_accepts(head: &Parts) -> bool {
    let known = ["*/*", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
    let mut types = accept(head).split(',').map(|clause| clause.split(';').next().unwrap_or_default().trim());
    accept(head).is_empty() || types.any(|type_| known.contains(&type_))
}

/// Whether the first supported clause of `Accept` asks for indented JSON.
pub(super) fn wants_indentation(head: &Parts) -> bool {
    let clauses = clauses(head);
    let answered = clauses.iter().find(|clause| clause.form().is_some());
    answered.is_some_and(|clause| clause.parameter("pretty") == Some("1"))
}

/// Returns the encoding in which `Accept` asks for aggregated discovery in its supported version.
///
/// Source: `apiserver/pkg/endpoints/discovery/aggregated/wrapper.go`.
pub(super) fn aggregated_discovery(head: &Parts) -> Option<Form> {
    let clauses = clauses(head);
    let mut asked =
        clauses.iter().filter(|clause| clause.asks_for("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2"));
    asked.find_map(Clause::form)
}

impl Form {
    /// Returns the encoding of an error response.
    pub(super) fn of(head: &Parts) -> Self {
        let clauses = clauses(head);
        clauses.iter().filter(|clause| clause.is_plain()).find_map(Clause::form).unwrap_or(Form::Json)
    }

    /// Returns the encoding of a response with a single representation.
    ///
    /// # Errors
    /// Returns a 406 if `Accept` names no supported encoding.
    pub(super) fn accepted(head: &Parts) -> Result<Self, Failure> {
        if accept(head).is_empty() {
            return Ok(Form::Json);
        }
        let clauses = clauses(head);
        let mut plain = clauses.iter().filter(|clause| !clause.transforms());
        plain.find_map(Clause::form).ok_or_else(|| media::not_acceptable(false))
    }
}

impl View {
    pub(super) fn of(
        head: &Parts,
        query: &Query,
        target: &Target,
        verb: Verb,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let plain = View {
            form: Form::Json,
            shape: Shape::Object,
            version: Version::V1,
            rows: Rows { include: query.include(), now },
        };
        if accept(head).is_empty() {
            return Ok(plain);
        }
        let clauses = clauses(head);
        if target.kind.is_typed() && !router_accepts(head) {
            return Err(media::not_acceptable_from_router(matches!(verb, Verb::List | Verb::Watch)));
        }
        clauses.iter().find_map(|clause| clause_view(clause, plain)).ok_or_else(|| media::not_acceptable(false))
    }

    /// Returns the view of a stream, which must be JSON.
    pub(super) fn of_stream(self) -> Result<Self, Failure> {
        if self.form == Form::Json { Ok(self) } else { Err(media::not_acceptable(true)) }
    }

    pub(super) fn is_plain(self) -> bool {
        self.form == Form::Json && self.shape == Shape::Object
    }
}

fn clause_view(clause: &Clause, plain: View) -> Option<View> {
    let form = clause.form()?;
    if !clause.allows_streams() || !matches!(clause.parameter("sv"), None | Some("v1")) {
        return None;
    }
    if !clause.transforms() {
        return Some(View { form, ..plain });
    }
    let version = match (clause.parameter("g"), clause.parameter("v")) {
        (Some("meta.k8s.io"), Some("v1")) => Version::V1,
        (Some("meta.k8s.io"), Some("v1beta1")) => Version::V1Beta1,
        _ => return None,
    };
    let shape = match clause.parameter("as") {
        Some("Table") => Shape::Table,
        Some("PartialObjectMetadata") => Shape::Metadata,
        Some("PartialObjectMetadataList") => Shape::MetadataList,
        _ => return None,
    };
    Some(View { form, shape, version, ..plain })
}
