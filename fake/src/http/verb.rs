//! What requests want.

use ::http::Method;

use super::options::Query;
use super::route::Place;
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
    /// The verb of a method at a place.
    pub(super) fn of(method: &Method, place: &Place, query: &Query) -> Self {
        let whole = place.name.is_empty();
        match *method {
            Method::GET if place.is_watched => Verb::Watch,
            _ if place.is_watched => Verb::None,
            Method::GET | Method::HEAD if whole && query.is_watch() => Verb::Watch,
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
