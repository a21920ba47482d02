//! A request, parsed once.

use std::sync::Arc;

use ::http::Method;
use ::http::request::Parts;
use bytes::Bytes;

use super::attributes;
use super::media::{self, ContentType};
use super::negotiate::Accept;
use super::options::Query;
use super::route::{self, Route};
use super::verb::Verb;
use crate::action::Action;
use crate::auth::{Attributes, User};
use crate::json::depth::{self, MAX_LEVELS};

/// A request with its complete body.
pub(super) struct ApiRequest {
    pub(super) head: Parts,
    pub(super) body: Bytes,
    pub(super) query: Query,
    pub(super) route: Route,
    /// The verb of a request for a resource.
    pub(super) verb: Verb,
    pub(super) accept: Accept,
    pub(super) content_type: ContentType,
    /// The user who sent it.
    pub(super) user: Arc<User>,
}

impl ApiRequest {
    /// Parses the path, the query and the media types.
    pub(super) fn new(head: Parts, body: Bytes, user: Arc<User>) -> Self {
        let query = Query::parse(head.uri.query().unwrap_or_default());
        let route = route::parse(head.uri.path());
        let verb = match &route {
            Route::Resource(path) => Verb::of(&head.method, path, &query),
            _ => Verb::None,
        };
        let (accept, content_type) = (Accept::of(&head), ContentType::of(&head));
        ApiRequest { head, body, query, route, verb, accept, content_type, user }
    }

    /// Returns an upper bound of the nesting of all values that this request produces. The operations of a JSON patch
    /// insert values at the end of a path and copy values into each other.
    pub(super) fn levels(&self) -> usize {
        let type_ = self.content_type.media_type();
        if matches!(type_, media::YAML | media::APPLY_PATCH) {
            return depth::yaml_levels(&self.body).min(MAX_LEVELS);
        }
        let levels = depth::json_levels(&self.body).min(MAX_LEVELS);
        if self.head.method != Method::PATCH || type_ != media::JSON_PATCH {
            return levels;
        }
        let has = |operation: &[u8]| memchr::memmem::find(&self.body, operation).is_some();
        let path = memchr::memchr_iter(b'/', &self.body).count();
        if has(b"copy") || has(b"move") { 2 * MAX_LEVELS } else { (levels + path).min(2 * MAX_LEVELS) }
    }

    /// Returns what permissions depend on.
    pub(super) fn attributes(&self) -> Attributes {
        attributes::of(&self.head.method, self.head.uri.path(), &self.query)
    }

    /// Returns the request as tests see it.
    pub(super) fn action(&self) -> Action {
        let mut action = Action {
            path: self.head.uri.path().to_owned(),
            user: self.user.name().to_owned(),
            options: self.query.pairs().to_vec(),
            content_type: self.content_type.media_type().to_owned(),
            body: self.body.clone(),
            ..Action::default()
        };
        if let Route::Resource(path) = &self.route {
            self.verb.name().clone_into(&mut action.verb);
            action.group.clone_from(&path.group);
            action.version.clone_from(&path.version);
            action.resource.clone_from(&path.resource);
            action.subresource.clone_from(&path.subresource);
            action.namespace.clone_from(&path.namespace);
            action.name.clone_from(&path.name);
        }
        action
    }
}
