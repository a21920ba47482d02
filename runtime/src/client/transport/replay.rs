//! Whether an update whose answer was lost was executed.

use bytes::Bytes;
use futures::FutureExt;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;
use tokio::time::Instant;

use super::timeout::Progress;
use super::{Mode, Transport};

/// What reading the object says about an update.
pub(super) enum Reread {
    /// The object still has the version that the update replaces.
    NotExecuted,
    /// The object has the content of the update; the response contains it.
    Executed(Response<Body>),
    /// Another client modified the object since, or it cannot be read.
    Unknown,
}

/// Returns the bytes of a request's body, if it is not a stream.
pub(super) fn bytes(request: &Request<Body>) -> Option<Bytes> {
    // The body is in memory, so that it is collected at once.
    request.body().try_clone()?.collect().now_or_never()?.ok().map(http_body_util::Collected::to_bytes)
}

/// Returns the resource version that an update replaces, with the object.
fn replacement(request: &Request<Body>) -> Option<(String, Value)> {
    let object: Value = serde_json::from_slice(&bytes(request)?).ok()?;
    let version = object.pointer("/metadata/resourceVersion")?.as_str()?.to_owned();
    Some((version, object)).filter(|(version, _)| !version.is_empty())
}

/// Returns the resource version that an update replaces.
pub(super) fn replaced_version(request: &Request<Body>) -> Option<String> {
    replacement(request).map(|(version, _)| version)
}

/// An update whose answer was lost.
pub(super) struct LostUpdate {
    read: Request<Body>,
    version: String,
    wanted: Value,
    is_status: bool,
}

impl LostUpdate {
    /// Returns `None` if the request is not an update that names the version that it replaces.
    pub(super) fn of(update: &Request<Body>) -> Option<Self> {
        let (version, wanted) = replacement(update)?;
        let mut read = Request::new(Body::empty());
        *read.method_mut() = Method::GET;
        *read.uri_mut() = update.uri().path().parse().ok()?;
        *read.headers_mut() = update.headers().clone();
        read.headers_mut().remove(header::CONTENT_TYPE);
        Some(LostUpdate { read, version, wanted, is_status: update.uri().path().ends_with("/status") })
    }

    /// Reads the object and compares it.
    pub(super) async fn reread(
        mut self,
        transport: &Transport,
        deadline: Option<Instant>,
        progress: &Progress,
    ) -> Reread {
        let read = Box::pin(transport.attempts(&mut self.read, Mode::Whole, deadline, progress, Instant::now()));
        let response = match read.await {
            Ok(response) if response.status() == StatusCode::OK => response,
            Ok(_) | Err(_) => return Reread::Unknown,
        };
        let Ok(bytes) = response.into_body().collect_bytes().await else { return Reread::Unknown };
        let Ok(current) = serde_json::from_slice::<Value>(&bytes) else { return Reread::Unknown };
        if current.pointer("/metadata/resourceVersion").and_then(Value::as_str) == Some(&self.version) {
            return Reread::NotExecuted;
        }
        if same_content(&self.wanted, &current, self.is_status) {
            return Reread::Executed(Response::new(Body::from(bytes)));
        }
        Reread::Unknown
    }
}

/// The fields of `metadata` that the API server sets.
const SET_BY_SERVER: [&str; 4] = ["resourceVersion", "managedFields", "generation", "selfLink"];

/// Returns whether an object has all that an update wanted. An update of the status changes nothing else; any other may be of
/// a kind whose status is a subresource, so that its status has no effect.
fn same_content(wanted: &Value, current: &Value, is_status: bool) -> bool {
    let (Some(wanted), Some(current)) = (wanted.as_object(), current.as_object()) else { return false };
    wanted.iter().all(|(field, value)| match field.as_str() {
        "status" if is_status => current.get(field).is_some_and(|current| contains(current, value)),
        "status" => true,
        _ if is_status => true,
        "metadata" => {
            let fields = value.as_object().into_iter().flatten();
            let mut fields = fields.filter(|(field, _)| !SET_BY_SERVER.contains(&field.as_str()));
            fields.all(|(name, value)| current.get(field).and_then(|meta| meta.get(name)) == Some(value))
        }
        _ => current.get(field).is_some_and(|current| contains(current, value)),
    })
}

/// Returns whether a value has all that is wanted: the API server adds defaults to objects.
fn contains(current: &Value, wanted: &Value) -> bool {
    let mut pending = vec![(current, wanted)];
    while let Some((current, wanted)) = pending.pop() {
        match (current, wanted) {
            (Value::Object(current), Value::Object(wanted)) => {
                for (field, value) in wanted {
                    match current.get(field) {
                        Some(current) => pending.push((current, value)),
                        None if value.is_null() => {}
                        None => return false,
                    }
                }
            }
            (Value::Array(current), Value::Array(wanted)) if current.len() == wanted.len() => {
                pending.extend(current.iter().zip(wanted));
            }
            _ if current == wanted => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn update_is_found_in_the_object_with_defaults_and_a_new_version() {
        let wanted =
            json!({"metadata": {"name": "a", "resourceVersion": "1"}, "spec": {"x": 1}, "status": {"old": true}});
        let stored = json!({"metadata": {"name": "a", "resourceVersion": "2", "uid": "u"}, "spec": {"x": 1, "y": 2}});
        assert!(same_content(&wanted, &stored, false));
        let other = json!({"metadata": {"name": "a", "resourceVersion": "3"}, "spec": {"x": 2}});
        assert!(!same_content(&wanted, &other, false));
    }

    #[test]
    fn removed_label_is_a_difference_only_if_it_was_wanted() {
        let wanted = json!({"metadata": {"labels": {"a": "1"}}});
        assert!(!same_content(&wanted, &json!({"metadata": {"labels": {}}}), false));
        assert!(!same_content(&wanted, &json!({"metadata": {"labels": {"a": "1", "b": "2"}}}), false));
        assert!(same_content(&wanted, &json!({"metadata": {"labels": {"a": "1"}}}), false));
    }

    #[test]
    fn update_of_the_status_compares_the_status_alone() {
        let wanted = json!({"metadata": {"labels": {"a": "1"}}, "spec": {"x": 1}, "status": {"ready": true}});
        assert!(same_content(&wanted, &json!({"metadata": {}, "spec": {"x": 2}, "status": {"ready": true}}), true));
        assert!(!same_content(&wanted, &json!({"spec": {"x": 1}, "status": {"ready": false}}), true));
    }
}
