//! Scripts of requests that are sent to both servers.

use serde::{Deserialize, Serialize};

/// A request. Texts contain placeholders that each endpoint replaces, such as `<<uid:configmaps/ns0/a>>`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Step {
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) query: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accept: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    /// Headers other than `Content-Type` and `Accept`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<(String, String)>,
    /// Whether each character of the body is sent as one byte, which allows invalid UTF-8.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_bytes: bool,
    /// Namespace that the step deletes; this program completes the deletion if no controller does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finalizes: Option<String>,
    /// Definition that the step changes; the program waits until the change is effective.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settles: Option<String>,
    /// Whether only the status codes of errors are compared, because their messages differ.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_code: bool,
}

/// A sequence of requests with concurrent watches.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Script {
    /// Watches that are open while the steps are sent. Their events are compared at the end, as are those of watches from the
    /// same version that start afterwards.
    pub(crate) watched: Vec<Step>,
    pub(crate) steps: Vec<Step>,
    /// Definitions that the script creates and that are removed at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) definitions: Vec<String>,
}

impl Step {
    pub(crate) fn new(method: &str, path: impl Into<String>) -> Self {
        Step { method: method.to_owned(), path: path.into(), ..Step::default() }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Step::new("GET", path)
    }

    pub(crate) fn has(&self, parameter: &str) -> bool {
        self.query.iter().any(|(name, _)| name == parameter)
    }

    /// Whether the response may be from the server's cache.
    pub(crate) fn may_be_stale(&self) -> bool {
        self.method == "GET" && self.query.iter().any(|(name, value)| name == "resourceVersion" && value == "0")
    }

    pub(crate) fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<String>) -> Self {
        Step { content_type: Some(content_type.to_owned()), body: Some(body.into()), ..self }
    }
}

/// Formats a request in one line.
impl std::fmt::Display for Step {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.method, self.path)?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            write!(out, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        if let Some(type_) = &self.content_type {
            write!(out, " [{type_}]")?;
        }
        if let Some(accept) = &self.accept {
            write!(out, " accept: {accept}")?;
        }
        for (name, value) in &self.headers {
            write!(out, " {name}: {value}")?;
        }
        if let Some(body) = &self.body {
            write!(out, " {body}")?;
        }
        Ok(())
    }
}
