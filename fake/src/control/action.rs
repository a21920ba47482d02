//! Requests as tests see them, and matchers for them.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

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

type Test = dyn Fn(&Action) -> bool + Send + Sync;

/// A matcher for requests. A request matches if it satisfies all conditions.
#[derive(Clone, Default)]
pub struct Calls {
    verb: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    test: Option<Arc<Test>>,
}

impl Calls {
    /// Matches all requests.
    pub fn all() -> Self {
        Calls::default()
    }

    /// Matches requests by verb and resource, as in RBAC rules. The verb `*` matches every verb. `pods` matches the
    /// resource without its subresources, `pods/status` a subresource, `*` everything.
    pub fn to(verb: impl Into<String>, resource: impl Into<String>) -> Self {
        let expected = |word: String| Some(word).filter(|word| word != "*");
        Calls { verb: expected(verb.into()), resource: expected(resource.into()), ..Calls::default() }
    }

    /// Restricts the matcher to a namespace.
    pub fn in_namespace(self, namespace: impl Into<String>) -> Self {
        Calls { namespace: Some(namespace.into()), ..self }
    }

    /// Restricts the matcher to an object name in the path.
    pub fn named(self, name: impl Into<String>) -> Self {
        Calls { name: Some(name.into()), ..self }
    }

    /// Restricts the matcher to requests for which `test` returns true.
    pub fn matching(self, test: impl Fn(&Action) -> bool + Send + Sync + 'static) -> Self {
        Calls { test: Some(Arc::new(test)), ..self }
    }

    /// Whether a request matches.
    pub fn matches(&self, action: &Action) -> bool {
        let matches =
            |expected: &Option<String>, found: &str| expected.as_ref().is_none_or(|expected| expected == found);
        matches(&self.verb, &action.verb)
            && self.resource.as_ref().is_none_or(|expected| *expected == action.resource_path())
            && matches(&self.namespace, &action.namespace)
            && matches(&self.name, &action.name)
            && self.test.as_ref().is_none_or(|test| test(action))
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Calls")
            .field("verb", &self.verb)
            .field("resource", &self.resource)
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
