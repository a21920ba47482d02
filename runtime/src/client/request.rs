//! Construction of requests: path, query and body.

use http::{Method, Request, header};
use kube::Resource;
use serde::Serialize;

use super::options::{
    FieldValidation, GetOptions, ListOptions, PatchOptions, VersionMatch, WatchOptions, WriteOptions,
};
use super::scope::ResourceClient;
use super::shard::ShardSelector;
use super::{Action, Error};

/// A builder of query strings.
pub(crate) struct Query(form_urlencoded::Serializer<'static, String>);

impl Query {
    pub(super) fn new() -> Self {
        Query(form_urlencoded::Serializer::new(String::new()))
    }

    fn text(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.0.append_pair(name, value);
        }
        self
    }

    fn number(self, name: &str, value: Option<u32>) -> Self {
        let value = value.map(|value| value.to_string());
        self.text(name, value.as_deref())
    }

    fn shard(self, shard: Option<&ShardSelector>) -> Self {
        let shard = shard.map(ToString::to_string);
        self.text("shardSelector", shard.as_deref())
    }

    fn flag(self, name: &str, value: bool) -> Self {
        self.text(name, value.then_some("true"))
    }

    fn dry_run(self, value: bool) -> Self {
        self.text("dryRun", value.then_some("All"))
    }

    fn validation(self, value: Option<FieldValidation>) -> Self {
        let value = value.map(|value| match value {
            FieldValidation::Ignore => "Ignore",
            FieldValidation::Warn => "Warn",
            FieldValidation::Strict => "Strict",
        });
        self.text("fieldValidation", value)
    }

    pub(super) fn get(options: &GetOptions) -> Self {
        Query::new().text("resourceVersion", options.resource_version.as_deref())
    }

    pub(super) fn write(options: &WriteOptions, manager: Option<&str>) -> Self {
        Query::new()
            .dry_run(options.dry_run)
            .text("fieldManager", options.field_manager.as_deref().or(manager))
            .validation(options.field_validation)
    }

    pub(super) fn patch(options: &PatchOptions, manager: Option<&str>) -> Self {
        let query = Query::new().dry_run(options.dry_run).flag("force", options.force);
        query.text("fieldManager", options.field_manager.as_deref().or(manager)).validation(options.field_validation)
    }

    pub(crate) fn list(options: &ListOptions) -> Self {
        let version_match = options.version_match.map(|version_match| match version_match {
            VersionMatch::Exact => "Exact",
            VersionMatch::NotOlderThan => "NotOlderThan",
        });
        Query::new()
            .text("labelSelector", options.label_selector.as_deref())
            .text("fieldSelector", options.field_selector.as_deref())
            .shard(options.shard_selector.as_ref())
            .number("limit", options.limit)
            .text("continue", options.continue_token.as_deref())
            .text("resourceVersion", options.resource_version.as_deref())
            .text("resourceVersionMatch", version_match)
            .number("timeoutSeconds", options.timeout_seconds)
    }

    pub(crate) fn watch(options: &WatchOptions) -> Self {
        Query::new()
            .flag("watch", true)
            .text("labelSelector", options.label_selector.as_deref())
            .text("fieldSelector", options.field_selector.as_deref())
            .shard(options.shard_selector.as_ref())
            .text("resourceVersion", options.resource_version.as_deref())
            .flag("allowWatchBookmarks", !options.no_bookmarks)
            .flag("sendInitialEvents", options.send_initial_events)
            // The server requires it with sendInitialEvents and rejects it otherwise.
            .text("resourceVersionMatch", options.send_initial_events.then_some("NotOlderThan"))
            .number("timeoutSeconds", options.timeout_seconds)
    }
}

impl<K: Resource, S> ResourceClient<K, S> {
    /// Returns the action of a request.
    pub(crate) fn action(&self, verb: &'static str, name: Option<&str>) -> Action {
        Action {
            verb,
            kind: K::kind(&self.kind).into_owned(),
            namespace: self.namespace.clone(),
            name: name.map(str::to_owned),
        }
    }

    /// Starts a request to the collection, to an object, or to a subresource.
    pub(crate) fn request(
        &self,
        method: Method,
        action: &Action,
        subresource: Option<&str>,
        query: Query,
    ) -> Result<http::request::Builder, Error> {
        self.request_to(method, action.verb, action.name.as_deref(), subresource, query)
    }

    /// [`request`](Self::request) that needs an [`Action`] only for an error.
    pub(super) fn request_to(
        &self,
        method: Method,
        verb: &'static str,
        name: Option<&str>,
        subresource: Option<&str>,
        query: Query,
    ) -> Result<http::request::Builder, Error> {
        let invalid = |message: &str| self.action(verb, name).invalid(message);
        if self.namespace.as_deref() == Some("") {
            return Err(invalid("the namespace is empty: pass a namespace, or use the client for all namespaces"));
        }
        let mut query = query.0;
        let query = query.finish();
        let parts = [name, subresource].into_iter().flatten();
        let separated = parts.clone().chain([&*query].into_iter().filter(|query| !query.is_empty()));
        // With its exact length, the text becomes a URI without a copy.
        let length = self.path.len() + separated.map(|part| part.len() + 1).sum::<usize>();
        let mut uri = String::with_capacity(length);
        uri.push_str(&self.path);
        for part in parts {
            if part.is_empty() || part == "." || part == ".." || part.contains(['/', '%', '?', '#']) {
                return Err(invalid(&format!("{part:?} is not a valid object name")));
            }
            uri.push('/');
            uri.push_str(part);
        }
        if !query.is_empty() {
            uri.push('?');
            uri.push_str(&query);
        }
        let request = Request::builder().method(method).uri(uri);
        Ok(match accepted::<K>(verb) {
            Some(accepted) => request.header(header::ACCEPT, accepted),
            None => request,
        })
    }
}

/// Returns the media types of a response, if they are not JSON, which API servers send without the header. Metadata-only kinds
/// are requested as such.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches>,
/// `k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go` (`NegotiateMediaTypeOptions`)
fn accepted<K: Resource>(verb: &str) -> Option<&'static str> {
    K::metadata_api().then_some(match verb {
        "list" | "delete all" => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        _ => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    })
}

/// Completes a request with a JSON body.
pub(super) fn with_body(
    builder: http::request::Builder,
    content_type: &'static str,
    body: &impl Serialize,
    action: &Action,
) -> Result<Request<Vec<u8>>, Error> {
    let body = serde_json::to_vec(body).map_err(|source| action.encode(source))?;
    builder.header(header::CONTENT_TYPE, content_type).body(body).map_err(|source| action.build(&source))
}

/// Completes a request without a body.
pub(super) fn without_body(builder: http::request::Builder, action: &Action) -> Result<Request<Vec<u8>>, Error> {
    builder.body(Vec::new()).map_err(|source| action.build(&source))
}
