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
pub(super) const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

pub(super) fn unsupported() -> Failure {
    let message =
        format!("the body of the request was in an unknown format - accepted media types include: {MEDIA_TYPES}");
    Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
}

/// The patches that all kinds take.
pub(super) const PATCHES: [&str; 3] =
    ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];

/// The patches that Kubernetes' own kinds take besides.
pub(super) const STRATEGIC: &str = "application/strategic-merge-patch+json";

pub(super) fn patch_kind(head: &Parts, kind: &Kind) -> Result<PatchKind, Failure> {
    match content_type(head).as_str() {
        "application/json-patch+json" => Ok(PatchKind::Json),
        "application/merge-patch+json" => Ok(PatchKind::Merge),
        "application/apply-patch+yaml" => Ok(PatchKind::Apply),
        STRATEGIC if kind.is_typed() => Ok(PatchKind::Strategic),
        _ => {
            let mut types = vec!["application/json-patch+json", "application/merge-patch+json"];
            types.extend(kind.is_typed().then_some(STRATEGIC));
            types.push("application/apply-patch+yaml");
            let types = types.join(", ");
            let message =
                format!("the body of the request was in an unknown format - accepted media types include: {types}");
            Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message))
        }
    }
}

impl Form {
    pub(super) fn of(head: &Parts) -> Self {
        let accept = header(head, ACCEPT);
        let first = accept.split(',').map(|clause| clause.split(';').next().unwrap_or_default().trim());
        let known = first.into_iter().find(|type_| matches!(*type_, "application/json" | "application/yaml" | "*/*"));
        if known == Some("application/yaml") { Form::Yaml } else { Form::Json }
    }
}

impl View {
    pub(super) fn of(head: &Parts, query: &Query, now: Timestamp) -> Result<Self, Failure> {
        let accept = header(head, ACCEPT);
        if accept.trim().is_empty() {
            return Ok(View { form: Form::Json, shape: As::Object, now });
        }
        let include = match query.text("includeObject") {
            "None" => Include::None,
            "Object" => Include::Object,
            _ => Include::Metadata,
        };
        accept.split(',').find_map(|clause| clause_view(clause, include, now)).ok_or_else(|| {
            let message = format!("only the following media types are accepted: {MEDIA_TYPES}");
            Failure::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
        })
    }

    /// How rows of a table are made.
    pub(super) fn rows(self, include: Include) -> Rows {
        Rows { include, now: self.now }
    }

    pub(super) fn is_plain(self) -> bool {
        self.form == Form::Json && self.shape == As::Object
    }
}

fn clause_view(clause: &str, include: Include, now: Timestamp) -> Option<View> {
    let mut parts = clause.split(';').map(str::trim);
    let form = match parts.next()? {
        "application/json" | "*/*" | "application/*" => Form::Json,
        "application/yaml" => Form::Yaml,
        _ => return None,
    };
    let parameter = |name: &str| {
        let mut found = clause.split(';').filter_map(|part| part.trim().split_once('='));
        found.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
    };
    let shape = match (parameter("as").as_deref(), parameter("g").as_deref(), parameter("v").as_deref()) {
        (None, _, _) => As::Object,
        (Some("Table"), Some("meta.k8s.io"), Some("v1" | "v1beta1")) => As::Table(include),
        (Some("PartialObjectMetadata"), Some("meta.k8s.io"), Some("v1")) => As::Metadata,
        (Some("PartialObjectMetadataList"), Some("meta.k8s.io"), Some("v1")) => As::MetadataList,
        _ => return None,
    };
    Some(View { form, shape, now })
}
