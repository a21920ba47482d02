//! The verbs of requests.

use ::http::Method;

use super::options::Query;
use super::route::ResourcePath;
use crate::kinds::Subresource;

/// The verb of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
    None,
}

impl Verb {
    /// Returns the verb of a method at a path.
    pub(super) fn of(method: &Method, path: &ResourcePath, query: &Query) -> Self {
        let is_collection = path.name.is_empty();
        match *method {
            Method::GET if path.is_watch => Verb::Watch,
            _ if path.is_watch => Verb::None,
            Method::GET | Method::HEAD if is_collection && query.is_watch() => Verb::Watch,
            Method::GET | Method::HEAD if is_collection => Verb::List,
            Method::GET | Method::HEAD => Verb::Get,
            Method::POST => Verb::Create,
            Method::PUT => Verb::Update,
            Method::PATCH => Verb::Patch,
            Method::DELETE if is_collection => Verb::DeleteCollection,
            Method::DELETE => Verb::Delete,
            _ => Verb::None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
            Verb::None => "",
        }
    }

    /// Whether a subresource supports the verb: a part of an object is read and updated only, others are created only.
    pub(super) fn is_supported_by(self, subresource: Subresource) -> bool {
        match subresource {
            Subresource::None => true,
            part if part.is_part() => matches!(self, Verb::Get | Verb::Update | Verb::Patch),
            _ => self == Verb::Create,
        }
    }
}
