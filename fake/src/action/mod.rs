//! Requests as tests see them: matchers, recordings, and reactions to them.

mod calls;
mod effect;
mod permissions;
mod reaction;
mod recording;
mod rules;

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

pub use self::calls::Calls;
pub use self::reaction::Reaction;
pub use self::recording::Recording;
pub(crate) use self::recording::Recordings;
pub use self::rules::Reactor;
pub(crate) use self::rules::{Decision, Outcome, Rules};

/// A request for a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`; else empty.
    pub verb: String,
    /// The group; empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The plural; empty if the path is not that of a resource.
    pub resource: String,
    /// `status`, `scale`; else empty.
    pub subresource: String,
    /// The namespace; empty for requests to all namespaces and for cluster-scoped resources.
    pub namespace: String,
    /// The object's name in the path; empty for `create`, lists and the like.
    pub name: String,
    /// The path.
    pub path: String,
    /// The name of the user of the request.
    pub user: String,
    /// The decoded query parameters in order: `fieldManager`, `labelSelector` and others.
    pub options: Vec<(String, String)>,
    /// The media type of the body; for a patch, it determines the patch type.
    pub content_type: String,
    /// The body as sent.
    pub body: Bytes,
}

impl Action {
    /// Returns a query parameter.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the resource as RBAC rules name it: `pods`, `pods/status`.
    pub fn resource_path(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    /// Whether the request only reads.
    pub fn is_read(&self) -> bool {
        matches!(self.verb.as_str(), "get" | "list" | "watch" | "")
    }
}

/// `update gatewayconfigs/status default/one`
impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.resource.is_empty() {
            return write!(out, "{} {}", self.verb, self.path);
        }
        write!(out, "{} {}", self.verb, self.resource_path())?;
        match (self.namespace.as_str(), self.name.as_str()) {
            ("", "") => Ok(()),
            ("", name) => write!(out, " {name}"),
            (namespace, "") => write!(out, " {namespace}/"),
            (namespace, name) => write!(out, " {namespace}/{name}"),
        }
    }
}
