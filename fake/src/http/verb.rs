//! What requests want.

use ::http::Method;

use super::options::Query;
use crate::registry::Subresource;

/// What a request wants.
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
    /// `whole`: the path names no object.
    pub(super) fn of(method: &Method, whole: bool, query: &Query) -> Self {
        match *method {
            Method::GET | Method::HEAD if query.is_watch() => Verb::Watch,
            Method::GET | Method::HEAD if whole => Verb::List,
            Method::GET | Method::HEAD => Verb::Get,
            Method::POST => Verb::Create,
            Method::PUT => Verb::Update,
            Method::PATCH => Verb::Patch,
            Method::DELETE if whole => Verb::DeleteCollection,
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

    /// Subresources are read and changed, and nothing else.
    pub(super) fn is_of(self, subresource: Subresource) -> bool {
        subresource == Subresource::None || matches!(self, Verb::Get | Verb::Update | Verb::Patch)
    }
}
