//! Requests as tests see them, and which of them are meant.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

/// A request for a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`; otherwise empty.
    pub verb: String,
    /// The group; empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The plural; empty for paths that are not a resource.
    pub resource: String,
    /// `status` or `scale`; otherwise empty.
    pub subresource: String,
    /// The namespace; empty for all namespaces and for cluster-scoped resources.
    pub namespace: String,
    /// The object's name in the path; empty for `create`, lists and the like.
    pub name: String,
    /// The path.
    pub path: String,
    /// The query, decoded, in its order: `fieldManager`, `labelSelector` and others.
    pub options: Vec<(String, String)>,
    /// The media type of the body; for a patch, it selects the kind of patch.
    pub content_type: String,
    /// The body as it was sent.
    pub body: Bytes,
}

impl Action {
    /// An option of the query.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The resource as roles name it: `pods`, `pods/status`.
    pub fn resource_path(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    /// Whether the filter has only fields, no closure.
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

/// A filter of requests: those that match every condition.
#[derive(Clone, Default)]
pub struct Calls {
    verb: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    test: Option<Arc<Test>>,
}

impl Calls {
    /// All requests.
    pub fn all() -> Self {
        Calls::default()
    }

    /// Requests for a resource, in the words of roles: `*` is each verb; `pods` is the resource alone, `pods/status` its
    /// subresource, `*` everything.
    pub fn to(verb: impl Into<String>, resource: impl Into<String>) -> Self {
        let wanted = |word: String| Some(word).filter(|word| word != "*");
        Calls { verb: wanted(verb.into()), resource: wanted(resource.into()), ..Calls::default() }
    }

    /// In a namespace.
    pub fn in_namespace(self, namespace: impl Into<String>) -> Self {
        Calls { namespace: Some(namespace.into()), ..self }
    }

    /// For an object with this name in the path.
    pub fn named(self, name: impl Into<String>) -> Self {
        Calls { name: Some(name.into()), ..self }
    }

    /// Requests for which a closure returns true.
    pub fn that(self, test: impl Fn(&Action) -> bool + Send + Sync + 'static) -> Self {
        Calls { test: Some(Arc::new(test)), ..self }
    }

    /// Whether a request is one of them.
    pub fn include(&self, action: &Action) -> bool {
        let fits = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        fits(&self.verb, &action.verb)
            && self.resource.as_ref().is_none_or(|wanted| *wanted == action.resource_path())
            && fits(&self.namespace, &action.namespace)
            && fits(&self.name, &action.name)
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
