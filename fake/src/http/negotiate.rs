//! Content negotiation: the representation that a request asks for.

use ::http::header::ACCEPT;
use ::http::request::Parts;

use super::media::{self, Media};
use super::verb::Verb;
use super::view::{Form, Rows, Shape, Version, View};
use crate::registry::Target;
use crate::status::Failure;

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

    /// Returns the encoding that the clause asks for, if it is supported for these objects.
    fn form_of(&self, has_protobuf: bool) -> Option<Form> {
        let is_protobuf = (self.type_.as_str(), self.subtype.as_str()) == ("application", "vnd.kubernetes.protobuf");
        if is_protobuf && has_protobuf { Some(Form::Protobuf) } else { self.form() }
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
            Some(requested) => requested == "watch" && matches!(self.form_of(true), Some(Form::Json | Form::Protobuf)),
        }
    }

    fn asks_for(&self, kind: &str, group: &str, version: &str) -> bool {
        let of = |name: &str| self.parameter(name).unwrap_or_default();
        (of("as"), of("g"), of("v")) == (kind, group, version)
    }
}

/// The parsed `Accept` header of a request.
pub(super) struct Accept {
    /// The first header, as Go reads it.
    header: String,
    /// The clauses in the order of preference.
    clauses: Vec<Clause>,
}

impl Accept {
    /// Parses the header.
    ///
    /// Source: `munnerz/goautoneg`. Its comparison is not a total order, so the clauses are sorted by insertion, as in
    /// Go.
    pub(super) fn of(head: &Parts) -> Self {
        let header = head.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut clauses: Vec<Clause> = Vec::new();
        for clause in header.split(',').filter_map(Clause::parse) {
            let mut at = clauses.len();
            while at > 0 && clause.precedes(&clauses[at - 1]) {
                at -= 1;
            }
            clauses.insert(at, clause);
        }
        Accept { header: header.to_owned(), clauses }
    }

    /// Whether the router of built-in kinds accepts a request: it only knows full types and `*/*`.
    ///
    /// Source: `emicklei/go-restful/route.go`, `matchesAccept`.
    pub(super) fn is_routed(&self) -> bool {
        self.names(&["*/*", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"])
    }

    /// Whether the router accepts a request for a document that only exists as JSON.
    pub(super) fn is_routed_to_json(&self) -> bool {
        self.names(&["*/*", "application/json"])
    }

    fn names(&self, known: &[&str]) -> bool {
        let mut types = self.header.split(',').map(|clause| clause.split(';').next().unwrap_or_default().trim());
        self.header.is_empty() || types.any(|type_| known.contains(&type_))
    }

    /// Whether the first supported clause asks for indented JSON.
    pub(super) fn wants_indentation(&self) -> bool {
        let answered = self.clauses.iter().find(|clause| clause.form().is_some());
        answered.is_some_and(|clause| clause.parameter("pretty") == Some("1"))
    }

    /// Returns the encoding in which the client asks for aggregated discovery in its supported version.
    ///
    /// Source: `apiserver/pkg/endpoints/discovery/aggregated/wrapper.go`.
    pub(super) fn aggregated_discovery(&self) -> Option<Form> {
        let mut asked =
            self.clauses.iter().filter(|clause| clause.asks_for("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2"));
        asked.find_map(Clause::form)
    }

    /// Whether the client asks for OpenAPI v2 in protobuf instead of JSON; `None` if it accepts neither.
    ///
    /// Source: `kube-openapi/pkg/handler/handler.go`.
    pub(super) fn openapi_v2(&self) -> Option<bool> {
        const PROTOBUF: [&str; 2] =
            ["com.github.proto-openapi.spec.v2@v1.0+protobuf", "com.github.proto-openapi.spec.v2.v1.0+protobuf"];
        if self.header.is_empty() {
            return Some(false);
        }
        let known = self.clauses.iter().filter(|clause| matches!(clause.type_.as_str(), "application" | "*"));
        let mut asked = known.filter_map(|clause| match clause.subtype.as_str() {
            "json" | "*" => Some(false),
            other => PROTOBUF.contains(&other).then_some(true),
        });
        asked.next()
    }

    /// Returns the encoding of an error response.
    pub(super) fn error_form(&self) -> Form {
        let mut plain = self.clauses.iter().filter(|clause| clause.is_plain());
        plain.find_map(|clause| clause.form_of(true)).unwrap_or(Form::Json)
    }

    /// Returns the encoding of a response with a single representation.
    ///
    /// # Errors
    /// Returns a 406 if the header names no supported encoding.
    pub(super) fn form(&self) -> Result<Form, Failure> {
        if self.header.is_empty() {
            return Ok(Form::Json);
        }
        let mut plain = self.clauses.iter().filter(|clause| !clause.transforms());
        plain.find_map(Clause::form).ok_or_else(|| media::not_acceptable(false, Media::Text))
    }

    /// Returns the representation of an object or a list.
    ///
    /// # Errors
    /// Returns a 406 if the header names no supported representation.
    pub(super) fn view(&self, target: &Target, verb: Verb, rows: Rows) -> Result<View, Failure> {
        let plain = View { form: Form::Json, shape: Shape::Object, version: Version::V1, rows };
        if self.header.is_empty() {
            return Ok(plain);
        }
        if target.kind.is_typed() && !self.is_routed() {
            let is_list = matches!(verb, Verb::List | Verb::Watch);
            return Err(media::not_acceptable_from_router(is_list, Media::of(target)));
        }
        let has_protobuf = media::accepts_protobuf(target);
        let view = self.clauses.iter().find_map(|clause| clause_view(clause, plain, has_protobuf));
        view.ok_or_else(|| media::not_acceptable(false, Media::of(target)))
    }
}

fn clause_view(clause: &Clause, plain: View, has_protobuf: bool) -> Option<View> {
    // Partial metadata has a protobuf encoding for all kinds, tables for none.
    let is_metadata = clause.parameter("as").is_some_and(|shape| shape.starts_with("PartialObjectMetadata"));
    let form = clause.form_of(if clause.transforms() { is_metadata } else { has_protobuf })?;
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
