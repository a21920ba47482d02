//! A scripted API server for ConfigMaps: a tower service for `kube::Client`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{Stream, StreamExt, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use kube::client::Body;
use kube::client::retry::RetryPolicy;
use kube_client_runtime::client::Client;
use serde_json::{Value, json};
use tower::retry::RetryLayer;
use tower::{BoxError, Layer};

type ServerResponse = Response<UnsyncBoxBody<Bytes, std::io::Error>>;
type Key = (String, String);
type Chunk = Result<Frame<Bytes>, std::io::Error>;

/// The server. Clones share its state.
#[derive(Clone, Default)]
pub(crate) struct Server {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    version: u64,
    uids: u64,
    objects: BTreeMap<Key, Value>,
    /// The type, object and version of each event, oldest first.
    history: VecDeque<(&'static str, Value, u64)>,
    /// The objects at each version.
    states: BTreeMap<u64, BTreeMap<Key, Value>>,
    /// The version up to which the history is compacted.
    compacted: u64,
    /// The namespace and the body of each open watch.
    watches: Vec<(Option<String>, mpsc::UnboundedSender<Chunk>)>,
    /// The injected faults of the next requests.
    faults: VecDeque<Option<Fault>>,
    streaming: bool,
    /// Whether the server is unreachable.
    down: bool,
    /// The page size, regardless of the requested limit.
    page: Option<usize>,
    requests: Vec<String>,
    accepts: Vec<String>,
}

/// An injected fault.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// A response with this HTTP status and reason.
    Status(u16, &'static str),
    /// A failed connection.
    Transport,
    /// A watch that ends immediately.
    EmptyWatch,
}

impl Server {
    pub(crate) fn new() -> Self {
        let server = Server::default();
        server.lock().version = 10;
        server.lock().streaming = true;
        server
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Returns a client for the server.
    pub(crate) fn client(&self) -> Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let response = server.respond(&request);
            async move {
                // The delay prevents tests from passing only because a response is immediate.
                tokio::time::sleep(Duration::from_millis(1)).await;
                response.map_err(BoxError::from)
            }
        });
        // As kube configures its clients.
        let service = RetryLayer::new(RetryPolicy::server_retry()).layer(service);
        Client::from(kube::Client::new(service, "default"))
    }

    /// Disables streaming lists, as before Kubernetes 1.27.
    pub(crate) fn without_streaming(self) -> Self {
        self.lock().streaming = false;
        self
    }

    pub(crate) fn paged(self, page: usize) -> Self {
        self.lock().page = Some(page);
        self
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.inject_after(0, fault);
    }

    /// Injects a fault after a number of requests.
    pub(crate) fn inject_after(&self, requests: usize, fault: Fault) {
        let mut state = self.lock();
        (0..requests).for_each(|_| state.faults.push_back(None));
        state.faults.push_back(Some(fault));
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    /// Returns the keys of objects that no client can decode.
    pub(crate) fn undecodable(&self) -> Vec<String> {
        let state = self.lock();
        let undecodable = state.objects.iter().filter(|(_, object)| object["data"].is_number());
        undecodable.map(|((namespace, name), _)| format!("{namespace}/{name}")).collect()
    }

    /// Removes all injected faults.
    pub(crate) fn recover(&self) {
        self.lock().faults.clear();
    }

    /// Returns the accepts media types of each request.
    pub(crate) fn accepts(&self) -> Vec<String> {
        self.lock().accepts.clone()
    }

    /// Returns the JSON of all objects as the server sends it.
    pub(crate) fn json(&self) -> Vec<String> {
        self.lock().objects.values().map(ToString::to_string).collect()
    }

    pub(crate) fn open_watches(&self) -> usize {
        self.lock().watches.len()
    }

    pub(crate) fn version(&self) -> u64 {
        self.lock().version
    }

    /// Creates or updates an object and returns its version.
    pub(crate) fn put(&self, namespace: &str, name: &str, data: &str) -> u64 {
        self.put_labelled(namespace, name, data, &[])
    }

    pub(crate) fn put_labelled(&self, namespace: &str, name: &str, data: &str, labels: &[(&str, &str)]) -> u64 {
        let labels: BTreeMap<&str, &str> = labels.iter().copied().collect();
        self.put_raw(namespace, name, json!({"data": {"value": data}, "metadata": {"labels": labels}}))
    }

    /// Creates or updates an object with any contents, which may be undecodable.
    pub(crate) fn put_raw(&self, namespace: &str, name: &str, mut object: Value) -> u64 {
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        let key = (namespace.to_owned(), name.to_owned());
        let old = state.objects.get(&key).map(|old| old["metadata"]["uid"].clone());
        let type_ = if old.is_some() { "MODIFIED" } else { "ADDED" };
        let uid = old.unwrap_or_else(|| {
            state.uids += 1;
            json!(format!("uid-{}", state.uids))
        });
        object["apiVersion"] = json!("v1");
        object["kind"] = json!("ConfigMap");
        object["metadata"]["namespace"] = json!(namespace);
        object["metadata"]["name"] = json!(name);
        object["metadata"]["uid"] = uid;
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        state.objects.insert(key, object.clone());
        state.publish(type_, object);
        version
    }

    pub(crate) fn delete(&self, namespace: &str, name: &str) {
        let mut state = self.lock();
        let Some(mut object) = state.objects.remove(&(namespace.to_owned(), name.to_owned())) else { return };
        state.version += 1;
        object["metadata"]["resourceVersion"] = json!(state.version.to_string());
        state.publish("DELETED", object);
    }

    /// Returns the uid and version of all objects by key.
    pub(crate) fn objects(&self) -> BTreeMap<String, (String, String)> {
        let state = self.lock();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = state.objects.values().map(|object| {
            let metadata = &object["metadata"];
            let key = format!("{}/{}", text(&metadata["namespace"]), text(&metadata["name"]));
            (key, (text(&metadata["uid"]), text(&metadata["resourceVersion"])))
        });
        all.collect()
    }

    /// Sends a bookmark to all watches.
    pub(crate) fn bookmark(&self) {
        let mut state = self.lock();
        let line = line("BOOKMARK", &bookmark(state.version, false));
        state.watches.retain(|(_, watch)| watch.unbounded_send(Ok(frame(&line))).is_ok());
    }

    /// Breaks all connections, and rejects or accepts new ones.
    pub(crate) fn set_down(&self, down: bool) {
        self.cut();
        self.lock().down = down;
    }

    /// Ends all watches as on their timeout.
    pub(crate) fn end_watches(&self) {
        self.lock().watches.clear();
    }

    /// Breaks the connections of all watches.
    pub(crate) fn cut(&self) {
        for (_, watch) in std::mem::take(&mut self.lock().watches) {
            let _ = watch.unbounded_send(Err(std::io::ErrorKind::ConnectionReset.into()));
        }
    }

    /// Compacts the history.
    pub(crate) fn compact(&self) {
        let mut state = self.lock();
        state.compacted = state.version;
        state.history.clear();
    }

    /// Ends all watches with an error event.
    pub(crate) fn fail_watches(&self, code: u16, reason: &str) {
        let line = line("ERROR", &status(code, reason, "injected failure"));
        for (_, watch) in std::mem::take(&mut self.lock().watches) {
            let _ = watch.unbounded_send(Ok(frame(&line)));
        }
    }

    /// Restores the state of `back` versions ago, as from a backup. Versions continue from there or, as etcd advises, above
    /// all previous ones.
    pub(crate) fn restore(&self, back: u64, raised: bool) {
        self.cut();
        let mut state = self.lock();
        let version = state.version.saturating_sub(back).max(1);
        state.objects =
            state.states.range(..=version).next_back().map(|(_, objects)| objects.clone()).unwrap_or_default();
        state.version = if raised { state.version + 1000 } else { version };
        state.compacted = state.version;
        state.history.clear();
        let (kept, now) = (state.version, state.objects.clone());
        state.states.retain(|version, _| *version < kept);
        state.states.insert(kept, now);
    }

    /// Sends text to all watches.
    pub(crate) fn send(&self, text: &str) {
        let mut state = self.lock();
        state.watches.retain(|(_, watch)| watch.unbounded_send(Ok(frame(text))).is_ok());
    }

    fn respond(&self, request: &Request<Body>) -> Result<ServerResponse, std::io::Error> {
        let uri = request.uri().to_string();
        let query: BTreeMap<String, String> =
            form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
        let namespace = request.uri().path().split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next());
        let mut state = self.lock();
        state.requests.push(uri);
        let accept = request.headers().get(http::header::ACCEPT).and_then(|accept| accept.to_str().ok());
        state.accepts.push(accept.unwrap_or_default().to_owned());
        if state.down {
            return Err(std::io::ErrorKind::ConnectionRefused.into());
        }
        match state.faults.pop_front().flatten() {
            Some(Fault::Transport) => return Err(std::io::ErrorKind::ConnectionRefused.into()),
            Some(Fault::Status(code, reason)) => {
                return Ok(error_response(code, &status(code, reason, "injected failure")));
            }
            Some(Fault::EmptyWatch) => return Ok(body(stream::empty())),
            None => {}
        }
        let requested = query.get("resourceVersion").map_or("", String::as_str);
        let version: u64 = requested.parse().unwrap_or(0);
        if query.get("watch").is_some_and(|watch| watch == "true") {
            Ok(state.watch(namespace, version, query.contains_key("sendInitialEvents")))
        } else {
            Ok(state.list(namespace, version, &query))
        }
    }
}

impl State {
    fn publish(&mut self, type_: &'static str, object: Value) {
        let text = line(type_, &object);
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        self.watches.retain(|(scope, watch)| {
            scope.as_ref().is_some_and(|scope| *scope != namespace) || watch.unbounded_send(Ok(frame(&text))).is_ok()
        });
        self.history.push_back((type_, object, self.version));
        self.states.insert(self.version, self.objects.clone());
    }

    fn version_too_large() -> ServerResponse {
        let mut status = status(504, "Timeout", "Too large resource version");
        status["details"] =
            json!({"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]});
        error_response(504, &status)
    }

    fn list(&self, namespace: Option<&str>, version: u64, query: &BTreeMap<String, String>) -> ServerResponse {
        if version > self.version {
            return State::version_too_large();
        }
        // All pages are of one version; a token contains the version and the number of returned objects.
        let token = query.get("continue").and_then(|token| token.split_once(':'));
        let (version, from) = match token.and_then(|(version, from)| version.parse().ok().zip(from.parse().ok())) {
            Some((version, _)) if version < self.compacted => {
                return error_response(410, &status(410, "Expired", "the continue token is too old"));
            }
            Some((version, from)) => (version, from),
            None => (self.version, 0_usize),
        };
        let nothing = BTreeMap::new();
        let objects = self.states.range(..=version).next_back().map_or(&nothing, |(_, objects)| objects);
        let all = select(objects, namespace);
        let size = self.page.filter(|_| query.contains_key("limit")).unwrap_or(usize::MAX);
        let page: Vec<_> = all.iter().skip(from).take(size).collect();
        let more = from + page.len() < all.len();
        let continue_token = if more { format!("{version}:{}", from + page.len()) } else { String::new() };
        let list = json!({
            "kind": "ConfigMapList",
            "apiVersion": "v1",
            "items": page,
            "metadata": {"resourceVersion": version.to_string(), "continue": continue_token},
        });
        // In small chunks, as a network may deliver them.
        let text = list.to_string().into_bytes();
        let chunks: Vec<_> = text.chunks(37).map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)))).collect();
        body(stream::iter(chunks))
    }

    fn watch(&mut self, namespace: Option<&str>, version: u64, initial_events: bool) -> ServerResponse {
        if initial_events && !self.streaming {
            return error_response(422, &status(422, "Invalid", "sendInitialEvents is forbidden"));
        }
        if initial_events && version > self.version {
            return State::version_too_large();
        }
        let mut text = String::new();
        if initial_events {
            select(&self.objects, namespace).into_iter().for_each(|object| text.push_str(&line("ADDED", object)));
            text.push_str(&line("BOOKMARK", &bookmark(self.version, true)));
        } else if version < self.compacted {
            let why = format!("too old resource version: {version} ({})", self.compacted);
            text.push_str(&line("ERROR", &status(410, "Expired", &why)));
            return body(stream::iter([Ok(frame(&text))]));
        } else {
            let in_scope =
                |object: &Value| namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace);
            let since = self.history.iter().filter(|(_, object, at)| *at > version && in_scope(object));
            since.for_each(|(type_, object, _)| text.push_str(&line(type_, object)));
        }
        let (sender, receiver) = mpsc::unbounded();
        self.watches.push((namespace.map(str::to_owned), sender));
        let first: Vec<_> = if text.is_empty() { Vec::new() } else { vec![Ok(frame(&text))] };
        body(stream::iter(first).chain(receiver))
    }
}

/// Returns the objects in a namespace, or all.
fn select<'s>(objects: &'s BTreeMap<Key, Value>, namespace: Option<&str>) -> Vec<&'s Value> {
    let in_scope = |key: &Key| namespace.is_none_or(|namespace| key.0 == namespace);
    objects.iter().filter(|(key, _)| in_scope(key)).map(|(_, object)| object).collect()
}

fn line(type_: &str, object: &Value) -> String {
    // The API server encodes the type first.
    format!("{{\"type\":\"{type_}\",\"object\":{object}}}\n")
}

fn frame(text: &str) -> Frame<Bytes> {
    Frame::data(Bytes::copy_from_slice(text.as_bytes()))
}

fn bookmark(version: u64, end: bool) -> Value {
    let annotations = if end { json!({"k8s.io/initial-events-end": "true"}) } else { json!({}) };
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"resourceVersion": version.to_string(), "annotations": annotations}})
}

fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message})
}

fn error_response(code: u16, status: &Value) -> ServerResponse {
    let mut response = body(stream::iter([Ok(frame(&status.to_string()))]));
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap();
    response
}

fn body(frames: impl Stream<Item = Chunk> + Send + 'static) -> ServerResponse {
    Response::new(UnsyncBoxBody::new(StreamBody::new(frames)))
}
