//! Unprocessed responses.

use std::collections::BTreeMap;

use serde_json::Value;

/// An unprocessed response.
pub(crate) struct Raw {
    pub(crate) code: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Headers that are compared.
const HEADERS: [&str; 4] = ["content-type", "retry-after", "vary", "allow"];

impl Raw {
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &str> {
        self.headers.get_all("warning").iter().filter_map(|warning| warning.to_str().ok())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the headers to compare, and whether the body is indented.
    pub(crate) fn compared_headers(&self) -> BTreeMap<&'static str, String> {
        let found = HEADERS.into_iter().filter_map(|name| Some((name, self.header(name)?.to_owned())));
        let mut headers: BTreeMap<_, _> = found.collect();
        if self.header("etag").is_some() {
            headers.insert("etag", "a tag".to_owned());
        }
        if self.body.starts_with(b"{\n ") {
            headers.insert("indented", "yes".to_owned());
        }
        headers
    }

    /// Returns the events of a watch.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
    }

    fn is_of_type(&self, type_: &str) -> bool {
        self.header("content-type").is_some_and(|found| found.starts_with(type_))
    }

    /// Returns the body, decoded from JSON or YAML if possible.
    pub(crate) fn value(&self) -> Value {
        if let Ok(value) = serde_json::from_slice(&self.body) {
            return value;
        }
        if self.is_of_type("application/yaml") {
            return from_yaml(&self.body);
        }
        if self.is_of_type("application/vnd.kubernetes.protobuf") {
            return "binary".into();
        }
        Value::String(String::from_utf8_lossy(&self.body).trim_end().to_owned())
    }

    /// Whether the body is a possibly empty sequence of watch events.
    pub(crate) fn is_events(&self, is_watch: bool) -> bool {
        let is_one = || serde_json::from_slice::<Value>(&self.body).map_or(true, |one| one.get("object").is_some());
        is_watch && self.code == 200 && !self.is_of_type("application/yaml") && is_one()
    }
}

/// Decodes a body in YAML.
fn from_yaml(body: &[u8]) -> Value {
    let documents = kube_structural_schema::yaml::parse(body).unwrap_or_default();
    documents.first().map(kube_structural_schema::yaml::Node::to_json).unwrap_or_default()
}
