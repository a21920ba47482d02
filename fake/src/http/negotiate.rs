//! What a request sends and what it wants to read.

use ::http::StatusCode;
use ::http::header::{ACCEPT, CONTENT_TYPE};
use ::http::request::Parts;
use jiff::Timestamp;

use super::options::Query;
use super::table::Rows;
use crate::kinds::Kind;
use crate::registry::PatchKind;
use crate::status::Failure;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Yaml,
}

/// As what objects are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    Object,
    Table(Include),
    /// Of one object.
    Metadata,
    /// Of a list's objects.
    MetadataList,
}

/// What the rows of a table hold of their objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Include {
    None,
    Metadata,
    Object,
}

/// What an answer is to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) form: Form,
    pub(super) shape: As,
    /// What ages are measured against.
    pub(super) now: Timestamp,
}

fn header(head: &Parts, name: ::http::HeaderName) -> String {
    let values = head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

pub(super) fn content_type(head: &Parts) -> String {
    header(head, CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// What Go clients send of Kubernetes' own kinds.
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
pub(super) const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

pub(super) fn unsupported() -> Failure {
    let message =
        format!("the body of the request was in an unknown format - accepted media types include: {MEDIA_TYPES}");
    Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
}

/// The patches that all kinds take.
pub(super) const PATCHES: [&str; 3] = ["application/apply-patch+yaml", JSON_PATCH, "application/merge-patch+json"];

/// The patches that Kubernetes' own kinds take besides.
pub(super) const STRATEGIC: &str = "application/strategic-merge-patch+json";

pub(super) fn patch_kind(head: &Parts, kind: &Kind) -> Result<PatchKind, Failure> {
    match content_type(head).as_str() {
        JSON_PATCH => Ok(PatchKind::Json),
        "application/merge-patch+json" => Ok(PatchKind::Merge),
        "application/apply-patch+yaml" => Ok(PatchKind::Apply),
        STRATEGIC if kind.is_typed() => Ok(PatchKind::Strategic),
        _ => {
            let mut types = vec![JSON_PATCH, "application/merge-patch+json"];
            types.extend(kind.is_typed().then_some(STRATEGIC));
            types.push("application/apply-patch+yaml");
            let types = types.join(", ");
            let message =
                format!("the body of the request was in an unknown format - accepted media types include: {types}");
            Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message))
        }
    }
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
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The form that the clause asks for; `None` for one that this server does not have.
    fn form(&self) -> Option<Form> {
        match (self.type_.as_str(), self.subtype.as_str()) {
            ("application", "json" | "*") | ("*", "*") => Some(Form::Json),
            ("application", "yaml") => Some(Form::Yaml),
            _ => None,
        }
    }

    /// Whether the clause asks for another representation than the object itself.
    fn transforms(&self) -> bool {
        ["as", "g", "v"].into_iter().any(|name| self.parameter(name).is_some())
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
    let accept = header(head, ACCEPT);
    let mut clauses: Vec<Clause> = Vec::new();
    for clause in accept.split(',').filter_map(Clause::parse) {
        let mut at = clauses.len();
        while at > 0 && clause.precedes(&clauses[at - 1]) {
            at -= 1;
        }
        clauses.insert(at, clause);
    }
    clauses
}

/// What is said of a request that accepts nothing that there is.
pub(super) fn not_acceptable() -> Failure {
    let message = format!("only the following media types are accepted: {MEDIA_TYPES}");
    Failure::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
}

/// Whether the router of Kubernetes' own kinds lets a request pass: it knows whole types and `*/*` alone.
///
/// Source: `matchesAccept` of go-restful.
pub(super) fn passes_the_router(head: &Parts) -> bool {
    let accept = head.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut types = accept.split(',').map(|clause| clause.split(';').next().unwrap_or_default().trim());
    accept.is_empty() || types.any(|type_| type_ == "*/*" || MEDIA_TYPES.split(", ").any(|known| known == type_))
}

/// Whether the first clause of `Accept` that can be answered asks for indented JSON.
pub(super) fn wants_indentation(head: &Parts) -> bool {
    let clauses = clauses(head);
    let answered = clauses.iter().find(|clause| clause.form().is_some());
    answered.is_some_and(|clause| clause.parameter("pretty") == Some("1"))
}

/// The form in which `Accept` asks for aggregated discovery, in the one version of it that there is.
///
/// Source: `apiserver/pkg/endpoints/discovery/aggregated/wrapper.go`.
pub(super) fn aggregated_discovery(head: &Parts) -> Option<Form> {
    let clauses = clauses(head);
    let mut asked =
        clauses.iter().filter(|clause| clause.asks_for("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2"));
    asked.find_map(Clause::form)
}

impl Form {
    /// The form of a failure: JSON where `Accept` asks for none that could be sent.
    ///
    /// Source: `WriteObjectNegotiated` of `apiserver/pkg/endpoints/handlers/responsewriters/writers.go`.
    pub(super) fn of(head: &Parts) -> Self {
        Form::accepted(head).unwrap_or(Form::Json)
    }

    /// The form of an answer that has one representation.
    ///
    /// # Errors
    /// If `Accept` asks for none that this server has.
    pub(super) fn accepted(head: &Parts) -> Result<Self, Failure> {
        if header(head, ACCEPT).trim().is_empty() {
            return Ok(Form::Json);
        }
        let clauses = clauses(head);
        let mut plain = clauses.iter().filter(|clause| !clause.transforms());
        plain.find_map(Clause::form).ok_or_else(not_acceptable)
    }
}

impl View {
    pub(super) fn of(head: &Parts, query: &Query, now: Timestamp) -> Result<Self, Failure> {
        if header(head, ACCEPT).trim().is_empty() {
            return Ok(View { form: Form::Json, shape: As::Object, now });
        }
        let include = match query.text("includeObject") {
            "None" => Include::None,
            "Object" => Include::Object,
            _ => Include::Metadata,
        };
        clauses(head).iter().find_map(|clause| clause_view(clause, include, now)).ok_or_else(not_acceptable)
    }

    /// How rows of a table are made.
    pub(super) fn rows(self, include: Include) -> Rows {
        Rows { include, now: self.now }
    }

    pub(super) fn is_plain(self) -> bool {
        self.form == Form::Json && self.shape == As::Object
    }
}

fn clause_view(clause: &Clause, include: Include, now: Timestamp) -> Option<View> {
    let form = clause.form()?;
    let of = |name: &str| clause.parameter(name);
    let shape = match (of("as"), of("g"), of("v")) {
        (None, _, _) => As::Object,
        (Some("Table"), Some("meta.k8s.io"), Some("v1" | "v1beta1")) => As::Table(include),
        (Some("PartialObjectMetadata"), Some("meta.k8s.io"), Some("v1")) => As::Metadata,
        (Some("PartialObjectMetadataList"), Some("meta.k8s.io"), Some("v1")) => As::MetadataList,
        _ => return None,
    };
    Some(View { form, shape, now })
}
