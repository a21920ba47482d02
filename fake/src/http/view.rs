//! The representation of a response.

use jiff::Timestamp;

use super::media::{self, Media};
use crate::status::Failure;

/// The encoding of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Yaml,
    Protobuf,
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

/// The part of an object that a row contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Include {
    None,
    Metadata,
    Object,
}

/// Options of the rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    pub(super) include: Include,
    /// The time that ages are relative to.
    pub(super) now: Timestamp,
}

impl View {
    /// Returns the view of a stream; YAML has none.
    pub(super) fn of_stream(self, media: Media) -> Result<Self, Failure> {
        if self.form == Form::Yaml { Err(media::not_acceptable(true, media)) } else { Ok(self) }
    }

    pub(super) fn is_plain(self) -> bool {
        self.form == Form::Json && self.shape == Shape::Object
    }
}
