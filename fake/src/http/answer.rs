//! Responses.

use std::sync::Arc;
use std::time::Duration;

use ::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, RETRY_AFTER, VARY};
use ::http::{Response, StatusCode};
use bytes::Bytes;
use kube_structural_schema::yaml;
use serde_json::{Value, json};

use super::partial::partial;
use super::shared::Shared;
use super::view::{Form, Shape, View};
use super::warnings::append_warnings;
use super::{protobuf, stream, table};
use crate::body::Body;
use crate::catalogue::{Catalogue, Ordered, Struct};
use crate::json;
use crate::kinds::Subresource;
use crate::registry::{Page, Target, Warnings, Watch};
use crate::status::Failure;

/// The response to a request.
pub(super) struct Answer {
    code: StatusCode,
    content: Content,
    form: Form,
    warnings: Warnings,
    /// The `ETag`, and the caches that may keep the response.
    tag: Option<(String, &'static str)>,
}

enum Content {
    Empty,
    Text(&'static str),
    Failure(Box<Failure>),
    Json(Bytes),
    /// A body with its own media type.
    Bytes(&'static str, Bytes),
    Value(Value),
    /// A value with its own media type.
    Typed(&'static str, Value),
    Watch(Box<Watch>, View, Option<Duration>),
}

/// Go omits the type of items, which the list has.
fn without_type(item: &[u8]) -> Value {
    let mut object: Value = json::decode_stored(item);
    if let Some(fields) = object.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    object
}

impl Answer {
    fn new(code: StatusCode, content: Content, form: Form) -> Self {
        Answer { code, content, form, warnings: Warnings::default(), tag: None }
    }

    pub(super) fn text(code: StatusCode, text: &'static str) -> Self {
        Answer::new(code, Content::Text(text), Form::Json)
    }

    pub(super) fn failure(failure: Failure, form: Form) -> Self {
        Answer::new(failure.code, Content::Failure(Box::new(failure)), form)
    }

    pub(super) fn json(code: StatusCode, json: Bytes) -> Self {
        Answer::new(code, Content::Json(json), Form::Json)
    }

    pub(super) fn value(value: Value) -> Self {
        Answer::new(StatusCode::OK, Content::Value(value), Form::Json)
    }

    /// A response in the encoding that the client requested for.
    pub(super) fn value_in(form: Form, value: Value) -> Self {
        Answer::new(StatusCode::OK, Content::Value(value), form)
    }

    pub(super) fn with_code(self, code: StatusCode) -> Self {
        Answer { code, ..self }
    }

    /// Adds an `ETag`, so that clients can cache the response.
    pub(super) fn with_tag(self, tag: String) -> Self {
        Answer { tag: Some((tag, "public")), ..self }
    }

    /// Adds an `ETag`, so that a client can ask whether its copy is current.
    pub(super) fn with_private_tag(self, tag: String) -> Self {
        Answer { tag: Some((tag, "no-cache, private")), ..self }
    }

    /// A response without a body.
    pub(super) fn empty(code: StatusCode) -> Self {
        Answer::new(code, Content::Empty, Form::Json)
    }

    /// A response with an encoded body.
    pub(super) fn bytes(type_: &'static str, body: Bytes) -> Self {
        Answer::new(StatusCode::OK, Content::Bytes(type_, body), Form::Json)
    }

    /// Turns the response into a 304.
    pub(super) fn not_modified(self) -> Self {
        Answer { code: StatusCode::NOT_MODIFIED, content: Content::Empty, ..self }
    }

    /// A response with its own media type.
    pub(super) fn typed(type_: &'static str, form: Form, value: Value) -> Self {
        Answer::new(StatusCode::OK, Content::Typed(type_, value), form)
    }

    pub(super) fn object(code: StatusCode, object: Value, view: View, target: &Target) -> Result<Self, Failure> {
        let value = match view.shape {
            Shape::Object => object,
            Shape::Metadata => partial(&object, view.version),
            Shape::MetadataList => {
                return Err(wrong_metadata_kind("PartialObjectMetadataList", "not a list", target, ""));
            }
            Shape::Table => table::of_objects(&[object], target, view, None),
        };
        Ok(Answer::new(code, Content::Value(value), view.form))
    }

    pub(super) fn list(page: Page, view: View, target: &Target) -> Result<Self, Failure> {
        let version = page.resource_version.map(|version| ("resourceVersion".to_owned(), version.to_string().into()));
        let mut metadata = Value::Object(version.into_iter().collect());
        // Lists of custom resources always have `continue`, empty on the last page.
        let always_continues = target.kind.is_custom() && view.shape == Shape::Object;
        if always_continues || !page.continue_token.is_empty() {
            metadata["continue"] = page.continue_token.into();
        }
        if let Some(remaining) = page.remaining {
            metadata["remainingItemCount"] = remaining.into();
        }
        if let Some(shard) = page.shard {
            metadata["shardInfo"] = json!({"selector": shard});
        }
        let items = || page.items.iter().map(|item| json::decode_stored(item));
        let (kind, api_version) = (&target.kind.names.list_kind, target.api_version());
        let content = match view.shape {
            Shape::Object if view.form == Form::Json => Content::Json(list_json(&page.items, target, &metadata)),
            Shape::Object => {
                let typed = target.kind.is_typed();
                let items = page.items.iter().map(|it| if typed { without_type(it) } else { json::decode_stored(it) });
                let items: Vec<Value> = items.collect();
                Content::Value(json!({"kind": kind, "apiVersion": api_version, "metadata": metadata, "items": items}))
            }
            Shape::Metadata => return Err(wrong_metadata_kind("PartialObjectMetadata", "a list", target, "List")),
            Shape::MetadataList => {
                let items: Vec<Value> = items().map(|item| partial(&item, view.version)).collect();
                // Go encodes a nil slice as null.
                let items = if items.is_empty() { Value::Null } else { items.into() };
                Content::Value(json!({
                    "kind": "PartialObjectMetadataList",
                    "apiVersion": view.version.api_version(),
                    "metadata": metadata,
                    "items": items,
                }))
            }
            Shape::Table => {
                let items: Vec<Value> = items().collect();
                Content::Value(table::of_objects(&items, target, view, Some(metadata)))
            }
        };
        Ok(Answer::new(StatusCode::OK, content, view.form))
    }

    pub(super) fn watch(watch: Watch, view: View, timeout: Option<Duration>) -> Self {
        Answer::new(StatusCode::OK, Content::Watch(Box::new(watch), view, timeout), view.form)
    }

    pub(super) fn with_warnings(self, warnings: Warnings) -> Self {
        Answer { warnings, ..self }
    }

    pub(super) fn into_response(self, shared: &Arc<Shared>) -> Response<Body> {
        let mut retry_after = None;
        let (type_, body) = match self.content {
            Content::Failure(failure) => {
                retry_after = retry_seconds(&failure);
                encoded(&failure.to_status(), self.form, shared)
            }
            Content::Empty => ("", Body::full(Bytes::new())),
            Content::Text(text) => ("text/plain; charset=utf-8", Body::full(Bytes::from_static(text.as_bytes()))),
            Content::Json(json) => ("application/json", Body::full(json)),
            Content::Bytes(type_, body) => (type_, Body::full(body)),
            Content::Value(value) => encoded(&value, self.form, shared),
            Content::Typed(type_, value) => (type_, encoded(&value, self.form, shared).1),
            Content::Watch(watch, view, timeout) => {
                let type_ = match view.form {
                    Form::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
                    Form::Json | Form::Yaml => "application/json",
                };
                (type_, stream::body(Arc::clone(shared), *watch, view, timeout))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.code;
        if !type_.is_empty() {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(type_));
        }
        if let Some((tag, caches)) = self.tag.and_then(|(tag, caches)| Some((HeaderValue::try_from(tag).ok()?, caches)))
        {
            response.headers_mut().insert(ETAG, tag);
            response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(caches));
        }
        response.headers_mut().extend(retry_after.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
        append_warnings(response.headers_mut(), self.warnings.texts());
        response
    }
}

fn encoded(value: &Value, form: Form, shared: &Shared) -> (&'static str, Body) {
    match form {
        Form::Protobuf => {
            let bytes = protobuf::write(shared.catalogue, value).unwrap_or_default();
            ("application/vnd.kubernetes.protobuf", Body::full(bytes.into()))
        }
        Form::Json => {
            let mut json = match layout(value, shared.catalogue) {
                Some(type_) => json::write(&Ordered::new(type_, value)),
                None => json::write(value),
            };
            json.push(b'\n');
            ("application/json", Body::full(json.into()))
        }
        Form::Yaml => {
            // Floats without a fraction become integers, as in JSON.
            let value: Value = json::decode_stored(&json::write(value));
            ("application/yaml", Body::full(yaml::write(&value).into()))
        }
    }
}

/// Returns the struct that decides the order of fields; `None` for custom resources, whose fields are sorted.
fn layout(value: &Value, catalogue: &'static Catalogue) -> Option<&'static Struct> {
    let kind = value.get("kind")?.as_str()?;
    let api_version = value.get("apiVersion").and_then(Value::as_str).unwrap_or("v1");
    match api_version.split_once('/') {
        // Tables and partial metadata are the same in all versions.
        Some(("meta.k8s.io", _)) => catalogue.struct_named(&format!("meta/v1.{kind}")),
        Some((group, version)) => catalogue.kind(group, version, kind),
        None => catalogue.kind("", api_version, kind),
    }
}

/// Returns the seconds after which a client may retry.
fn retry_seconds(failure: &Failure) -> Option<u64> {
    let seconds = failure.details.as_ref()?.get("retryAfterSeconds")?.as_u64();
    seconds.filter(|seconds| *seconds > 0)
}

/// Encodes a list. Go encodes built-in kinds in the order of the struct, and the fields of other lists in that of their names.
fn list_json(items: &[Bytes], target: &Target, metadata: &Value) -> Bytes {
    let type_ = |kind: &str| {
        let (kind, api_version) = (json!(kind), json!(target.api_version()));
        (format!("\"kind\":{kind},\"apiVersion\":{api_version}"), format!("\"apiVersion\":{api_version}"), kind)
    };
    let (typed, api_version, kind) = type_(&target.kind.names.list_kind);
    let mut out = Vec::with_capacity(items.iter().map(Bytes::len).sum::<usize>() + 256);
    if target.kind.is_typed() {
        let item_type = format!("{{{},", type_(&target.kind.names.kind).0);
        out.extend_from_slice(format!("{{{typed},\"metadata\":{},\"items\":[", list_metadata(metadata)).as_bytes());
        join(&mut out, items, |out, item| match item.strip_prefix(item_type.as_bytes()) {
            Some(rest) => {
                out.push(b'{');
                out.extend_from_slice(rest);
            }
            None => out.extend_from_slice(&target.kind.write(target.version(), &without_type(item))),
        });
        out.extend_from_slice(b"]}\n");
    } else {
        out.extend_from_slice(format!("{{{api_version},\"items\":[").as_bytes());
        join(&mut out, items, Vec::extend_from_slice);
        out.extend_from_slice(format!("],\"kind\":{kind},\"metadata\":{metadata}}}\n").as_bytes());
    }
    out.into()
}

fn join(out: &mut Vec<u8>, items: &[Bytes], write: impl Fn(&mut Vec<u8>, &[u8])) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
}

/// Encodes the metadata of a list in the order of Go's struct.
fn list_metadata(metadata: &Value) -> String {
    let present = ["resourceVersion", "continue", "remainingItemCount", "shardInfo"]
        .into_iter()
        .filter_map(|name| Some(format!("\"{name}\":{}", metadata.get(name)?)));
    format!("{{{}}}", present.collect::<Vec<_>>().join(","))
}

/// Creates a 406 for partial metadata of a list instead of an object, or the reverse.
fn wrong_metadata_kind(requested: &str, actual: &str, target: &Target, list: &str) -> Failure {
    if target.kind.is_custom() && list.is_empty() {
        return Failure::untyped("content is not a list");
    }
    // The Go package of a kind has the name of the first part of its group; events have one type in two groups.
    let group = target.kind.resource.group.split('.').next();
    let group = group.filter(|group| !matches!(*group, "" | "events")).unwrap_or("core");
    let go = if target.subresource == Subresource::Scale {
        "v1.Scale".to_owned()
    } else if target.kind.is_custom() {
        "unstructured.Unstructured".to_owned()
    } else {
        format!("{group}.{}", target.kind.names.kind)
    };
    let message = format!("you requested {requested}, but the requested object is {actual} (*{go}{list})");
    Failure::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
}
