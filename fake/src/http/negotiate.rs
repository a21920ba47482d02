//! Content negotiation.

use ::http::header::ACCEPT;
use ::http::request::Parts;
use jiff::Timestamp;

use super::media;
use super::options::Query;
use super::table::Rows;
use super::verb::Verb;
use crate::registry::Target;
use crate::status::Failure;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Yaml,
}

/// The representation of objects in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    Object,
    Table,
    /// Of one object.
    Metadata,
    /// Of a list's objects.
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

/// The negotiated answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) form: Form,
    pub(super) shape: As,
    /// The version of another representation than the object itself.
    pub(super) version: Version,
    /// How rows of a table are made.
    pub(super) rows: Rows,
}

/// The first header of this name, as Go reads it.
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

    /// The form of the clause; `None` for a form that this server does not have.
    fn form(&self) -> Option<Form> {
        match (self.type_.as_str(), self.subtype.as_str()) {
            ("application", "json" | "*") | ("*", "*") => Some(Form::Json),
            ("application", "yaml") => Some(Form::Yaml),
            _ => None,
        }
    }

    /// Whether the clause requests another representation than the object itself.
    fn transforms(&self) -> bool {
        ["as", "g", "v"].into_iter().any(|name| self.parameter(name).is_some())
    }

    /// Whether the clause requests only a form.
    fn is_plain(&self) -> bool {
        !self.transforms() && self.parameter("sv").is_none() && self.allows_streams()
    }

    /// Whether the clause does not request a stream, or one that exists; there is no YAML stream.
    fn allows_streams(&self) -> bool {
        match self.parameter("stream") {
            None => true,
            Some(wanted) => wanted == "watch" && self.form() == Some(Form::Json),
        }
    }

    fn asks_for(&self, kind: &str, group: &str, version: &str) -> bool {
        let of = |name: &str| self.parameter(name).unwrap_or_default();
        (of("as"), of("g"), of("v")) == (kind, group, version)
    }
}

/// The clauses of `Accept`, the ones to prefer first.
///
/// Source: `munnerz/goautoneg`, whose order is not a total one: it is sorted by insertion, as Go does.
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

/// Whether the router of Kubernetes' own kinds lets a request pass: it knows whole types and `*/*` alone.
///
/// Source: `emicklei/go-restful/route.go`, `matchesAccept`.
pub(super) fn passes_the_router(head: &Parts) -> bool {
    let known = ["*/*", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
    let mut types = accept(head).split(',').map(|clause| clause.split(';').next().unwrap_or_default().trim());
    accept(head).is_empty() || types.any(|type_| known.contains(&type_))
}

/// Whether the first acceptable clause of `Accept` requests indented JSON.
pub(super) fn wants_indentation(head: &Parts) -> bool {
    let clauses = clauses(head);
    let answered = clauses.iter().find(|clause| clause.form().is_some());
    answered.is_some_and(|clause| clause.parameter("pretty") == Some("1"))
}

/// The form in which `Accept` requests aggregated discovery, in its one version.
///
/// Source: `apiserver/pkg/endpoints/discovery/aggregated/wrapper.go`.
pub(super) fn aggregated_discovery(head: &Parts) -> Option<Form> {
    let clauses = clauses(head);
    let mut asked =
        clauses.iter().filter(|clause| clause.asks_for("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2"));
    asked.find_map(Clause::form)
}

impl Form {
    /// The form of a failure, which has one representation.
    pub(super) fn of(head: &Parts) -> Self {
        let clauses = clauses(head);
        clauses.iter().filter(|clause| clause.is_plain()).find_map(Clause::form).unwrap_or(Form::Json)
    }

    /// The form of an answer that has one representation.
    ///
    /// # Errors
    /// If `Accept` has no form that this server returns.
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
            shape: As::Object,
            version: Version::V1,
            rows: Rows { include: query.include(), now },
        };
        if accept(head).is_empty() {
            return Ok(plain);
        }
        let clauses = clauses(head);
        if target.kind.is_typed() && !passes_the_router(head) {
            return Err(media::not_acceptable_to_the_router(matches!(verb, Verb::List | Verb::Watch)));
        }
        clauses.iter().find_map(|clause| clause_view(clause, plain)).ok_or_else(|| media::not_acceptable(false))
    }

    /// The same for a stream, which is JSON.
    pub(super) fn of_stream(self) -> Result<Self, Failure> {
        if self.form == Form::Json { Ok(self) } else { Err(media::not_acceptable(true)) }
    }

    pub(super) fn is_plain(self) -> bool {
        self.form == Form::Json && self.shape == As::Object
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
        Some("Table") => As::Table,
        Some("PartialObjectMetadata") => As::Metadata,
        Some("PartialObjectMetadataList") => As::MetadataList,
        _ => return None,
    };
    Some(View { form, shape, version, ..plain })
}
