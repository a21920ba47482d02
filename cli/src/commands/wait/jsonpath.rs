//! `--for=jsonpath='{.path}'=value`
//!
//! Source: `kubectl/pkg/cmd/wait/wait.go` and `json.go`, `kubectl/pkg/cmd/get/customcolumn.go`.

use std::fmt;

use kube_client_runtime::client::wait::Verdict;
use kube_structural_schema::jsonpath::JsonPath;
use kube_structural_schema::object::go;
use serde_json::Value;

/// A value in an object to wait for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonPathGoal {
    /// The path with its braces.
    text: String,
    path: JsonPath,
    /// The expected value; `None` for any.
    value: Option<String>,
}

impl JsonPathGoal {
    /// Parses what follows `jsonpath=`.
    pub(crate) fn parse(input: &str) -> Result<Self, String> {
        let parts = split(input);
        let (path, value) = match parts.as_slice() {
            [path] => (path, None),
            [path, value] => (path, Some(value.trim_matches(['\'', '"']))),
            _ => {
                let message = "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or \
                               --for=jsonpath='{.status.readyReplicas}'";
                return Err(message.to_owned());
            }
        };
        let path = relaxed(path)?;
        if value == Some("") {
            let message = "jsonpath wait has to have a value after equal sign, like \
                           --for=jsonpath='{.status.readyReplicas}'=3";
            return Err(message.to_owned());
        }
        let parsed = JsonPath::parse(&path).map_err(|error| error.to_string())?;
        Ok(JsonPathGoal { text: format!("{{{path}}}"), path: parsed, value: value.map(str::to_owned) })
    }

    /// Checks an object.
    pub(crate) fn check(&self, object: &Value) -> Verdict {
        let found = match self.path.find(object) {
            Ok(found) => found,
            Err(error) => return Verdict::Failed(error.to_string()),
        };
        let found = match found.as_slice() {
            [] => return Verdict::Pending,
            [found] => *found,
            _ => return Verdict::Failed("given jsonpath expression matches more than one value".to_owned()),
        };
        let Some(expected) = &self.value else { return Verdict::Met };
        if found.is_array() || found.is_object() {
            let message = "jsonpath leads to a nested object or list which is not supported";
            return Verdict::Failed(message.to_owned());
        }
        if go::plain(found).trim() == expected.trim() { Verdict::Met } else { Verdict::Pending }
    }

    /// Returns what an object has at the path.
    pub(crate) fn explain(&self, object: &Value) -> String {
        match self.path.find(object).unwrap_or_default().first() {
            None => format!("the object has no {}", self.text),
            Some(found) => format!("{} of the object is {}", self.text, go::plain(found)),
        }
    }
}

/// Completes the sentence "wait until …".
impl fmt::Display for JsonPathGoal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => write!(out, "{} exists", self.text),
            Some(value) => write!(out, "{} is {value}", self.text),
        }
    }
}

/// Splits a text at each `=`. Two of them are a comparison of the path.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let part = if rest.starts_with("==") { "==" } else { &rest[..letter.len_utf8()] };
        rest = &rest[part.len()..];
        match (part, parts.last_mut()) {
            ("=", _) => parts.push(String::new()),
            (part, last) => last.into_iter().for_each(|last| last.push_str(part)),
        }
    }
    parts
}

/// Returns the path of `{.a}`, `{a}`, `.a` or `a`: `.a`.
fn relaxed(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("jsonpath expression cannot be empty".to_owned());
    }
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    if inner.is_empty() || inner.contains(['{', '}']) {
        let message = "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
                       '{.name1.name2}'";
        return Err(message.to_owned());
    }
    // A dot alone is a name.
    let name = inner.strip_prefix('.').filter(|name| !name.is_empty()).unwrap_or(inner);
    Ok(format!(".{name}"))
}

#[cfg(test)]
mod tests {
    use kube_client_runtime::client::wait::Verdict;
    use serde_json::json;

    use super::{JsonPathGoal, split};

    #[test]
    fn texts_are_split_as_kubectl_does() {
        assert_eq!(split("a.b.c====d.e.f===g.h.i==="), ["a.b.c====d.e.f==", "g.h.i==", ""]);
        assert_eq!(split("{.a}=ü"), ["{.a}", "ü"]);
    }

    #[test]
    fn objects_are_checked_as_kubectl_does() {
        let object = json!({
            "metadata": {"labels": {"example.com/team": "search"}},
            "spec": {"on": true, "n": 3, "text": " a ", "null": null},
            "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Synced", "status": "False"}]},
        });
        let failed = |message: &str| Verdict::Failed(message.to_owned());
        let nested = failed("jsonpath leads to a nested object or list which is not supported");
        for (text, expected) in [
            ("{.spec.n}=3", Verdict::Met),
            (".spec.n=3", Verdict::Met),
            ("spec.n=3", Verdict::Met),
            ("{spec.n}='3'", Verdict::Met),
            ("{.spec.n}=\"4\"", Verdict::Pending),
            ("{.spec.on}=true", Verdict::Met),
            ("{.spec.text}=a", Verdict::Met),
            ("{.spec.null}=<nil>", Verdict::Met),
            ("{.spec.null}", Verdict::Met),
            ("{.spec.missing}", Verdict::Pending),
            ("{.spec.missing}=3", Verdict::Pending),
            ("{.spec}", Verdict::Met),
            ("{.spec}=3", nested.clone()),
            ("{.status.conditions}=3", nested),
            (r"{.metadata.labels.example\.com/team}=search", Verdict::Met),
            (r#"{.status.conditions[?(@.type=="Ready")].status}=True"#, Verdict::Met),
            (r#"{.status.conditions[?(@.type=="Synced")].status}=True"#, Verdict::Pending),
            ("{.status.conditions[0].status}=True", Verdict::Met),
            ("{.status.conditions[2].status}=True", failed("array index out of bounds: index 2, length 2")),
            ("{.status.conditions[*].status}=True", failed("given jsonpath expression matches more than one value")),
        ] {
            assert_eq!(JsonPathGoal::parse(text).unwrap().check(&object), expected, "{text}");
        }
    }

    #[test]
    fn errors_have_the_messages_of_kubectl() {
        for (text, message) in [
            ("", "jsonpath expression cannot be empty"),
            (
                "{.a}=",
                "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
            ),
            (
                "{.a}=b=c",
                "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or \
                 --for=jsonpath='{.status.readyReplicas}'",
            ),
            (
                "{.a}{.b}",
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
                 '{.name1.name2}'",
            ),
            ("{.a[0}", "unterminated array"),
            ("{.a[x]}", "invalid array index x"),
        ] {
            assert_eq!(JsonPathGoal::parse(text).unwrap_err(), message, "{text}");
        }
    }
}
