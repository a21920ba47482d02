//! What the answer to a write says about the written object.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// What a write has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The object has this version.
    Version { name: String, version: String },
    /// The object of this uid was deleted.
    Deleted { uid: String },
    /// Nothing.
    Nothing,
    /// The answer does not say it.
    Unknown,
}

#[derive(Deserialize)]
struct Answer<'j> {
    #[serde(borrow, default)]
    kind: Cow<'j, str>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    details: Details,
    items: Option<Vec<IgnoredAny>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: String,
    resource_version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    uid: String,
}

/// Returns the change that the answer to a request with this verb reports.
///
/// A deletion is answered with a `Status` that has the uid of the object, or with the object: with the version of its deletion,
/// or of its deletion timestamp if it has finalizers. Source: `k8s.io/apiserver/pkg/endpoints/handlers/delete.go`,
/// `pkg/registry/generic/registry/store.go` (`Delete`, `finalizeDelete`).
pub(super) fn change(verb: &str, body: &[u8]) -> Change {
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else { return Change::Unknown };
    match (verb, &*answer.kind) {
        ("deletecollection", _) if answer.items.is_some_and(|items| items.is_empty()) => Change::Nothing,
        ("delete", "Status") if !answer.details.uid.is_empty() => Change::Deleted { uid: answer.details.uid },
        ("deletecollection", _) | (_, "Status") => Change::Unknown,
        _ if answer.metadata.resource_version.is_empty() => Change::Unknown,
        _ => Change::Version { name: answer.metadata.name, version: answer.metadata.resource_version },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_has_a_version_or_the_uid_of_a_deleted_object() {
        let object = br#"{"kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"7"},"data":{"kind":"x"}}"#;
        let version = Change::Version { name: "a".to_owned(), version: "7".to_owned() };
        assert_eq!(change("create", object), version);
        assert_eq!(change("delete", object), version);
        let status = br#"{"kind":"Status","metadata":{},"status":"Success","details":{"name":"a","uid":"u-1"}}"#;
        assert_eq!(change("delete", status), Change::Deleted { uid: "u-1".to_owned() });
    }

    #[test]
    fn other_answers_do_not_say_what_changed() {
        let status = br#"{"kind":"Status","metadata":{},"status":"Success"}"#;
        for (verb, answer) in [("delete", &status[..]), ("create", status), ("patch", b"{}"), ("patch", b"none")] {
            assert_eq!(change(verb, answer), Change::Unknown, "{verb}");
        }
        let list = |items: &str| {
            format!(r#"{{"kind":"ConfigMapList","metadata":{{"resourceVersion":"9"}},"items":[{items}]}}"#)
        };
        assert_eq!(change("deletecollection", list("").as_bytes()), Change::Nothing);
        assert_eq!(change("deletecollection", list("{}").as_bytes()), Change::Unknown);
    }
}
